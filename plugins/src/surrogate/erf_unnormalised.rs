//! The derivative of the error function in Norse's scaling.

use std::f64::consts::FRAC_2_SQRT_PI;

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `(2 / √π) · exp(−(k u)²)`; area `2 / k` (Norse's `heavi_erfc`; its default `k = 100` is Norse's for every
/// surrogate).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ErfUnnormalised {
    /// The steepness, per unit of potential.
    #[serde(alias = "slope", alias = "alpha")]
    k: f64,
}

impl Default for ErfUnnormalised {
    fn default() -> Self {
        Self { k: 100.0 }
    }
}

impl Surrogate for ErfUnnormalised {
    #[inline(always)]
    fn derivative<R: Real>(&self, u: R) -> R {
        let x = u * self.k;
        (-(x * x)).exp() * FRAC_2_SQRT_PI
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("k", self.k)
    }
}

register! {
    /// Gaussian with peak 2/√π (Norse's heavi_erfc).
    surrogate "erf-unnormalised" | "heavi-erfc" => ErfUnnormalised
}

spikebench::conforms!(surrogate "erf-unnormalised");
