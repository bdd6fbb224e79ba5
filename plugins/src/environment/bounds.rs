//! Ranges among the parameters of the tasks, and what their numbers must be.

use std::fmt;

use serde::{Deserialize, Serialize};
use spikebench::api::ParameterError;

/// An interval, as `[low, high]` in a suite; `null` stands for no bound, since JSON has no infinity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a list of two numbers, lowest and highest")]
pub struct Range(
    /// The lower end.
    pub Option<f64>,
    /// The upper end.
    pub Option<f64>,
);

impl Range {
    /// Whether `value` lies strictly within. Only a finite number can.
    pub(super) fn contains(self, value: f64) -> bool {
        self.low() < value && value < self.high()
    }

    /// Whether `value` lies within, the ends included.
    pub(super) fn includes(self, value: f64) -> bool {
        self.low() <= value && value <= self.high()
    }

    /// The nearest value within, the ends included. What is not a number stays so.
    pub(super) fn clip(self, value: f64) -> f64 {
        value.clamp(self.low(), self.high())
    }

    /// Refuses a range, the parameter `field`, that holds no number.
    pub(super) fn check(self, field: &str) -> Result<(), ParameterError> {
        ParameterError::unless(
            self.low() < self.high(),
            field,
            self,
            "must have its lower bound below its upper one",
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

/// Refuses a `value` of the parameter `field` that is infinite or not a number.
pub(super) fn check_finite(field: &str, value: f64) -> Result<(), ParameterError> {
    ParameterError::unless(value.is_finite(), field, value, "must be finite")
}

/// Refuses a `value` of the parameter `field` that is negative, infinite or not a number.
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
    fn a_range_is_open_and_null_is_no_bound() {
        let range: Range = serde_json::from_str("[0.7, null]").unwrap();
        assert_eq!(range, Range(Some(0.7), None));
        assert!(range.contains(0.8) && range.contains(1e300));
        assert!(
            !range.contains(0.7) && !range.contains(f64::INFINITY) && !range.contains(f64::NAN)
        );
        assert_eq!(serde_json::to_string(&range).unwrap(), "[0.7,null]");
    }

    #[test]
    fn the_ends_of_a_range_are_included_only_where_that_is_asked_for() {
        let range = Range(Some(0.2), Some(1.0));
        assert!(range.includes(0.2) && range.includes(1.0) && !range.includes(1.1));
        assert!(!range.contains(0.2) && !range.contains(1.0));
        assert_eq!(
            [-3.0, 0.5, 3.0].map(|value| range.clip(value)),
            [0.2, 0.5, 1.0]
        );
    }
}
