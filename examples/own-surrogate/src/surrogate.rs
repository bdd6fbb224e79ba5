//! A surrogate gradient: a raised cosine.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `height · (1 + cos(π u / half_width)) / 2` for `|u| < half_width`, and 0 elsewhere.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RaisedCosine {
    half_width: f64,
    height: f64,
}

impl Default for RaisedCosine {
    fn default() -> Self {
        Self {
            half_width: 1.0,
            height: 1.0,
        }
    }
}

impl Surrogate for RaisedCosine {
    /// `u` is the membrane potential minus the threshold.
    fn derivative<R: Real>(&self, u: R) -> R {
        let phase = (u / self.half_width).clamp(-1.0, 1.0) * PI;
        (phase.cos() + 1.0) * (self.height / 2.0)
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("half_width", self.half_width)?;
        ParameterError::unless_positive("height", self.height)
    }
}

register! {
    /// A raised cosine of the given height that ends at `half_width`.
    surrogate "raised-cosine" => RaisedCosine
}

spikebench::conforms!(surrogate "raised-cosine");
