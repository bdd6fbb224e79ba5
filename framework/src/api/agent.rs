//! Agents: algorithms that act, observe the outcome, and learn from it.

use std::fmt::Debug;

use tch::{Device, Kind, Tensor};
use thiserror::Error;

use super::{
    Actor, ComponentError, Declaration, ParameterError, Policy, Spec, Stateful, Streams, Weights,
};

/// Whether the agent explores or is being evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Training: with exploration noise.
    Explore,
    /// Evaluation: without exploration noise.
    Evaluate,
}

/// One environment step of every replica. All tensors are `[R, …]` in single precision; observations are not normalised.
#[derive(Debug)]
pub struct Transition<'a> {
    /// The observation before the step, `[R, features]`.
    pub observation: &'a Tensor,
    /// The action that was taken, `[R, actions]`.
    pub action: &'a Tensor,
    /// The reward for it, `[R]`.
    pub reward: &'a Tensor,
    /// The observation after the step and before any reset, `[R, features]`.
    pub next_observation: &'a Tensor,
    /// One where the task itself ended, zero elsewhere, also at a time limit, `[R]`.
    pub terminated: &'a Tensor,
    /// One where the time limit cut the episode short, zero elsewhere, `[R]`. The task would have gone on.
    pub truncated: &'a Tensor,
}

/// A replica produced a value that is infinite or not a number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{quantity} is not finite")]
pub struct Diverged {
    /// Which quantity is not finite: `critic loss`, `action`.
    pub quantity: &'static str,
}

impl Diverged {
    /// Fails unless all values of the tensor are finite.
    pub fn unless_finite(quantity: &'static str, tensor: &Tensor) -> Result<(), Self> {
        let finite = if tensor.device() == Device::Cpu && tensor.kind() == Kind::Float {
            let mut values = vec![0f32; tensor.numel()];
            tensor.copy_data(&mut values, tensor.numel());
            values.iter().all(|value| value.is_finite())
        } else {
            // A sum is finite only if all its terms are.
            tensor.sum(Kind::Double).double_value(&[]).is_finite()
        };
        if finite {
            Ok(())
        } else {
            Err(Self { quantity })
        }
    }
}

/// Everything that an agent starts from.
#[derive(Debug)]
pub struct AgentContext {
    /// The task.
    pub spec: Spec,
    /// The policy network.
    pub actor: Box<dyn Actor>,
    /// One seed per replica.
    pub seeds: Vec<u64>,
    /// The device that holds the tensors.
    pub device: Device,
}

impl AgentContext {
    /// The replicas' random streams for one purpose.
    pub fn streams(&self, purpose: &str) -> Streams {
        Streams::new(&self.seeds, purpose, self.device)
    }

    /// Initial weights of these parameters, drawn from the random streams for one purpose.
    pub fn weights(&self, purpose: &str, declared: &[Declaration]) -> Weights {
        Weights::new(declared, &mut self.streams(purpose), self.device)
    }
}

/// A running agent with all its replicas. Its state is complete: a restored agent continues exactly like the saved one,
/// to the last bit. The weights of the policy are saved under `actor`.
pub trait Learner: Debug + Stateful {
    /// Chooses actions `[R, B, actions]` for observations `[R, B, features]`. Evaluation leaves no trace: training
    /// continues as if it had not happened.
    fn act(&mut self, observation: &Tensor, mode: Mode) -> Tensor;

    /// Records one step, and learns when an update is due.
    fn observe(&mut self, transition: &Transition<'_>) -> Result<(), Diverged>;

    /// The current policy.
    fn policy(&self) -> Policy<'_>;

    /// Diagnostics of learning since the last call: names, each with one number per replica. Called at every
    /// evaluation.
    fn diagnostics(&mut self) -> Vec<(&'static str, Vec<f64>)> {
        Vec::new()
    }
}

/// The parameters of an agent, as written in a suite.
pub trait AgentSettings: Debug + Send + Sync {
    /// Rejects a task that the agent cannot act in, and says what it needs. Called before anything runs.
    fn accepts(&self, _: &Spec) -> Result<(), ComponentError> {
        Ok(())
    }

    /// Creates an untrained learner for a task that the agent accepts.
    fn start(&self, context: AgentContext) -> Result<Box<dyn Learner>, ComponentError>;

    /// Multiply-adds of all learning during `steps` environment steps, for an actor that needs `actor` of them per
    /// observation. Used for time estimates only.
    fn multiply_adds(&self, spec: &Spec, actor: u64, steps: u64) -> u64;

    /// The most values in single precision that a replica holds during `steps` environment steps, for an actor that learns
    /// `actor` of them: weights, gradients, optimisers, targets and stored transitions. A cell that no machine has the memory
    /// for is refused before anything is allocated. The default counts the actor with its gradient and the two moments of
    /// Adam.
    fn numbers(&self, _: &Spec, actor: u64, _: u64) -> u64 {
        actor.saturating_mul(4)
    }

    /// Rejects invalid parameters.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }
}
