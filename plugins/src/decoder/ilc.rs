//! Output populations with intra-layer connections, and a membrane read-out (Chen et al. 2024, ILC-SAN, arXiv 2401.05444).

use serde::{Deserialize, Serialize};
use spikebench::api::{Declaration, Decoder, Init, Lateral, ParameterError, ReadoutCost, Scope};
use spikebench::register;
use tch::{Kind, Tensor};

use super::potential::{Potential, Read};
use super::readout::{Population, Readout};

/// Each action dimension has its own population of `neurons`, whose spikes add to the currents of the same population in
/// the next time step: to the neuron's own current (`self`) and to those of the others (`lateral`). A `bias` is added in
/// every step including the first, as in the ILC-SAN code (SpikingJelly starts with the second). Each of the three can be
/// switched off. The spikes are read out as by `membrane`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ilc {
    neurons: u32,
    read: Read,
    tau: Option<f64>,
    #[serde(rename = "self")]
    own: bool,
    lateral: bool,
    bias: bool,
}

impl Default for Ilc {
    fn default() -> Self {
        Self {
            neurons: 10,
            read: Read::Last,
            tau: None,
            own: true,
            lateral: true,
            bias: true,
        }
    }
}

impl Ilc {
    fn readout(&self) -> Readout {
        Readout {
            neurons: self.neurons,
            population: Population::Own,
        }
    }

    fn potential(&self) -> Potential {
        Potential {
            read: self.read,
            tau: self.tau,
        }
    }

    fn connects(&self) -> bool {
        self.own || self.lateral
    }

    /// The number of connections from a neuron into its population.
    fn connections(&self) -> i64 {
        i64::from(self.own) + i64::from(self.lateral) * (i64::from(self.neurons) - 1)
    }
}

impl Decoder for Ilc {
    fn width(&self, actions: i64) -> i64 {
        self.readout().width(actions)
    }

    /// The read-out's `weight` and `bias`; `connection.weight [actions, neurons, neurons]` (from, to), part of which may be
    /// unused; and `connection.bias [actions, neurons]`. Initialised as in PyTorch.
    fn learned(&self, actions: i64) -> Vec<Declaration> {
        let neurons = i64::from(self.neurons);
        let bound = 1.0 / (neurons as f64).sqrt();
        let mut learned = self.readout().learned(actions);
        if self.connects() {
            let shape = [actions, neurons, neurons];
            let init = Init::Uniform(bound);
            learned.push(Declaration::new("connection.weight", &shape, init));
        }
        if self.bias {
            let init = Init::Uniform(bound);
            learned.push(Declaration::new(
                "connection.bias",
                &[actions, neurons],
                init,
            ));
        }
        learned
    }

    fn decode(&self, spikes: &Tensor, learned: Scope<'_>, added: Option<&Tensor>) -> Tensor {
        self.potential()
            .of_spikes(spikes, added, self.readout(), learned)
    }

    fn lateral(&self, learned: Scope<'_>) -> Option<Lateral> {
        let bias = self
            .bias
            .then(|| learned.get("connection.bias").shallow_clone());
        let readout = learned.get("weight");
        let [replicas, actions, neurons] = readout.size()[..] else {
            unreachable!("the read-out's weights are [R, actions, neurons]")
        };
        let weight = if self.connects() {
            let weight = learned.get("connection.weight");
            let kind = (Kind::Float, weight.device());
            let (own, all) = (Tensor::eye(neurons, kind), Tensor::ones([neurons; 2], kind));
            match (self.own, self.lateral) {
                (true, true) => weight.shallow_clone(),
                (true, false) => weight * own,
                _ => weight * (all - own),
            }
        } else if bias.is_some() {
            let shape = [replicas, actions, neurons, neurons];
            Tensor::zeros(shape, (Kind::Float, readout.device()))
        } else {
            return None;
        };
        Some(Lateral { weight, bias })
    }

    fn cost(&self, actions: i64) -> ReadoutCost {
        ReadoutCost {
            fan_out: self.readout().fan_out(actions) + self.connections(),
            multiply_accumulates: 0,
        }
    }

    fn check(&self) -> Result<(), ParameterError> {
        self.readout().check()?;
        self.potential().check()
    }
}

register! {
    /// Output populations with connections among their neurons, and a membrane read-out (ILC-SAN).
    decoder "ilc" => Ilc
}

spikebench::conforms!(decoder "ilc");
