//! Actors: networks that map observations to actions.

use std::fmt::Debug;
use std::sync::Arc;

use tch::Tensor;

use super::{
    Activity, AnyNeuron, AnySurrogate, Component, ComponentError, Declaration, Decoder, Encoder,
    Kind, Noise, NoiseContext, ParameterError, Transform, Weights,
};

/// A policy network. It owns no tensors: its weights are passed in, so that an online network and its target are one
/// actor with two sets of weights.
pub trait Actor: Debug + Send + Sync {
    /// The parameters that the network learns.
    fn learned(&self) -> Vec<Declaration>;

    /// Maps normalised observations `[R, B, features]` to unbounded values `[R, B, actions]`, which the agent squashes
    /// and scales.
    fn forward(
        &self,
        observation: &Tensor,
        weights: &Weights,
        noise: &mut NoiseContext<'_>,
    ) -> Tensor;

    /// Multiply-adds for one observation, with every product counted as a dense one.
    fn multiply_adds(&self) -> u64;

    /// How the agent transforms observations before the network and the critics see them.
    fn normalise(&self) -> Transform {
        Transform::default()
    }

    /// Whether the network's noise depends on the environment step at which an observation was made. If so, the agent
    /// stores the step keys of its [`NoiseContext`] with its transitions and passes them back when it replays those.
    fn uses_step_keys(&self) -> bool {
        false
    }

    /// What somebody who chose these parameters may not have meant; `spikebench plan` shows it.
    fn caution(&self) -> Option<String> {
        None
    }

    /// Firing rates and operation counts for normalised observations `[R, B, features]`. The default is that of a network
    /// without spikes, which only multiplies.
    fn activity(&self, _: &Tensor, _: &Weights, _: &mut dyn Noise) -> Activity {
        Activity {
            layers: Vec::new(),
            multiply_accumulates: self.multiply_adds(),
        }
    }
}

/// Builds the components that an actor is assembled from.
pub trait ComponentFactory {
    /// The surrogate of the cell; `None` for a network without spikes.
    fn surrogate(&self) -> Option<Arc<dyn AnySurrogate>>;
    /// The neuron model with this name and these parameters.
    fn neuron(&self, component: &Component) -> Result<Arc<dyn AnyNeuron>, ComponentError>;
    /// The encoder with this name and these parameters.
    fn encoder(&self, component: &Component) -> Result<Box<dyn Encoder>, ComponentError>;
    /// The decoder with this name and these parameters.
    fn decoder(&self, component: &Component) -> Result<Box<dyn Decoder>, ComponentError>;
}

/// The parameters of an actor, as written in a suite.
pub trait ActorSettings: Debug + Send + Sync {
    /// Whether the network spikes. If not, it is trained once per seed instead of once per surrogate and seed.
    fn spiking(&self) -> bool;

    /// The nested components with the names of the parameters that hold them, so that their own parameters can be checked
    /// and completed.
    fn components(&mut self) -> Vec<(&'static str, Kind, &mut Component)> {
        Vec::new()
    }

    /// Builds the network for a task with this many observed values and action dimensions.
    fn build(
        &self,
        features: i64,
        actions: i64,
        components: &dyn ComponentFactory,
    ) -> Result<Box<dyn Actor>, ComponentError>;

    /// Rejects invalid parameters.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }
}
