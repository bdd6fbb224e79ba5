//! The derivative of the hyperbolic tangent.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `1 − tanh²(k u)`; peak 1, area `2 / k`: the derivative of the logistic function with `alpha = 2 k`, times `2 /
/// k` (Spyx's `tanh`, `k = 1`; Norse's, `k = 100`).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Tanh {
    /// The steepness, per unit of potential.
    #[serde(alias = "slope", alias = "alpha")]
    k: f64,
}

impl Default for Tanh {
    fn default() -> Self {
        Self { k: 1.0 }
    }
}

impl Surrogate for Tanh {
    #[inline(always)]
    fn derivative<R: Real>(&self, u: R) -> R {
        (u * (2.0 * self.k)).sigmoid() * (-u * (2.0 * self.k)).sigmoid() * 4.0
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some((self.k * u).tanh() / self.k)
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("k", self.k)
    }
}

register! {
    /// Derivative of the hyperbolic tangent; peak 1 (Spyx, Norse).
    surrogate "tanh" => Tanh
}

spikebench::conforms!(surrogate "tanh");
