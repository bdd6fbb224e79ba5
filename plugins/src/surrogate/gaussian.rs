//! The bell curve.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

use super::normal_density::normal_density;

/// `scale · N(u; 0, sigma²)`, the normal density; area `scale` (Sinabs' `Gaussian`, sigma 0.5; STBP's h4).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Gaussian {
    /// The standard deviation.
    sigma: f64,
    /// The area.
    #[serde(alias = "grad_scale")]
    scale: f64,
}

impl Default for Gaussian {
    fn default() -> Self {
        Self {
            sigma: 0.5,
            scale: 1.0,
        }
    }
}

impl Surrogate for Gaussian {
    #[inline(always)]
    fn derivative<R: Real>(&self, u: R) -> R {
        normal_density(u, 0.0, self.sigma) * self.scale
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("sigma", self.sigma)?;
        ParameterError::unless_positive("scale", self.scale)
    }
}

register! {
    /// Gaussian with standard deviation `sigma` (Sinabs).
    surrogate "gaussian" | "normal" => Gaussian
}

spikebench::conforms!(surrogate "gaussian");
