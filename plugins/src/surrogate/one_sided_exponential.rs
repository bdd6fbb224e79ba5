//! The exponential below the threshold, constant above it.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `height · exp(min(u, 0) / width)`; infinite area (Lava's graded spikes: both constants are 1 at threshold 1,
/// without its multipliers).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OneSidedExponential {
    /// The distance below the threshold at which the gradient has fallen to 1/e.
    #[serde(alias = "tau")]
    width: f64,
    #[serde(alias = "scale")]
    height: f64,
}

impl Default for OneSidedExponential {
    fn default() -> Self {
        Self {
            width: 1.0,
            height: 1.0,
        }
    }
}

impl Surrogate for OneSidedExponential {
    fn derivative<R: Real>(&self, u: R) -> R {
        (u.min(R::from(0.0)) / self.width).exp() * self.height
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some(self.height * (self.width * (u.min(0.0) / self.width).exp() + u.max(0.0)))
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("width", self.width)?;
        ParameterError::unless_positive("height", self.height)
    }
}

register! {
    /// Exponential below the threshold, constant above (Lava's graded spikes).
    surrogate "one-sided-exponential" => OneSidedExponential
}

spikebench::conforms!(surrogate "one-sided-exponential");
