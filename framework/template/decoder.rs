//! The decoder `my-component`.

use serde::{Deserialize, Serialize};
use spikebench::api::{Declaration, Decoder, Init, ParameterError, ReadoutCost, Scope};
use tch::{Kind, Tensor};

/// Every action dimension is a weighted sum of the firing rates of all `neurons`, plus a bias.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MyComponent {
    neurons: u32,
}

impl Default for MyComponent {
    fn default() -> Self {
        Self { neurons: 20 }
    }
}

impl Decoder for MyComponent {
    fn width(&self, _: i64) -> i64 {
        i64::from(self.neurons)
    }

    fn learned(&self, actions: i64) -> Vec<Declaration> {
        let width = self.width(actions);
        let bound = (width as f64).powf(-0.5);
        vec![
            Declaration::new("weight", &[width, actions], Init::Uniform(bound)),
            Declaration::new("bias", &[actions], Init::Uniform(bound)),
        ]
    }

    fn decode(&self, spikes: &Tensor, learned: Scope<'_>, added: Option<&Tensor>) -> Tensor {
        // [R, T, B, width] to [R, B, width].
        let over_time = |values: &Tensor| values.mean_dim(&[1_i64][..], false, Kind::Float);
        let bias = learned.get("bias").unsqueeze(1);
        let value = over_time(spikes).matmul(learned.get("weight")) + bias;
        match added {
            Some(added) => value + over_time(added),
            None => value,
        }
    }

    fn cost(&self, actions: i64) -> ReadoutCost {
        ReadoutCost {
            fan_out: 0,
            multiply_accumulates: self.width(actions) * actions,
        }
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_size("neurons", self.neurons.into(), 10_000)
    }
}

spikebench::register! {
    /// A weighted sum of the firing rates of neurons that all actions share.
    decoder "my-component" => MyComponent
}

spikebench::conforms!(decoder "my-component");
