//! The derivative of the arctangent in Spyx's scaling.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `1 / (π (1 + (k π u)²))`; area `1 / (k π)`, peak `1 / π`, which is also the formula in snnTorch's documentation. It is
/// the normalised one with `alpha = 2 k`, divided by `k π` (Spyx's `arctan`, `k = 2`).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ATanUnnormalised {
    /// The steepness, per unit of potential.
    #[serde(alias = "slope", alias = "alpha")]
    k: f64,
}

impl Default for ATanUnnormalised {
    fn default() -> Self {
        Self { k: 2.0 }
    }
}

impl Surrogate for ATanUnnormalised {
    fn derivative<R: Real>(&self, u: R) -> R {
        let x = u * (PI * self.k);
        ((x * x + 1.0) * PI).recip()
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some((u * PI * self.k).atan() / (PI * PI * self.k))
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("k", self.k)
    }
}

register! {
    /// Derivative of the arctangent with peak 1/π (Spyx).
    surrogate "atan-unnormalised" | "arctan-unnormalised" => ATanUnnormalised
}

spikebench::conforms!(surrogate "atan-unnormalised");
