//! The weights from output neurons to action dimensions.

use serde::{Deserialize, Serialize};
use spikebench::api::{Declaration, Init, ParameterError};
use tch::{Kind, Tensor};

/// Which action dimensions read an output neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Population {
    /// One: each action dimension has its own neurons (the grouped convolution of the Pop-SAN code).
    Own,
    /// All of them.
    Shared,
}

/// A weighted sum plus a bias for each action dimension. Initialised as in PyTorch, uniformly within ±1/√n for a sum of `n`
/// terms.
#[derive(Debug, Clone, Copy)]
pub struct Readout {
    /// The number of output neurons, per action dimension or in total if they are shared.
    pub neurons: u32,
    /// Which action dimensions read each neuron.
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

    /// The parameters `weight [actions, neurons]` and `bias [actions]`.
    pub fn learned(&self, actions: i64) -> Vec<Declaration> {
        let bound = 1.0 / f64::from(self.neurons).sqrt();
        let shape = [actions, i64::from(self.neurons)];
        vec![
            Declaration::new("weight", &shape, Init::Uniform(bound)),
            Declaration::new("bias", &[actions], Init::Uniform(bound)),
        ]
    }

    /// The number of weights that each spike of an output neuron adds up.
    pub fn fan_out(&self, actions: i64) -> i64 {
        match self.population {
            Population::Own => 1,
            Population::Shared => actions,
        }
    }

    /// Rejects empty populations.
    pub fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_size("neurons", self.neurons.into(), 4096)
    }
}

/// The weighted sums `[R, N, actions]` where each action dimension reads its own output neurons.
pub fn grouped_sum(values: &Tensor, weight: &Tensor, bias: &Tensor) -> Tensor {
    let [weight, bias] = [weight, bias].map(|learned| learned.unsqueeze(1));
    let grouped = values.unflatten(-1, [weight.size()[2], -1]) * weight;
    grouped.sum_dim_intlist(&[-1i64][..], false, Kind::Float) + bias
}

/// The weighted sums `[R, N, actions]` by LibTorch's operations.
pub fn summed(population: Population, values: &Tensor, weight: &Tensor, bias: &Tensor) -> Tensor {
    match population {
        Population::Own => grouped_sum(values, weight, bias),
        Population::Shared => values.matmul(&weight.transpose(1, 2)) + bias.unsqueeze(1),
    }
}
