//! The surrogate `my-component`.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};

/// `1 / (1 + (slope · u)²)`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MyComponent {
    slope: f64,
}

impl Default for MyComponent {
    fn default() -> Self {
        Self { slope: 2.0 }
    }
}

impl Surrogate for MyComponent {
    /// `u` is the membrane potential minus the threshold.
    fn derivative<R: Real>(&self, u: R) -> R {
        1.0 / (1.0 + (self.slope * u).powi(2))
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("slope", self.slope)
    }
}

spikebench::register! {
    /// Falls with the square of the distance from the threshold.
    surrogate "my-component" => MyComponent
}

spikebench::conforms!(surrogate "my-component");
