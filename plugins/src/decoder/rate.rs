//! Firing rates of an output population, weighted for each action (Tang et al. 2020, section 3.4).

use serde::{Deserialize, Serialize};
use spikebench::api::{Declaration, Decoder, Fault, ReadoutCost, Scope};
use spikebench::register;
use tch::{Kind, Tensor};

use super::readout::{Population, Readout};

/// The value of an action dimension is a weighted sum of firing rates and a bias. With `population: own` each dimension has
/// `neurons` of its own, as in Pop-SAN; with `shared` all read the same `neurons`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rate {
    neurons: u32,
    population: Population,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            neurons: 10,
            population: Population::Own,
        }
    }
}

impl Rate {
    fn readout(&self) -> Readout {
        Readout {
            neurons: self.neurons,
            population: self.population,
        }
    }
}

impl Decoder for Rate {
    fn width(&self, actions: i64) -> i64 {
        self.readout().width(actions)
    }

    fn learned(&self, actions: i64) -> Vec<Declaration> {
        self.readout().learned(actions)
    }

    fn decode(&self, spikes: &Tensor, learned: Scope<'_>) -> Tensor {
        let rate = spikes.mean_dim(&[1i64][..], false, Kind::Float);
        self.readout().sum(&rate, learned)
    }

    fn cost(&self, actions: i64) -> ReadoutCost {
        ReadoutCost {
            fan_out: 0,
            multiply_accumulates: self.width(actions) * self.readout().fan_out(actions),
        }
    }

    fn check(&self) -> Result<(), Fault> {
        self.readout().check()
    }
}

register! {
    /// Firing rates, weighted and summed for each action.
    decoder "rate" => Rate
}
