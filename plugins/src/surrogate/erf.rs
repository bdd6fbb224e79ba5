//! The derivative of the error function.

use std::f64::consts::FRAC_2_SQRT_PI;

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `(alpha / √π) · exp(−(alpha u)²)`; area 1: a Gaussian of standard deviation `1 / (alpha √2)` (SpikingJelly's
/// `Erf`, `alpha = 2`).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Erf {
    /// The steepness, per unit of potential.
    #[serde(alias = "slope", alias = "k")]
    alpha: f64,
}

impl Default for Erf {
    fn default() -> Self {
        Self { alpha: 2.0 }
    }
}

impl Surrogate for Erf {
    #[inline(always)]
    fn derivative<R: Real>(&self, u: R) -> R {
        let x = u * self.alpha;
        (-(x * x)).exp() * (self.alpha * FRAC_2_SQRT_PI / 2.0)
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("alpha", self.alpha)
    }
}

register! {
    /// Gaussian of unit area, parametrised by its steepness (SpikingJelly).
    surrogate "erf" | "erfc" => Erf
}

spikebench::conforms!(surrogate "erf");
