//! What an actor is: a network from observations to actions.

use std::fmt::Debug;
use std::sync::Arc;

use tch::Tensor;

use super::{
    Activity, AnyNeuron, AnySurrogate, Component, ComponentError, Declaration, Decoder, Encoder,
    Kind, Noise, ParameterError, Transform, Weights,
};

/// A policy network. It owns no tensor: the weights are given to it, so that an online and a target network
/// are one actor with two sets of weights.
pub trait Actor: Debug + Send + Sync {
    /// What the network learns.
    fn learned(&self) -> Vec<Declaration>;

    /// From normalised observations `[R, B, features]` to unbounded values `[R, B, actions]`; the agent squashes
    /// and scales them.
    fn forward(&self, observation: &Tensor, weights: &Weights, noise: &mut dyn Noise) -> Tensor;

    /// Multiplications and additions for one observation, if every product is a dense one.
    fn multiply_adds(&self) -> u64;

    /// What the agent does to observations before the network, and its critics, see them.
    fn normalise(&self) -> Transform {
        Transform::default()
    }

    /// Does the network use the [moments](Noise::moments) of its observations? If so, the agent keeps them with what it
    /// learns from.
    fn remembers(&self) -> bool {
        false
    }

    /// What the agent adds to the loss of this network, `[R]`, after training episodes that returned this much, one a
    /// replica; minus infinity before the first one has ended. Asked only of a network that [remembers](Self::remembers).
    fn penalty(&self, _: &Weights, _returns: &[f64]) -> Option<Tensor> {
        None
    }

    /// What the layers do with normalised observations `[R, B, features]`; a network without spikes multiplies.
    fn activity(&self, _: &Tensor, _: &Weights, _: &mut dyn Noise) -> Activity {
        Activity {
            layers: Vec::new(),
            multiply_accumulates: self.multiply_adds(),
        }
    }
}

/// Makes the components that an actor is put together from.
pub trait Parts {
    /// The surrogate of the cell; absent for a network without spikes.
    fn surrogate(&self) -> Option<Arc<dyn AnySurrogate>>;
    /// The neuron model of that name and parameters.
    fn neuron(&self, component: &Component) -> Result<Arc<dyn AnyNeuron>, ComponentError>;
    /// The encoder of that name and parameters.
    fn encoder(&self, component: &Component) -> Result<Box<dyn Encoder>, ComponentError>;
    /// The decoder of that name and parameters.
    fn decoder(&self, component: &Component) -> Result<Box<dyn Decoder>, ComponentError>;
}

/// The parameters of an actor, as a suite gives them.
pub trait ActorSettings: Debug + Send + Sync {
    /// Does the network spike? If not, it is trained once per seed, not once per surrogate and seed.
    fn spiking(&self) -> bool;

    /// The components within, by the parameter that holds them, for their own parameters to be checked and
    /// completed.
    fn components(&mut self) -> Vec<(&'static str, Kind, &mut Component)> {
        Vec::new()
    }

    /// Makes the network for a task of that many observed values and action dimensions.
    fn build(
        &self,
        features: i64,
        actions: i64,
        parts: &dyn Parts,
    ) -> Result<Box<dyn Actor>, ComponentError>;

    /// Refuses parameters that make no sense.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }
}
