//! The observation itself as a current (the `layer` encoder of the ILC-SAN code).

use serde::{Deserialize, Serialize};
use spikebench::api::{Declaration, Encoder, Noise, Scope};
use spikebench::register;
use tch::Tensor;

/// Every observed value is a constant current over all time steps, so the first layer learns the coding.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Direct {}

impl Encoder for Direct {
    fn width(&self, features: i64) -> i64 {
        features
    }

    fn learned(&self, _: i64) -> Vec<Declaration> {
        Vec::new()
    }

    fn encode(&self, observation: &Tensor, _: Scope<'_>, _: i64, _: &mut dyn Noise) -> Tensor {
        observation.unsqueeze(1)
    }

    fn spiking(&self) -> bool {
        false
    }
}

register! {
    /// The observation itself, as a constant current.
    encoder "direct" => Direct
}

spikebench::conforms!(encoder "direct");
