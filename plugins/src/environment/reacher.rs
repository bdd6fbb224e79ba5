//! Reacher-v5 and Reacher-v4: reach a target with the tip of a planar arm of two links.
//!
//! Gymnasium 1.4.0,
//! [`reacher_v5.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/reacher_v5.py) and
//! [`reacher_v4.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/reacher_v4.py).
//! Version 4 rewards the distance before the step, also observes its third dimension, which is zero, and has no parameters.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, ParameterError,
    Simulator, Spec, StateVisitor, Stateful, Step,
};
use spikebench::register;

use super::arithmetic::{distance, sum_of_squares};
use super::bounds::check_magnitude;
use super::mujoco::{Model, Simulation};

const MODEL: Model = Model {
    file: "reacher.xml",
    positions: 4,
    velocities: 4,
    controls: 2,
    frame_skip: 2,
};

/// The number of positions and velocities of the arm, which come first; the others are the target's.
const ARM: usize = 2;
/// The largest distance of a target from the centre, in metres.
const REACH: f64 = 0.2;

/// The parameters of version 5, with the names and defaults of Gymnasium.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reacher {
    /// Cost per metre from the tip to the target.
    pub reward_dist_weight: f64,
    /// Cost per squared action; rounded to `f32`, as NumPy 2 does.
    pub reward_control_weight: f64,
}

impl Default for Reacher {
    fn default() -> Self {
        Self {
            reward_dist_weight: 1.0,
            reward_control_weight: 1.0,
        }
    }
}

/// Version 4 has no parameters.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReacherV4 {}

fn spec(dimensions: usize) -> Spec {
    // Sine and cosine of both angles, the target, the arm's velocity.
    let fixed = 2 * ARM + (MODEL.positions - ARM) + ARM;
    Spec {
        observation: fixed + dimensions,
        action: ActionSpace::Box(vec![(-1.0, 1.0); MODEL.controls]),
        max_episode_steps: 50,
    }
}

fn open(settings: Reacher, version: Version) -> Result<Box<dyn Environment>, ComponentError> {
    let simulation = Simulation::open(&MODEL)?;
    let [tip, target] = [simulation.body("fingertip")?, simulation.body("target")?];
    Ok(Box::new(Reaching {
        simulation,
        tip,
        target,
        settings,
        version,
    }))
}

impl EnvironmentSettings for Reacher {
    fn spec(&self) -> Spec {
        spec(2)
    }

    fn engine(&self) -> Option<String> {
        Some(super::mujoco::engine())
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        open(self.clone(), Version::Five)
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_magnitude("reward_dist_weight", self.reward_dist_weight)?;
        check_magnitude("reward_control_weight", self.reward_control_weight)
    }
}

impl EnvironmentSettings for ReacherV4 {
    fn spec(&self) -> Spec {
        spec(3)
    }

    fn engine(&self) -> Option<String> {
        Some(super::mujoco::engine())
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        open(Reacher::default(), Version::Four)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Version {
    Four,
    Five,
}

#[derive(Debug)]
struct Reaching {
    simulation: Simulation,
    tip: usize,
    target: usize,
    settings: Reacher,
    version: Version,
}

impl Environment for Reaching {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        self.simulation
            .reset_to(seed, |generator, position, velocity| {
                for position in position.iter_mut() {
                    *position += generator.uniform(-0.1, 0.1);
                }
                let target = loop {
                    let target = [(); 2].map(|()| generator.uniform(-REACH, REACH));
                    if distance(&target, &[0.0; 2]) < REACH {
                        break target;
                    }
                };
                position[ARM..].copy_from_slice(&target);
                for velocity in velocity.iter_mut() {
                    *velocity += generator.uniform(-0.005, 0.005);
                }
                velocity[ARM..].fill(0.0);
            });
        self.observation()
    }

    fn step(&mut self, action: &[f32]) -> Step {
        let before = self.distance();
        self.simulation.step(action);
        let distance = match self.version {
            Version::Four => before,
            Version::Five => self.distance(),
        };
        // In `f32`, as computed by NumPy 2, and from the action as given, not as clamped by MuJoCo.
        let control = -sum_of_squares(action) * self.settings.reward_control_weight as f32;
        Step {
            observation: self.observation(),
            reward: -distance * self.settings.reward_dist_weight + f64::from(control),
            terminated: false,
        }
    }

    fn simulator(&self) -> Option<&dyn Simulator> {
        Some(&self.simulation)
    }
}

impl Stateful for Reaching {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        self.simulation.visit(with)
    }
}

impl Reaching {
    fn distance(&self) -> f64 {
        distance(
            &self.simulation.body_position(self.tip),
            &self.simulation.body_position(self.target),
        )
    }

    fn observation(&self) -> Vec<f64> {
        let (angles, target) = self.simulation.position().split_at(ARM);
        let [tip, aim] = [self.tip, self.target].map(|body| self.simulation.body_position(body));
        let dimensions = if self.version == Version::Four { 3 } else { 2 };
        let to_tip = (0..dimensions).map(|axis| tip[axis] - aim[axis]);
        angles
            .iter()
            .map(|angle| angle.cos())
            .chain(angles.iter().map(|angle| angle.sin()))
            .chain(target.iter().copied())
            .chain(self.simulation.velocity()[..ARM].iter().copied())
            .chain(to_tip)
            .collect()
    }
}

register! {
    /// Reach a target with the tip of an arm (Gymnasium, MuJoCo 3.3.7).
    environment "Reacher-v5" => Reacher
}

register! {
    /// Reacher as in Gymnasium's version 4.
    environment "Reacher-v4" => ReacherV4
}

spikebench::conforms!(environment "Reacher-v5", "Reacher-v4");
