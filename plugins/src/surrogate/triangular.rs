//! The triangle.

use serde::{Deserialize, Serialize};
use spikebench::api::{Fault, Real, Surrogate};
use spikebench::register;

/// `height` at the threshold, falling linearly to zero at `half_width`. With the defaults it has the peak and the
/// area of the default rectangle, so that only the shape differs (Esser et al. 2016; SpikingJelly's
/// `PiecewiseQuadratic` with `alpha = 1`).
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

    fn check(&self) -> Result<(), Fault> {
        Fault::unless_positive("half_width", self.half_width)?;
        Fault::unless_positive("height", self.height)
    }
}

register! {
    /// Falls linearly from the threshold to zero at `half_width`.
    surrogate "triangular" => Triangular
}
