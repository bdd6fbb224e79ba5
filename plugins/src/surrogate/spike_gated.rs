//! A gradient for neurons that fired only.

use serde::{Deserialize, Serialize};
use spikebench::api::{Real, Surrogate};
use spikebench::register;

/// 1 strictly above the threshold, 0 elsewhere; infinite area (snnTorch's `heaviside`).
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SpikeGated {}

impl Surrogate for SpikeGated {
    fn derivative<R: Real>(&self, u: R) -> R {
        R::select(R::from(0.0).below(u), R::from(1.0), R::from(0.0))
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some(u.max(0.0))
    }
}

register! {
    /// One where the neuron fired, zero elsewhere (snnTorch's heaviside).
    surrogate "spike-gated" => SpikeGated
}

spikebench::conforms!(surrogate "spike-gated");
