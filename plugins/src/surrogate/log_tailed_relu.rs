//! The rectifier with a logarithmic tail.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `alpha` up to the threshold, 1 up to a distance of 1 above it, `1 / u` beyond; infinite area (Cai et al. 2017; SpikingJelly's
/// `LogTailedReLU`, `alpha = 0`: no gradient below the threshold).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LogTailedRelu {
    /// The gradient below the threshold.
    #[serde(alias = "leak")]
    alpha: f64,
}

impl Default for LogTailedRelu {
    fn default() -> Self {
        Self { alpha: 0.0 }
    }
}

impl Surrogate for LogTailedRelu {
    fn derivative<R: Real>(&self, u: R) -> R {
        let above = u.max(R::from(1.0)).recip();
        R::select(R::from(0.0).below(u), above, R::from(self.alpha))
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some(if u <= 0.0 {
            self.alpha * u
        } else {
            u.min(1.0) + u.max(1.0).ln()
        })
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless(
            self.alpha >= 0.0,
            "alpha",
            self.alpha,
            "must not be negative",
        )
    }
}

register! {
    /// Rectifier with a logarithmic tail (SpikingJelly).
    surrogate "log-tailed-relu" => LogTailedRelu
}

spikebench::conforms!(surrogate "log-tailed-relu");
