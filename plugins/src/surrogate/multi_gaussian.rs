//! A bell curve with negative shoulders.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

use super::normal_density::normal_density;

/// `scale · [(1 + h) N(u; 0, σ) − h N(u; σ, s σ) − h N(u; −σ, s σ)]`; area `scale · (1 − h)` (Yin et al. 2021: h
/// 0.15, s 6, σ 0.5; Sinabs' `MultiGaussian`).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MultiGaussian {
    /// The standard deviation of the central bell curve.
    #[serde(alias = "mu", alias = "lens")]
    sigma: f64,
    /// The weight of the shoulders.
    h: f64,
    /// How many times wider the shoulders are than the centre.
    s: f64,
    #[serde(alias = "grad_scale")]
    scale: f64,
}

impl Default for MultiGaussian {
    fn default() -> Self {
        Self {
            sigma: 0.5,
            h: 0.15,
            s: 6.0,
            scale: 1.0,
        }
    }
}

impl Surrogate for MultiGaussian {
    #[inline(always)]
    fn derivative<R: Real>(&self, u: R) -> R {
        let wide = self.s * self.sigma;
        let middle = normal_density(u, 0.0, self.sigma) * (1.0 + self.h);
        let right = normal_density(u, self.sigma, wide);
        let left = normal_density(u, -self.sigma, wide);
        (middle - (right + left) * self.h) * self.scale
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("sigma", self.sigma)?;
        ParameterError::unless(self.h >= 0.0, "h", self.h, "must not be negative")?;
        ParameterError::unless_positive("s", self.s)?;
        ParameterError::unless_positive("scale", self.scale)
    }
}

register! {
    /// Gaussian with negative shoulders (Yin et al. 2021).
    surrogate "multi-gaussian" => MultiGaussian
}

spikebench::conforms!(surrogate "multi-gaussian");
