//! The derivative of the signed logarithm.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `1 / (1 / alpha + |u|)`; peak `alpha`, infinite area (SpikingJelly's `NonzeroSignLogAbs`, `alpha = 1`).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SignLogAbs {
    /// The peak.
    #[serde(alias = "slope", alias = "k")]
    alpha: f64,
}

impl Default for SignLogAbs {
    fn default() -> Self {
        Self { alpha: 1.0 }
    }
}

impl Surrogate for SignLogAbs {
    fn derivative<R: Real>(&self, u: R) -> R {
        (u.abs() + 1.0 / self.alpha).recip()
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some((1.0 + self.alpha * u.abs()).ln() * u.signum())
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("alpha", self.alpha)
    }
}

register! {
    /// Falls with the inverse of the distance (SpikingJelly's NonzeroSignLogAbs).
    surrogate "sign-log-abs" | "nonzero-sign-log-abs" => SignLogAbs
}

spikebench::conforms!(surrogate "sign-log-abs");
