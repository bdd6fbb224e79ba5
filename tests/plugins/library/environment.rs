//! An environment that misbehaves on demand.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, Spec, StateVisitor,
    Stateful, Step,
};

/// Misbehaves in the way of `how` after `after` steps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Faulty {
    how: How,
    after: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum How {
    #[default]
    Well,
    Panic,
    Segfault,
    Exit,
    /// Its reward is the time.
    Clock,
}

impl EnvironmentSettings for Faulty {
    fn spec(&self) -> Spec {
        Spec {
            observation: 2,
            action: ActionSpace::Box(vec![(-1.0, 1.0)]),
            max_episode_steps: 10,
        }
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        Ok(Box::new(FaultyEnvironment {
            settings: self.clone(),
            steps: 0,
        }))
    }
}

#[derive(Debug)]
struct FaultyEnvironment {
    settings: Faulty,
    steps: u64,
}

impl Environment for FaultyEnvironment {
    fn reset(&mut self, _: Option<u64>) -> Vec<f64> {
        vec![0.0, 1.0]
    }

    fn step(&mut self, action: &[f32]) -> Step {
        self.steps += 1;
        let mut reward = f64::from(-action[0].abs());
        if self.steps > self.settings.after {
            match self.settings.how {
                How::Well => {}
                How::Exit => std::process::exit(0),
                How::Clock => reward = nanoseconds(),
                How::Panic => panic!("the pole is not on the cart"),
                // SAFETY: It is not: the process is meant to be killed for it.
                #[expect(unsafe_code, reason = "a plugin may have any error")]
                How::Segfault => unsafe {
                    std::ptr::without_provenance_mut::<u8>(8).write_volatile(1);
                },
            }
        }
        Step {
            observation: vec![self.steps as f64 % 7.0, reward],
            reward,
            terminated: false,
        }
    }
}

/// The last digits of the time, which are others whenever somebody looks.
fn nanoseconds() -> f64 {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH);
    since.map_or(0.0, |since| f64::from(since.subsec_nanos() % 1000))
}

impl Stateful for FaultyEnvironment {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.count("steps", &mut self.steps)
    }
}

spikebench::register! {
    /// Misbehaves on demand.
    environment "faulty-from-outside" => Faulty
}
