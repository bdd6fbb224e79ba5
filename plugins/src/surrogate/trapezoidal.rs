//! The trapezoid family, to which the surrogate of arXiv 2406.13568 belongs. That paper's constants were not accessible, so
//! no preset here claims to be the paper's. Each preset differs from Pop-SAN's rectangle (half-width 0.5, height 1, area 1)
//! in one respect.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `height` within `inner` of the threshold, falling linearly to zero at `outer`; area `height · (inner + outer)`.
/// With the defaults, which are those of `T-eq`, it has the peak and the area of the default rectangle, so that only the
/// shape differs. It approaches the rectangle as `inner` approaches `outer`; `inner = 0` gives the triangle.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Trapezoidal {
    inner: f64,
    outer: f64,
    height: f64,
}

impl Default for Trapezoidal {
    fn default() -> Self {
        Self {
            inner: 0.25,
            outer: 0.75,
            height: 1.0,
        }
    }
}

impl Surrogate for Trapezoidal {
    fn derivative<R: Real>(&self, u: R) -> R {
        ((R::from(self.outer) - u.abs()) / (self.outer - self.inner)).clamp(0.0, 1.0) * self.height
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        let (x, slope) = (u.abs().min(self.outer), self.outer - self.inner);
        let fallen = (x - self.inner).max(0.0);
        Some((x - fallen * fallen / (2.0 * slope)) * self.height * u.signum())
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless(
            self.inner >= 0.0,
            "inner",
            self.inner,
            "must not be negative",
        )?;
        ParameterError::unless_positive("outer", self.outer)?;
        let rule = format!("must be below outer ({})", self.outer);
        ParameterError::unless(self.inner < self.outer, "inner", self.inner, rule)?;
        ParameterError::unless_positive("height", self.height)
    }
}

register! {
    /// Constant within `inner` of the threshold, then falling linearly to zero at `outer`.
    surrogate "trapezoidal" | "trapezoid" => Trapezoidal
}

register! {
    /// Trapezoid with the rectangle's plateau and additional tails: area 1.5.
    surrogate "T-out" => Trapezoidal { "inner": 0.5, "outer": 1.0 }
}

register! {
    /// Trapezoid with the rectangle's peak and area.
    surrogate "T-eq" => Trapezoidal { "inner": 0.25, "outer": 0.75 }
}

register! {
    /// Trapezoid with the rectangle's support and peak: area 0.75.
    surrogate "T-in" => Trapezoidal { "inner": 0.25, "outer": 0.5 }
}

register! {
    /// Trapezoid with the rectangle's support and area.
    surrogate "T-in-norm" => Trapezoidal { "inner": 0.25, "outer": 0.5, "normalise": "area" }
}

spikebench::conforms!(surrogate "trapezoidal", "T-out", "T-eq", "T-in", "T-in-norm");
