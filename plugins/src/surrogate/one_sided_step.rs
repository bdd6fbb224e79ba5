//! A step from below the threshold upwards.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `height` from `window` below the threshold upwards, zero below; infinite area. With `height = 1 /
/// v_threshold` it is Rockpool's `StepPWL` (window 0.5) and Sinabs' `Heaviside` (window 1).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OneSidedStep {
    window: f64,
    height: f64,
}

impl Default for OneSidedStep {
    fn default() -> Self {
        Self {
            window: 0.5,
            height: 1.0,
        }
    }
}

impl Surrogate for OneSidedStep {
    fn derivative<R: Real>(&self, u: R) -> R {
        R::select(
            u.below(R::from(-self.window)),
            R::from(0.0),
            R::from(self.height),
        )
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some((u + self.window).max(0.0) * self.height)
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("window", self.window)?;
        ParameterError::unless_positive("height", self.height)
    }
}

register! {
    /// Constant from `window` below the threshold upwards (Rockpool, Sinabs).
    surrogate "one-sided-step" | "step-pwl" => OneSidedStep
}

spikebench::conforms!(surrogate "one-sided-step");
