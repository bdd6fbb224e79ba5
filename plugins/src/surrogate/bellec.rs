//! The damped triangle of LSNN and e-prop.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `damping / v_threshold · max(0, 1 − |u| / v_threshold)`; area `damping` (Bellec et al. 2018; 0.3 is LSNN's and
/// e-prop's). `v_threshold` is a parameter, because a surrogate does not see the neuron's.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Bellec {
    #[serde(alias = "gamma")]
    damping: f64,
    #[serde(alias = "threshold", alias = "v_th")]
    v_threshold: f64,
}

impl Default for Bellec {
    fn default() -> Self {
        Self {
            damping: 0.3,
            v_threshold: 1.0,
        }
    }
}

impl Surrogate for Bellec {
    fn derivative<R: Real>(&self, u: R) -> R {
        let relative = u.abs() / self.v_threshold;
        (R::from(1.0) - relative).clamp(0.0, 1.0) * (self.damping / self.v_threshold)
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        let x = (u.abs() / self.v_threshold).min(1.0);
        Some((x - x * x / 2.0) * self.damping * u.signum())
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("damping", self.damping)?;
        ParameterError::unless_positive("v_threshold", self.v_threshold)
    }
}

register! {
    /// Triangle of half-width `v_threshold`, damped (LSNN, e-prop).
    surrogate "bellec" | "triangular-damped" => Bellec
}

spikebench::conforms!(surrogate "bellec");
