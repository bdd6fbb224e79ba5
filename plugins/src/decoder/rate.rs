//! Firing rates of an output population, weighted for each action (Tang et al. 2020, section 3.4).

use serde::{Deserialize, Serialize};
use spikebench::api::{Declaration, Decoder, Fault, Init, ReadoutCost, Scope};
use spikebench::register;
use tch::{Kind, Tensor};

/// Each action dimension has a population of `neurons` of its own; its value is a weighted sum of their firing
/// rates and a bias (the grouped convolution of `popsan.py`). Begun as PyTorch does, uniform within `1/√neurons`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rate {
    neurons: u32,
}

impl Default for Rate {
    fn default() -> Self {
        Self { neurons: 10 }
    }
}

impl Decoder for Rate {
    fn width(&self, actions: i64) -> i64 {
        actions * i64::from(self.neurons)
    }

    fn learned(&self, actions: i64) -> Vec<Declaration> {
        let bound = 1.0 / f64::from(self.neurons).sqrt();
        vec![
            Declaration::new(
                "weight",
                &[actions, i64::from(self.neurons)],
                Init::Uniform(bound),
            ),
            Declaration::new("bias", &[actions], Init::Uniform(bound)),
        ]
    }

    fn decode(&self, spikes: &Tensor, learned: Scope<'_>) -> Tensor {
        let weight = learned.get("weight").unsqueeze(1);
        let rate = spikes.mean_dim(&[1i64][..], false, Kind::Float);
        let [replicas, batch, _] = rate.size()[..] else {
            unreachable!("the mean over T of [R, T, B, width]")
        };
        let grouped = rate.view([replicas, batch, -1, i64::from(self.neurons)]) * weight;
        grouped.sum_dim_intlist(&[-1i64][..], false, Kind::Float) + learned.get("bias").unsqueeze(1)
    }

    fn cost(&self, actions: i64) -> ReadoutCost {
        ReadoutCost {
            fan_out: 0,
            multiply_accumulates: self.width(actions),
        }
    }

    fn check(&self) -> Result<(), Fault> {
        Fault::unless_at_least("neurons", self.neurons.into(), 1)
    }
}

register! {
    /// Firing rates of one population for each action, weighted and summed.
    decoder "rate" => Rate
}
