//! The weights from output neurons to action dimensions.

use serde::{Deserialize, Serialize};
use spikebench::api::{Declaration, Init, ParameterError, Scope};
use tch::{Kind, Tensor};

/// Who listens to an output neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Population {
    /// One action dimension: each has neurons of its own (the grouped convolution of the Pop-SAN code).
    Own,
    /// All action dimensions.
    Shared,
}

/// A weighted sum and a bias for each action dimension. Begun as PyTorch does, uniform within one over the root of the
/// number of weights that are summed.
#[derive(Debug, Clone, Copy)]
pub struct Readout {
    /// Output neurons: for each action dimension, or in all if they are shared.
    pub neurons: u32,
    /// Who listens to them.
    pub population: Population,
}

impl Readout {
    /// The number of output neurons.
    pub fn width(&self, actions: i64) -> i64 {
        match self.population {
            Population::Own => actions * i64::from(self.neurons),
            Population::Shared => i64::from(self.neurons),
        }
    }

    /// `weight [actions, neurons]` and `bias [actions]`.
    pub fn learned(&self, actions: i64) -> Vec<Declaration> {
        let bound = 1.0 / f64::from(self.neurons).sqrt();
        let shape = [actions, i64::from(self.neurons)];
        vec![
            Declaration::new("weight", &shape, Init::Uniform(bound)),
            Declaration::new("bias", &[actions], Init::Uniform(bound)),
        ]
    }

    /// From numbers `[R, N, width]` of the output neurons to `[R, N, actions]`.
    pub fn sum(&self, of: &Tensor, learned: Scope<'_>) -> Tensor {
        let [weight, bias] = ["weight", "bias"].map(|name| learned.get(name).unsqueeze(1));
        match self.population {
            Population::Own => {
                let grouped = of.unflatten(-1, [weight.size()[2], -1]) * weight;
                grouped.sum_dim_intlist(&[-1i64][..], false, Kind::Float) + bias
            }
            Population::Shared => of.matmul(&weight.squeeze_dim(1).transpose(1, 2)) + bias,
        }
    }

    /// Weights that a spike of an output neuron adds.
    pub fn fan_out(&self, actions: i64) -> i64 {
        match self.population {
            Population::Own => 1,
            Population::Shared => actions,
        }
    }

    /// Refuses populations of nobody.
    pub fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_at_least("neurons", self.neurons.into(), 1)
    }
}
