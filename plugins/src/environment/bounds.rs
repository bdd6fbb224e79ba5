//! Ranges among the parameters of the tasks, and the rules for their numbers.

use std::fmt;

use serde::{Deserialize, Serialize};
use spikebench::api::ParameterError;

/// An interval, written `[low, high]` in a suite. `null` means no bound, because JSON has no infinity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a list of two numbers, lowest and highest")]
pub struct Range(
    /// The lower bound.
    pub Option<f64>,
    /// The upper bound.
    pub Option<f64>,
);

impl Range {
    /// Whether `value` is finite and lies strictly between the bounds.
    pub(super) fn contains(self, value: f64) -> bool {
        self.low() < value && value < self.high()
    }

    /// Whether `value` lies within the interval, bounds included.
    pub(super) fn includes(self, value: f64) -> bool {
        self.low() <= value && value <= self.high()
    }

    /// The nearest value within the interval, bounds included; NaN stays NaN.
    pub(super) fn clip(self, value: f64) -> f64 {
        value.clamp(self.low(), self.high())
    }

    /// Rejects an empty range as the parameter `field`.
    pub(super) fn check(self, field: &str) -> Result<(), ParameterError> {
        ParameterError::unless(
            self.low() < self.high(),
            field,
            self,
            "must have its lower bound below its upper bound",
        )
    }

    fn low(self) -> f64 {
        self.0.unwrap_or(f64::NEG_INFINITY)
    }

    fn high(self) -> f64 {
        self.1.unwrap_or(f64::INFINITY)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {}]", self.low(), self.high())
    }
}

/// Rejects a `value` of the parameter `field` that is infinite or NaN.
pub(super) fn check_finite(field: &str, value: f64) -> Result<(), ParameterError> {
    ParameterError::unless(value.is_finite(), field, value, "must be finite")
}

/// Rejects a `value` of the parameter `field` that is negative, infinite or NaN.
pub(super) fn check_magnitude(field: &str, value: f64) -> Result<(), ParameterError> {
    ParameterError::unless(
        value.is_finite() && value >= 0.0,
        field,
        value,
        "must be finite and not negative",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strictly_within_excludes_the_bounds_and_null_means_no_bound() {
        let range: Range = serde_json::from_str("[0.7, null]").unwrap();
        assert_eq!(range, Range(Some(0.7), None));
        assert!(range.contains(0.8) && range.contains(1e300));
        assert!(
            !range.contains(0.7) && !range.contains(f64::INFINITY) && !range.contains(f64::NAN)
        );
        assert_eq!(serde_json::to_string(&range).unwrap(), "[0.7,null]");
    }

    #[test]
    fn the_bounds_of_a_range_are_included_only_on_request() {
        let range = Range(Some(0.2), Some(1.0));
        assert!(range.includes(0.2) && range.includes(1.0) && !range.includes(1.1));
        assert!(!range.contains(0.2) && !range.contains(1.0));
        assert_eq!(
            [-3.0, 0.5, 3.0].map(|value| range.clip(value)),
            [0.2, 0.5, 1.0]
        );
    }
}
