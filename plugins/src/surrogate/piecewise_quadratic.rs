//! The triangle of unit area.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `max(0, alpha − alpha² |u|)`; area 1 for every `alpha`: a triangle of half-width `1 / alpha` and height
/// `alpha`, which is the derivative of a piecewise quadratic step (SpikingJelly's `PiecewiseQuadratic`, `alpha =
/// 1`; BrainCog's `QGateGrad`, `alpha = 2`; STBP's h2).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PiecewiseQuadratic {
    /// The peak, per unit of potential.
    #[serde(alias = "slope", alias = "k")]
    alpha: f64,
}

impl Default for PiecewiseQuadratic {
    fn default() -> Self {
        Self { alpha: 1.0 }
    }
}

impl Surrogate for PiecewiseQuadratic {
    fn derivative<R: Real>(&self, u: R) -> R {
        (R::from(self.alpha) - u.abs() * (self.alpha * self.alpha)).max(R::from(0.0))
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        let x = (u.abs() * self.alpha).min(1.0);
        Some((x - x * x / 2.0) * u.signum())
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("alpha", self.alpha)
    }
}

register! {
    /// Triangle of unit area with height `alpha` (SpikingJelly, BrainCog).
    surrogate "piecewise-quadratic" | "q-gate" => PiecewiseQuadratic
}

spikebench::conforms!(surrogate "piecewise-quadratic");
