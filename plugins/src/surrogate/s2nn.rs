//! The surrogate of S2NN.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `alpha S(alpha u) S(−alpha u)` below the threshold, `beta / (u + 1)` at and above it; infinite area (Suetake et
/// al. 2022; SpikingJelly's `S2NN`, `alpha = 4`, `beta = 1`).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct S2nn {
    /// The steepness below the threshold.
    #[serde(alias = "slope")]
    alpha: f64,
    /// The height above the threshold.
    beta: f64,
}

impl Default for S2nn {
    fn default() -> Self {
        Self {
            alpha: 4.0,
            beta: 1.0,
        }
    }
}

impl Surrogate for S2nn {
    #[inline(always)]
    fn derivative<R: Real>(&self, u: R) -> R {
        let below = (u * self.alpha).sigmoid() * (-u * self.alpha).sigmoid() * self.alpha;
        let above = R::from(self.beta) / (u + 1.0);
        R::select(u.below(R::from(0.0)), below, above)
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some(if u < 0.0 {
            (u * self.alpha).sigmoid()
        } else {
            0.5 + self.beta * (1.0 + u).ln()
        })
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("alpha", self.alpha)?;
        ParameterError::unless_positive("beta", self.beta)
    }
}

register! {
    /// Derivative of the logistic function below the threshold, hyperbola above (SpikingJelly).
    surrogate "s2nn" => S2nn
}

spikebench::conforms!(surrogate "s2nn");
