//! The leaky rectifier.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `k` at and above the threshold, `leak` below; infinite area (SpikingJelly's `LeakyKReLU`, `leak = 0`, `k = 1`;
/// BrainCog's `ReLUGrad`, `k = 2`; snnTorch's leaky spike operator, `leak = 0.1`).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LeakyRelu {
    /// The gradient below the threshold.
    #[serde(alias = "slope")]
    leak: f64,
    /// The gradient above it.
    #[serde(alias = "alpha")]
    k: f64,
}

impl Default for LeakyRelu {
    fn default() -> Self {
        Self { leak: 0.0, k: 1.0 }
    }
}

impl Surrogate for LeakyRelu {
    fn derivative<R: Real>(&self, u: R) -> R {
        R::select(u.below(R::from(0.0)), R::from(self.leak), R::from(self.k))
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some(u * if u < 0.0 { self.leak } else { self.k })
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless(self.leak >= 0.0, "leak", self.leak, "must not be negative")?;
        ParameterError::unless_positive("k", self.k)
    }
}

register! {
    /// One constant below the threshold and another above it (SpikingJelly's LeakyKReLU).
    surrogate "leaky-relu" | "leaky-k-relu" => LeakyRelu
}

register! {
    /// 0.1 below the threshold, 1 above (snnTorch's LSO).
    surrogate "leaky-spike-operator" | "lso" => LeakyRelu { "leak": 0.1 }
}

spikebench::conforms!(surrogate "leaky-relu", "leaky-spike-operator");
