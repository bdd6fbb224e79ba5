//! The membrane potential of a non-spiking read-out neuron per action (Chen et al. 2022, arXiv 2201.09754, for the values of
//! actions; Chen et al. 2024, arXiv 2401.05444, for actions).

use serde::{Deserialize, Serialize};
use spikebench::api::{Declaration, Decoder, ParameterError, ReadoutCost, Scope};
use spikebench::register;
use tch::Tensor;

use super::potential::{Potential, Read};
use super::readout::{Population, Readout};

/// In each time step, a weighted sum of the spikes plus a bias goes into one read-out neuron per action dimension. The
/// read-out neuron integrates, with a leak if `tau` is set, and never fires. Its potential is the value: `read: last | max |
/// max_abs | mean`. With `population: own`, each action dimension has its own `neurons`; with `shared`, all dimensions read
/// the same `neurons`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Membrane {
    neurons: u32,
    population: Population,
    read: Read,
    tau: Option<f64>,
}

impl Default for Membrane {
    fn default() -> Self {
        Self {
            neurons: 10,
            population: Population::Own,
            read: Read::Last,
            tau: None,
        }
    }
}

impl Membrane {
    fn readout(&self) -> Readout {
        Readout {
            neurons: self.neurons,
            population: self.population,
        }
    }

    fn potential(&self) -> Potential {
        Potential {
            read: self.read,
            tau: self.tau,
        }
    }
}

impl Decoder for Membrane {
    fn width(&self, actions: i64) -> i64 {
        self.readout().width(actions)
    }

    fn learned(&self, actions: i64) -> Vec<Declaration> {
        self.readout().learned(actions)
    }

    fn decode(&self, spikes: &Tensor, learned: Scope<'_>, added: Option<&Tensor>) -> Tensor {
        self.potential()
            .of_spikes(spikes, added, self.readout(), learned)
    }

    fn cost(&self, actions: i64) -> ReadoutCost {
        ReadoutCost {
            fan_out: self.readout().fan_out(actions),
            multiply_accumulates: 0,
        }
    }

    fn check(&self) -> Result<(), ParameterError> {
        self.readout().check()?;
        self.potential().check()
    }
}

register! {
    /// Membrane potential of non-spiking read-out neurons, after the last time step unless `read` says otherwise.
    decoder "membrane" | "last-mem" => Membrane
}

register! {
    /// Largest membrane potential of non-spiking read-out neurons.
    decoder "max-mem" => Membrane { "read": "max" }
}

register! {
    /// Membrane potential of largest magnitude of non-spiking read-out neurons.
    decoder "max-abs-mem" => Membrane { "read": "max_abs" }
}

register! {
    /// Mean membrane potential of non-spiking read-out neurons.
    decoder "mean-mem" => Membrane { "read": "mean" }
}

spikebench::conforms!(decoder "membrane", "max-mem", "max-abs-mem", "mean-mem");
