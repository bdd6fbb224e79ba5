//! The non-spiking baseline: a multilayer perceptron (the "deep actor" of the papers).

use serde::{Deserialize, Serialize};
use spikebench::api::{
    Actor, ActorSettings, ComponentError, ComponentFactory, Declaration, NoiseContext,
    ParameterError, Transform, Weights,
};
use spikebench::network::mlp::Perceptron;
use spikebench::register;
use tch::Tensor;

use crate::layer_sizes::{check_hidden, layer_sizes};

/// ReLU layers of these sizes (Tang et al. 2020, supplement 2).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Mlp {
    /// How observations are transformed: `zscore`, `tanh` or `none`.
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
        _: &dyn ComponentFactory,
    ) -> Result<Box<dyn Actor>, ComponentError> {
        let sizes = layer_sizes(features, &self.hidden, actions);
        Ok(Box::new(Network {
            normalise: self.normalise,
            layers: Perceptron::new("layer", &[], sizes),
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_hidden("hidden", &self.hidden)
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

    fn forward(&self, observation: &Tensor, weights: &Weights, _: &mut NoiseContext<'_>) -> Tensor {
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
    /// Multilayer perceptron with ReLU: the non-spiking baseline.
    actor "mlp" => Mlp
}

spikebench::conforms!(actor "mlp");
