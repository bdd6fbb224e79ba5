//! The derivative of the arctangent.

use std::f64::consts::{FRAC_PI_2, PI};

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `(alpha / 2) / (1 + (π alpha u / 2)²)`; area 1, peak `alpha / 2` (Fang et al. 2021; the default of snnTorch,
/// whose documentation states another peak than its code has; with `alpha = 2` it is ILC-SAN's `1 / (1 + (π u)²)`).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ATan {
    /// Twice the peak, per unit of potential.
    #[serde(alias = "slope", alias = "k")]
    alpha: f64,
}

impl Default for ATan {
    fn default() -> Self {
        Self { alpha: 2.0 }
    }
}

impl Surrogate for ATan {
    fn derivative<R: Real>(&self, u: R) -> R {
        let x = u * (FRAC_PI_2 * self.alpha);
        R::from(self.alpha / 2.0) / (x * x + 1.0)
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some((u * FRAC_PI_2 * self.alpha).atan() / PI)
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("alpha", self.alpha)
    }
}

register! {
    /// Derivative of the arctangent, of unit area (SpikingJelly, snnTorch, ILC-SAN).
    surrogate "atan" | "arctan" => ATan
}

spikebench::conforms!(surrogate "atan");
