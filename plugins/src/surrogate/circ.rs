//! The derivative of Norse's circle-like step.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `alpha³ / (alpha² + u²)^(3/2)`; peak 1, area `2 alpha` (Norse's `circ`). With Norse's default for all surrogates, 100, it
/// is flat over all potentials that occur; the default here is therefore 1.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Circ {
    /// The width, which is half of the area.
    #[serde(alias = "k")]
    alpha: f64,
}

impl Default for Circ {
    fn default() -> Self {
        Self { alpha: 1.0 }
    }
}

impl Surrogate for Circ {
    #[inline(always)]
    fn derivative<R: Real>(&self, u: R) -> R {
        let x = u / self.alpha;
        let square = x * x + 1.0;
        (square * square.sqrt()).recip()
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some(self.alpha * u / (self.alpha * self.alpha + u * u).sqrt())
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("alpha", self.alpha)
    }
}

register! {
    /// Falls with the third power of the distance; peak 1 (Norse).
    surrogate "circ" => Circ
}

spikebench::conforms!(surrogate "circ");
