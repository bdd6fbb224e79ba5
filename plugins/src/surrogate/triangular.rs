//! The triangle.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `height` at the threshold, falling linearly to zero at `half_width`; area `half_width · height`. With the defaults, it
/// has the peak and the area of the default rectangle, so that only the shape differs (Esser et al. 2016). Spyx's
/// `triangular(k)` has half-width `1 / k` and height 1.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Triangular {
    half_width: f64,
    height: f64,
}

impl Default for Triangular {
    fn default() -> Self {
        Self {
            half_width: 1.0,
            height: 1.0,
        }
    }
}

impl Surrogate for Triangular {
    fn derivative<R: Real>(&self, u: R) -> R {
        (R::from(1.0) - u.abs() / self.half_width).clamp(0.0, 1.0) * self.height
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        let x = u.abs().min(self.half_width);
        Some((x - x * x / (2.0 * self.half_width)) * self.height * u.signum())
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("half_width", self.half_width)?;
        ParameterError::unless_positive("height", self.height)
    }
}

register! {
    /// Falls linearly from the threshold to zero at `half_width`.
    surrogate "triangular" | "triangle" => Triangular
}

register! {
    /// Triangle with the support and the peak of Pop-SAN's rectangle: area 0.5.
    surrogate "Tri-h1" => Triangular { "half_width": 0.5 }
}

register! {
    /// Triangle with the support and the area of Pop-SAN's rectangle.
    surrogate "Tri-norm" => Triangular { "half_width": 0.5, "height": 2.0 }
}

register! {
    /// Triangle with the peak and the area of Pop-SAN's rectangle.
    surrogate "Tri-wide" => Triangular { "half_width": 1.0 }
}

spikebench::conforms!(surrogate "triangular", "Tri-h1", "Tri-norm", "Tri-wide");
