//! The trapezoid family, to which arXiv 2406.13568 belongs. Its constants are not public at hand, so that no default
//! here claims to be the paper's.

use serde::{Deserialize, Serialize};
use spikebench::api::{Fault, Real, Surrogate};
use spikebench::register;

/// `height` within `inner` of the threshold, falling linearly to zero at `outer`; area `height · (inner + outer)`.
/// With the defaults it has the peak and the area of the default rectangle, so that only the shape differs.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Trapezoidal {
    inner: f64,
    outer: f64,
    height: f64,
    /// Instead of `height`, the one that makes the area 1.
    unit_area: bool,
}

impl Default for Trapezoidal {
    fn default() -> Self {
        Self {
            inner: 0.25,
            outer: 0.75,
            height: 1.0,
            unit_area: false,
        }
    }
}

impl Surrogate for Trapezoidal {
    fn derivative<R: Real>(&self, u: R) -> R {
        let height = if self.unit_area {
            1.0 / (self.inner + self.outer)
        } else {
            self.height
        };
        ((R::from(self.outer) - u.abs()) / (self.outer - self.inner)).clamp(0.0, 1.0) * height
    }

    fn check(&self) -> Result<(), Fault> {
        Fault::unless(
            self.inner >= 0.0,
            "inner",
            self.inner,
            "must not be negative",
        )?;
        Fault::unless_positive("outer", self.outer)?;
        let rule = format!("must be below outer ({})", self.outer);
        Fault::unless(self.inner < self.outer, "inner", self.inner, rule)?;
        Fault::unless_positive("height", self.height)?;
        let contradiction = self.unit_area && self.height != 1.0;
        Fault::unless(
            !contradiction,
            "height",
            self.height,
            "contradicts unit_area, which sets the height",
        )
    }
}

register! {
    /// Constant within `inner` of the threshold, then linear to zero at `outer`.
    surrogate "trapezoidal" => Trapezoidal
}
