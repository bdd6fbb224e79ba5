//! The leaky rectangle.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `1 / (2 w)` strictly within `w` of the threshold, `leak` elsewhere; infinite area (SpikingJelly's
/// `PiecewiseLeakyReLU`, `w = 1`, `c = 0.01`).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LeakyRectangle {
    /// The half-width.
    #[serde(alias = "half_width")]
    w: f64,
    /// The gradient beyond the half-width.
    #[serde(alias = "c")]
    leak: f64,
}

impl Default for LeakyRectangle {
    fn default() -> Self {
        Self { w: 1.0, leak: 0.01 }
    }
}

impl Surrogate for LeakyRectangle {
    fn derivative<R: Real>(&self, u: R) -> R {
        let inside = u.abs().below(R::from(self.w));
        R::select(inside, R::from(0.5 / self.w), R::from(self.leak))
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        let within = u.clamp(-self.w, self.w);
        Some(within * 0.5 / self.w + (u - within) * self.leak)
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("w", self.w)?;
        ParameterError::unless(self.leak >= 0.0, "leak", self.leak, "must not be negative")
    }
}

register! {
    /// Rectangle of unit area with a constant gradient beyond it (SpikingJelly's PiecewiseLeakyReLU).
    surrogate "leaky-rectangle" | "piecewise-leaky-relu" => LeakyRectangle
}

spikebench::conforms!(surrogate "leaky-rectangle");
