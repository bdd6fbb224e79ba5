//! The rectangle of STBP and Pop-SAN.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `height` strictly within `half_width` of the threshold, zero elsewhere; area `2 · half_width · height`. The
/// defaults are Pop-SAN's: half-width 0.5, height 1, area 1 (Tang et al. 2020, equation 7; Wu et al. 2018, whose
/// code calls the half-width `lens`). SpikingJelly's `Rect(alpha)` has half-width `0.5 / alpha` and height `alpha`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rectangular {
    /// The half-width in units of the membrane potential, like all widths of surrogates.
    #[serde(alias = "window", alias = "lens")]
    half_width: f64,
    height: f64,
}

impl Default for Rectangular {
    fn default() -> Self {
        Self {
            half_width: 0.5,
            height: 1.0,
        }
    }
}

impl Surrogate for Rectangular {
    fn derivative<R: Real>(&self, u: R) -> R {
        let inside = u.abs().below(R::from(self.half_width));
        R::select(inside, R::from(self.height), R::from(0.0))
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some(u.clamp(-self.half_width, self.half_width) * self.height)
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("half_width", self.half_width)?;
        ParameterError::unless_positive("height", self.height)
    }
}

register! {
    /// Constant strictly within `half_width` of the threshold (STBP, Pop-SAN).
    surrogate "rectangular" | "rectangle" | "rect" | "boxcar" | "gate" => Rectangular
}

spikebench::conforms!(surrogate "rectangular");
