//! The derivative of the fast sigmoid, which is SuperSpike as defined by its authors.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `1 / (1 + slope |u|)²`; peak 1, area `2 / slope` (Zenke and Ganguli 2018). snnTorch and Spyx use `slope = 25`, Norse 100.
/// SpikingJelly's class `SuperSpike` is another function: `superspike-height`. The annealed preset goes from slope 1 to 100
/// by equal factors, the range of slopes in arXiv 2510.24461; the schedule of that paper is not known here.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FastSigmoid {
    /// The steepness, per unit of potential.
    #[serde(alias = "alpha", alias = "beta", alias = "k")]
    slope: f64,
}

impl Default for FastSigmoid {
    fn default() -> Self {
        Self { slope: 25.0 }
    }
}

impl Surrogate for FastSigmoid {
    fn derivative<R: Real>(&self, u: R) -> R {
        let x = u.abs() * self.slope + 1.0;
        (x * x).recip()
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some(u / (1.0 + self.slope * u.abs()))
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("slope", self.slope)
    }
}

register! {
    /// Derivative of the fast sigmoid; peak 1 (snnTorch).
    surrogate "fast-sigmoid" => FastSigmoid
}

register! {
    /// Fast sigmoid with Norse's width: SuperSpike as defined by Zenke and Ganguli.
    surrogate "superspike" | "super" => FastSigmoid { "slope": 100.0 }
}

register! {
    /// Fast sigmoid whose slope grows from 1 to 100 over training.
    surrogate "annealed-fast-sigmoid" | "annealed" => FastSigmoid { "slope": 1.0, "anneal": {"from": 1.0, "to": 0.01, "curve": "exponential"} }
}

spikebench::conforms!(surrogate "fast-sigmoid", "superspike", "annealed-fast-sigmoid");
