//! The derivative of the softsign: the fast sigmoid of unit area.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `1 / (2 alpha (1 / alpha + |u|)²) = (alpha / 2) / (1 + alpha |u|)²`; area 1, peak `alpha / 2` (SpikingJelly's
/// `SoftSign`, `alpha = 2`).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SoftSign {
    /// Twice the peak, per unit of potential.
    #[serde(alias = "slope", alias = "k")]
    alpha: f64,
}

impl Default for SoftSign {
    fn default() -> Self {
        Self { alpha: 2.0 }
    }
}

impl Surrogate for SoftSign {
    fn derivative<R: Real>(&self, u: R) -> R {
        let x = u.abs() * self.alpha + 1.0;
        R::from(self.alpha / 2.0) / (x * x)
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some(self.alpha * u / (2.0 * (1.0 + self.alpha * u.abs())))
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("alpha", self.alpha)
    }
}

register! {
    /// Fast sigmoid of unit area (SpikingJelly).
    surrogate "softsign" | "soft-sign" => SoftSign
}

spikebench::conforms!(surrogate "softsign");
