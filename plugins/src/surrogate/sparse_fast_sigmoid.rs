//! The fast sigmoid without its lower part.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `1 / (1 + slope |u|)²` where `u > bound`, zero elsewhere (snnTorch's `SFS`; its defaults, slope 25 and bound 1,
/// leave a gradient only far above the threshold).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SparseFastSigmoid {
    /// The steepness, per unit of potential.
    #[serde(alias = "alpha", alias = "k")]
    slope: f64,
    /// The distance from the threshold above which there is a gradient.
    #[serde(alias = "b", alias = "B")]
    bound: f64,
}

impl Default for SparseFastSigmoid {
    fn default() -> Self {
        Self {
            slope: 25.0,
            bound: 1.0,
        }
    }
}

impl Surrogate for SparseFastSigmoid {
    fn derivative<R: Real>(&self, u: R) -> R {
        let x = u.abs() * self.slope + 1.0;
        R::select(R::from(self.bound).below(u), (x * x).recip(), R::from(0.0))
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        let integral = |u: f64| u / (1.0 + self.slope * u.abs());
        Some(integral(u.max(self.bound)))
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("slope", self.slope)
    }
}

register! {
    /// Fast sigmoid above `bound` only (snnTorch's SFS).
    surrogate "sparse-fast-sigmoid" | "sfs" => SparseFastSigmoid
}

spikebench::conforms!(surrogate "sparse-fast-sigmoid");
