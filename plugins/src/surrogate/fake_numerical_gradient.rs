//! The difference quotient of the step itself.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `min(1 / |u|, alpha)`; peak `alpha`, infinite area (SpikingJelly's `FakeNumericalGradient`, `alpha = 0.3`).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FakeNumericalGradient {
    /// The peak.
    alpha: f64,
}

impl Default for FakeNumericalGradient {
    fn default() -> Self {
        Self { alpha: 0.3 }
    }
}

impl Surrogate for FakeNumericalGradient {
    fn derivative<R: Real>(&self, u: R) -> R {
        u.abs().recip().min(R::from(self.alpha))
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        let corner = 1.0 / self.alpha;
        let x = u.abs();
        Some((x.min(corner) * self.alpha + (x.max(corner) / corner).ln()) * u.signum())
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("alpha", self.alpha)
    }
}

register! {
    /// Inverse of the distance, at most `alpha` (SpikingJelly).
    surrogate "fake-numerical-gradient" => FakeNumericalGradient
}

spikebench::conforms!(surrogate "fake-numerical-gradient");
