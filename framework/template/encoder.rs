//! The encoder `my-component`.

use serde::{Deserialize, Serialize};
use spikebench::api::{Declaration, Encoder, Noise, ParameterError, Scope};
use tch::Tensor;

/// Every observed value becomes a constant current, `gain` times the value.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MyComponent {
    gain: f64,
}

impl Default for MyComponent {
    fn default() -> Self {
        Self { gain: 2.0 }
    }
}

impl Encoder for MyComponent {
    fn width(&self, features: i64) -> i64 {
        features
    }

    fn learned(&self, _: i64) -> Vec<Declaration> {
        Vec::new()
    }

    fn encode(&self, observation: &Tensor, _: Scope<'_>, _: i64, _: &mut dyn Noise) -> Tensor {
        // [R, B, features] to [R, 1, B, features]: the same in all time steps.
        (observation * self.gain).unsqueeze(1)
    }

    fn spiking(&self) -> bool {
        false
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("gain", self.gain)
    }
}

spikebench::register! {
    /// A constant current for every observed value.
    encoder "my-component" => MyComponent
}

spikebench::conforms!(encoder "my-component");
