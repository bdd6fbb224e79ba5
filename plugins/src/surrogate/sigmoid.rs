//! The derivative of the logistic function.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `alpha · S(alpha u) · S(−alpha u)` with `S(x) = 1 / (1 + exp(−x))`; area 1, peak `alpha / 4`. SpikingJelly's
/// default is `alpha = 4`, snnTorch's `slope = 25`, BrainCog's 1; all mean the same parameter.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sigmoid {
    /// The steepness, per unit of potential.
    #[serde(alias = "slope", alias = "k")]
    alpha: f64,
}

impl Default for Sigmoid {
    fn default() -> Self {
        Self { alpha: 4.0 }
    }
}

impl Surrogate for Sigmoid {
    #[inline(always)]
    fn derivative<R: Real>(&self, u: R) -> R {
        (u * self.alpha).sigmoid() * (-u * self.alpha).sigmoid() * self.alpha
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some((u * self.alpha).sigmoid())
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("alpha", self.alpha)
    }
}

register! {
    /// Derivative of the logistic function (SpikingJelly, snnTorch).
    surrogate "sigmoid" => Sigmoid
}

spikebench::conforms!(surrogate "sigmoid");
