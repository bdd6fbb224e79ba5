//! The two-sided exponential.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `(scale · alpha / 2) · exp(−alpha |u|)`; area `scale`, peak `scale · alpha / 2` (SpikingJelly's `PiecewiseExp`,
/// `alpha = 1`; Lava's spike with `τ = 1 / alpha`; Shrestha and Orchard 2018). Sinabs' `SingleExponential` has
/// width 0.5 and height 2, hence area 2.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PiecewiseExponential {
    /// The inverse of the distance at which the gradient has fallen to 1/e.
    #[serde(alias = "slope", alias = "k")]
    alpha: f64,
    /// The area.
    #[serde(alias = "grad_scale")]
    scale: f64,
}

impl Default for PiecewiseExponential {
    fn default() -> Self {
        Self {
            alpha: 1.0,
            scale: 1.0,
        }
    }
}

impl Surrogate for PiecewiseExponential {
    fn derivative<R: Real>(&self, u: R) -> R {
        (-u.abs() * self.alpha).exp() * (self.scale * self.alpha / 2.0)
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some((1.0 - (-self.alpha * u.abs()).exp()) * self.scale / 2.0 * u.signum())
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("alpha", self.alpha)?;
        ParameterError::unless_positive("scale", self.scale)
    }
}

register! {
    /// Two-sided exponential of unit area (SpikingJelly, Lava).
    surrogate "piecewise-exponential" | "piecewise-exp" | "double-exponential" => PiecewiseExponential
}

register! {
    /// Two-sided exponential with width 0.5 and area 2 (Sinabs' default).
    surrogate "single-exponential" => PiecewiseExponential { "alpha": 2.0, "scale": 2.0 }
}

spikebench::conforms!(surrogate "piecewise-exponential", "single-exponential");
