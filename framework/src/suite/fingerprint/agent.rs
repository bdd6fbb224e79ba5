//! The behaviour of an agent: how it acts on fixed experience, and what it learns from it.

use std::collections::BTreeMap;

use tch::{Device, Tensor};

use crate::api::{
    Actor, AgentContext, AgentSettings, ComponentError, Declaration, Learner, Mode, NoiseContext,
    Spec, Transition, Weights,
};
use crate::network::mlp::Perceptron;

use super::sketch::{Sketch, values};
use super::stimulus::{SEED, normal, streams};

/// Steps of experience: six times the largest number that a miniature agent waits before it learns, and a few more.
const STEPS: usize = 51;

/// A small network without spikes, so that an agent's fingerprint does not depend on the actors that it is combined with.
#[derive(Debug)]
struct Plain(Perceptron);

impl Actor for Plain {
    fn learned(&self) -> Vec<Declaration> {
        self.0.learned()
    }

    fn forward(&self, observation: &Tensor, weights: &Weights, _: &mut NoiseContext<'_>) -> Tensor {
        self.0.forward(observation, weights)
    }

    fn multiply_adds(&self) -> u64 {
        self.0.multiply_adds()
    }
}

/// Starts the agent on this task. Fails if it refuses.
pub fn start(
    settings: &dyn AgentSettings,
    spec: &Spec,
) -> Result<Box<dyn Learner>, ComponentError> {
    let sizes = vec![spec.observation as i64, 8, spec.action.outputs() as i64];
    settings.start(AgentContext {
        spec: spec.clone(),
        actor: Box::new(Plain(Perceptron::new("layer", &[], sizes))),
        seeds: vec![SEED],
        device: Device::Cpu,
    })
}

/// Adds the actions of a learner along a short life, how the weights of its policy move, how it acts in the end, and what it
/// has learned beside the policy.
pub fn measure(learner: &mut dyn Learner, spec: &Spec, sketch: &mut Sketch) {
    let mut draw = streams("experience");
    let features = spec.observation as i64;
    let before = policy(learner);
    let mut actions = Vec::new();
    let mut observation = normal(&mut draw, &[1, features]);
    for step in 0..STEPS {
        let action = learner.act(&observation.unsqueeze(1), Mode::Explore);
        let action = action.squeeze_dim(1);
        actions.extend(values(&action));
        let next_observation = normal(&mut draw, &[1, features]);
        let flag = |is_set: bool| Tensor::from_slice(&[f32::from(is_set)]);
        let learned = learner.observe(&Transition {
            observation: &observation,
            action: &action,
            reward: &normal(&mut draw, &[1, 1]).squeeze_dim(1),
            next_observation: &next_observation,
            terminated: &flag(step % 10 == 4),
            truncated: &flag(step % 10 == 9),
        });
        if let Err(diverged) = learned {
            sketch.text(diverged.quantity);
            break;
        }
        observation = next_observation;
    }
    sketch.vector(&actions);
    let moved: Vec<f64> = policy(learner)
        .iter()
        .zip(&before)
        .map(|(after, before)| after - before)
        .collect();
    sketch.vector(&moved);
    let observations = normal(&mut draw, &[1, 8, features]);
    sketch.tensor(&learner.act(&observations, Mode::Evaluate));
    // What moves the policy, in the end: critics, targets, and the moments of their gradients. How its parts are called is
    // nobody's behaviour.
    let state = learner.save();
    let tensors = state
        .tensors
        .iter()
        .map(|(name, tensor)| (name, values(tensor)));
    let rows = state.rings.iter().map(|(name, rows)| {
        let rows = rows.values.iter().map(|&value| f64::from(value));
        (name, rows.collect())
    });
    let parts: BTreeMap<&String, Vec<f64>> = tensors.chain(rows).collect();
    sketch.vectors(&parts.into_values().collect::<Vec<_>>());
}

/// The weights of the policy.
fn policy(learner: &dyn Learner) -> Vec<f64> {
    let policy = learner.policy();
    policy
        .weights
        .iter()
        .flat_map(|(_, tensor)| values(tensor))
        .collect()
}
