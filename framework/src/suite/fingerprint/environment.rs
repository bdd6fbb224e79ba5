//! The behaviour of an environment: its shapes, and its first steps from a fixed seed.

use rand_core::RngCore;

use crate::api::{ActionSpace, ComponentError, EnvironmentSettings, generator};

use super::sketch::Sketch;
use super::stimulus::SEED;

/// Steps whose results are all hashed. Few, because a simulator's rounding errors grow with every step.
const STEPS: usize = 8;
/// Further steps, with the last action again and again, at whose end a body that has to stand usually lies.
const FALL: usize = 20;

/// Adds the shapes of a task, its first observations, and what its first steps return, up to the end of the task if that is
/// near.
pub fn measure(
    settings: &dyn EnvironmentSettings,
    sketch: &mut Sketch,
) -> Result<(), ComponentError> {
    let spec = settings.spec();
    sketch.count(spec.observation);
    sketch.count(spec.max_episode_steps as usize);
    match &spec.action {
        ActionSpace::Box(bounds) => {
            for &(low, high) in bounds {
                sketch.formula(low.into());
                sketch.formula(high.into());
            }
        }
        ActionSpace::Discrete(choices) => sketch.count(*choices),
    }
    let mut draw = generator(SEED, "fingerprint actions");
    // Halves of 1/64, so that an action is a short binary fraction wherever its bounds are.
    let mut fraction = || f64::from((draw.next_u32() >> 26) * 2 + 1) / 128.0;
    let mut action = || match &spec.action {
        ActionSpace::Box(bounds) => bounds
            .iter()
            .map(|&(low, high)| {
                let (low, high) = (low.max(-1e3), high.min(1e3));
                low + (high - low) * fraction() as f32
            })
            .collect(),
        ActionSpace::Discrete(choices) => vec![(fraction() * *choices as f64).floor() as f32],
    };
    let mut environment = settings.open()?;
    add(&environment.reset(Some(SEED)), sketch);
    let mut last = Vec::new();
    for _ in 0..STEPS {
        last = action();
        let step = environment.step(&last);
        add(&step.observation, sketch);
        sketch.step(step.reward);
        sketch.count(step.terminated.into());
    }
    let mut rewards = Vec::new();
    for _ in 0..FALL {
        let step = environment.step(&last);
        rewards.push(step.reward);
        if step.terminated {
            break;
        }
    }
    sketch.vector(&rewards);
    // The second episode shows how the environment goes on drawing.
    add(&environment.reset(None), sketch);
    Ok(())
}

fn add(observation: &[f64], sketch: &mut Sketch) {
    sketch.count(observation.len());
    observation.iter().for_each(|value| sketch.step(*value));
}
