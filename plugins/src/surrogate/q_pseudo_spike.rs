//! The q-pseudo-spike.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `(1 + 2 |u| / (alpha − 1))^(−alpha)`; peak 1, area 1; the smaller `alpha > 1`, the heavier the tails (Herranz-
/// Celotti and Rouat 2022; SpikingJelly's `QPseudoSpike`, `alpha = 2`, where it equals the softsign).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct QPseudoSpike {
    /// The exponent of the tail.
    #[serde(alias = "q")]
    alpha: f64,
}

impl Default for QPseudoSpike {
    fn default() -> Self {
        Self { alpha: 2.0 }
    }
}

impl Surrogate for QPseudoSpike {
    #[inline(always)]
    fn derivative<R: Real>(&self, u: R) -> R {
        let x = u.abs() * (2.0 / (self.alpha - 1.0)) + 1.0;
        (x.ln() * -self.alpha).exp()
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        let x = 1.0 + 2.0 * u.abs() / (self.alpha - 1.0);
        Some((1.0 - x.powf(1.0 - self.alpha)) / 2.0 * u.signum())
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless(self.alpha > 1.0, "alpha", self.alpha, "must be above 1")
    }
}

register! {
    /// Unit peak and unit area, with a tail of adjustable weight (SpikingJelly).
    surrogate "q-pseudo-spike" | "q-pseudospike" => QPseudoSpike
}

spikebench::conforms!(surrogate "q-pseudo-spike");
