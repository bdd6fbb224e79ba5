//! A surrogate that panics on demand.

use serde::{Deserialize, Serialize};
use spikebench::api::{Real, Surrogate};

#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Panics {
    #[default]
    Never,
    InDerivative,
    InDestructor,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FaultySurrogate {
    panics: Panics,
}

impl Surrogate for FaultySurrogate {
    fn derivative<R: Real>(&self, u: R) -> R {
        assert!(
            self.panics != Panics::InDerivative,
            "the slope is too steep"
        );
        R::from(1.0) / (u * u + 1.0)
    }
}

impl Drop for FaultySurrogate {
    fn drop(&mut self) {
        assert!(
            self.panics != Panics::InDestructor,
            "it does not want to go"
        );
    }
}

spikebench::register! {
    /// Panics on demand.
    surrogate "faulty-surrogate" => FaultySurrogate
}
