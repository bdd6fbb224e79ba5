//! What an environment promises: Gymnasium's contract, and that it can be saved.

use std::rc::Rc;

use super::continuation::check_continuation;
use super::promise::Promise;
use crate::api::{ActionSpace, Environment, EnvironmentSettings, Spec};

/// The number of steps that are looked at.
const STEPS: usize = 50;

pub fn promises(name: &str, settings: Box<dyn EnvironmentSettings>) -> Vec<Promise<'_>> {
    let settings: Rc<dyn EnvironmentSettings> = settings.into();
    let (shapes, seeds, state) = (Rc::clone(&settings), Rc::clone(&settings), settings);
    vec![
        Promise::new(
            "its observations have the stated length, and all numbers are finite",
            move || {
                let spec = shapes.spec();
                assert!(spec.observation > 0, "{name} observes nothing");
                assert!(spec.action.outputs() > 0, "{name} has no action");
                assert!(
                    spec.max_episode_steps > 0,
                    "{name} has episodes without steps"
                );
                for (number, (observation, reward)) in
                    play(name, shapes.as_ref(), 1).iter().enumerate()
                {
                    let (found, stated) = (observation.len(), spec.observation);
                    assert!(
                        found == stated,
                        "{name} gave an observation of {found} numbers, but its specification says {stated}"
                    );
                    let finite = observation
                        .iter()
                        .chain([reward])
                        .all(|value| value.is_finite());
                    assert!(
                        finite,
                        "{name} gave a number that is not finite, in step {number}"
                    );
                }
            },
        ),
        Promise::new(
            "the same seed gives the same episode, whatever was before",
            move || {
                let one = play(name, seeds.as_ref(), 1);
                assert!(
                    one == play(name, seeds.as_ref(), 1),
                    "{name} differs from itself"
                );
                let mut used = open(name, seeds.as_ref());
                used.reset(Some(2));
                let first = used.reset(Some(1));
                assert!(
                    first == one[0].0,
                    "{name} begins otherwise after another episode"
                );
            },
        ),
        Promise::new(
            "one that is restored from a checkpoint continues to the last bit",
            move || {
                check_continuation(name, state.as_ref());
            },
        ),
    ]
}

fn open(name: &str, settings: &dyn EnvironmentSettings) -> Box<dyn Environment> {
    match settings.open() {
        Ok(environment) => environment,
        Err(error) => panic!("{name} cannot be opened: {error}"),
    }
}

/// The first observation with the reward zero, and those of the steps of an episode from a seed.
fn play(name: &str, settings: &dyn EnvironmentSettings, seed: u64) -> Vec<(Vec<f64>, f64)> {
    let (spec, mut environment) = (settings.spec(), open(name, settings));
    let mut seen = vec![(environment.reset(Some(seed)), 0.0)];
    for number in 0..STEPS {
        let step = environment.step(&action(&spec, number));
        seen.push((step.observation, step.reward));
        if step.terminated {
            break;
        }
    }
    seen
}

/// An action within the bounds, another one in every step.
fn action(spec: &Spec, number: usize) -> Vec<f32> {
    match &spec.action {
        ActionSpace::Box(bounds) => bounds
            .iter()
            .map(|&(low, high)| {
                let (low, high) = (low.max(-1e3), high.min(1e3));
                low + (high - low) * ((number * 7 % 11) as f32 + 0.5) / 11.0
            })
            .collect(),
        ActionSpace::Discrete(choices) => vec![(number * 7 % choices) as f32],
    }
}
