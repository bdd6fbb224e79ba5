//! The straight-through estimator.

use serde::{Deserialize, Serialize};
use spikebench::api::{Real, Surrogate};
use spikebench::register;

/// 1 everywhere; infinite area (Bengio et al. 2013; snnTorch's `straight_through_estimator`, SpikingJelly's
/// `DeterministicPass`).
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StraightThrough {}

impl Surrogate for StraightThrough {
    fn derivative<R: Real>(&self, _: R) -> R {
        R::from(1.0)
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        Some(u)
    }
}

register! {
    /// One everywhere: the straight-through estimator.
    surrogate "straight-through" | "ste" | "straight-through-estimator" => StraightThrough
}

spikebench::conforms!(surrogate "straight-through");
