//! What an agent is: an algorithm that acts, sees what came of it, and learns.

use std::fmt::Debug;

use tch::{Device, Kind, Tensor};
use thiserror::Error;

use super::{Actor, ComponentError, ParameterError, Policy, Spec, Stateful, Streams};

/// Whether to explore or to show what was learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Training: with exploration noise.
    Explore,
    /// Evaluation: without.
    Evaluate,
}

/// One environment step of every replica. All tensors are `[R, …]`, single precision, observations not normalised.
#[derive(Debug)]
pub struct Transition<'a> {
    /// Before the step, `[R, features]`.
    pub observation: &'a Tensor,
    /// What was done, `[R, actions]`.
    pub action: &'a Tensor,
    /// What it gave, `[R]`.
    pub reward: &'a Tensor,
    /// After the step (not after a reset), `[R, features]`.
    pub next_observation: &'a Tensor,
    /// One where the task itself ended, zero elsewhere, time limit included, `[R]`.
    pub terminated: &'a Tensor,
    /// One where the time limit ended the episode, zero elsewhere, `[R]`. The task would have gone on.
    pub truncated: &'a Tensor,
}

/// A replica produced a number that is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{quantity} is not finite")]
pub struct Diverged {
    /// What is not finite: `critic loss`, `action`.
    pub quantity: &'static str,
}

impl Diverged {
    /// Fails unless all values are finite.
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

/// What an agent is given to begin with.
#[derive(Debug)]
pub struct Site {
    /// The task.
    pub spec: Spec,
    /// The policy network.
    pub actor: Box<dyn Actor>,
    /// One seed for each replica.
    pub seeds: Vec<u64>,
    /// Where the tensors live.
    pub device: Device,
}

impl Site {
    /// The replicas' generators for one purpose.
    pub fn streams(&self, purpose: &str) -> Streams {
        Streams::new(&self.seeds, purpose, self.device)
    }
}

/// A running agent, with all its replicas. Its state is all that it remembers: one that is restored goes on like the
/// one that was saved, to the last bit. The weights of the policy are saved below `actor`.
pub trait Learner: Debug + Stateful {
    /// Actions `[R, B, actions]` for observations `[R, B, features]`. Evaluating leaves no trace: training goes
    /// on as if nobody had looked.
    fn act(&mut self, observation: &Tensor, mode: Mode) -> Tensor;

    /// Takes in one step, and learns when it is time to.
    fn observe(&mut self, transition: &Transition<'_>) -> Result<(), Diverged>;

    /// The policy as it is now.
    fn policy(&self) -> Policy<'_>;

    /// What is worth recording of how learning goes, since this was called last: a name, and a number for each
    /// replica. Called at every evaluation.
    fn diagnostics(&mut self) -> Vec<(&'static str, Vec<f64>)> {
        Vec::new()
    }
}

/// The parameters of an agent, as a suite gives them.
pub trait AgentSettings: Debug + Send + Sync {
    /// Refuses a task that the agent cannot act in, and says what it needs. Called before anything runs.
    fn accepts(&self, _: &Spec) -> Result<(), ComponentError> {
        Ok(())
    }

    /// Starts learning from nothing, in a task that it accepts.
    fn start(&self, site: Site) -> Result<Box<dyn Learner>, ComponentError>;

    /// Multiplications and additions of learning, averaged over that many environment steps, for an actor that
    /// takes `actor` of them for one observation. For estimates of time only.
    fn multiply_adds(&self, spec: &Spec, actor: u64, steps: u64) -> u64;

    /// Refuses parameters that make no sense.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }
}
