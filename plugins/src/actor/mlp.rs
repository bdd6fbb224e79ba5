//! The baseline without spikes: a multilayer perceptron (the "deep actor" of the papers).

use serde::{Deserialize, Serialize};
use spikebench::api::{
    Actor, ActorSettings, ComponentError, Declaration, Noise, ParameterError, Parts, Transform,
    Weights,
};
use spikebench::network::mlp::Perceptron;
use spikebench::register;
use tch::Tensor;

/// ReLU layers of these sizes (Tang et al. 2020, supplement 2).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Mlp {
    /// `zscore`, `tanh` or `none`: what is done to observations.
    normalise: Transform,
    hidden: Vec<u32>,
}

impl Default for Mlp {
    fn default() -> Self {
        Self {
            normalise: Transform::Zscore,
            hidden: vec![256, 256],
        }
    }
}

impl ActorSettings for Mlp {
    fn spiking(&self) -> bool {
        false
    }

    fn build(
        &self,
        features: i64,
        actions: i64,
        _: &dyn Parts,
    ) -> Result<Box<dyn Actor>, ComponentError> {
        let hidden = self.hidden.iter().map(|&size| i64::from(size));
        let sizes = [features]
            .into_iter()
            .chain(hidden)
            .chain([actions])
            .collect();
        Ok(Box::new(Network {
            normalise: self.normalise,
            layers: Perceptron::new("layer", &[], sizes),
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        super::check_sizes(&self.hidden)
    }
}

#[derive(Debug)]
struct Network {
    normalise: Transform,
    layers: Perceptron,
}

impl Actor for Network {
    fn learned(&self) -> Vec<Declaration> {
        self.layers.learned()
    }

    fn forward(&self, observation: &Tensor, weights: &Weights, _: &mut dyn Noise) -> Tensor {
        self.layers.forward(observation, weights)
    }

    fn multiply_adds(&self) -> u64 {
        self.layers.multiply_adds()
    }

    fn normalise(&self) -> Transform {
        self.normalise
    }
}

register! {
    /// Multilayer perceptron with ReLU: the baseline without spikes.
    actor "mlp" => Mlp
}

spikebench::conforms!(actor "mlp");
