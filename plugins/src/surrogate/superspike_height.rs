//! The function that SpikingJelly calls SuperSpike.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `alpha / (1 + |u|)²`: `alpha` is a height and the width is fixed, area `2 alpha` (SpikingJelly's `SuperSpike`,
/// `alpha = 1`). Norse 1.1.0 has a bug: it computes this with `alpha = 1` whatever it is given. SuperSpike as
/// defined by its authors is `superspike`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SuperSpikeHeight {
    /// The height.
    #[serde(alias = "height")]
    alpha: f64,
}

impl Default for SuperSpikeHeight {
    fn default() -> Self {
        Self { alpha: 1.0 }
    }
}

impl Surrogate for SuperSpikeHeight {
    fn derivative<R: Real>(&self, u: R) -> R {
        let x = u.abs() + 1.0;
        R::from(self.alpha) / (x * x)
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some(self.alpha * u / (1.0 + u.abs()))
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("alpha", self.alpha)
    }
}

register! {
    /// Fast sigmoid with fixed width and height `alpha` (SpikingJelly's SuperSpike).
    surrogate "superspike-height" => SuperSpikeHeight
}

spikebench::conforms!(surrogate "superspike-height");
