//! An interval, and the confidence that goes with it.

use serde::{Deserialize, Serialize};

/// The two ends of an interval, in the unit of the scores; `low <= high`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether `value` lies within the interval, its ends included.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// How often an interval is meant to cover the truth: strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Level(f64);

impl Level {
    /// 95 %.
    pub const P95: Self = Self(0.95);

    /// The level `value`, as a fraction: `0.95`. `None` unless it and what it leaves lie strictly between 0 and 1.
    pub fn new(value: f64) -> Option<Self> {
        (value > 0.0 && value < 1.0 && 1.0 - value < 1.0).then_some(Self(value))
    }

    /// The level as a fraction: `0.95`.
    pub fn value(self) -> f64 {
        self.0
    }

    /// What the level leaves to both tails together: `1 - level`.
    pub fn alpha(self) -> f64 {
        1.0 - self.0
    }
}

/// Why a number is not a [`Level`].
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{0} must lie strictly between 0 and 1")]
pub struct NotALevel(pub f64);

impl TryFrom<f64> for Level {
    type Error = NotALevel;

    fn try_from(value: f64) -> Result<Self, NotALevel> {
        Self::new(value).ok_or(NotALevel(value))
    }
}

impl From<Level> for f64 {
    fn from(level: Level) -> f64 {
        level.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_lies_strictly_between_zero_and_one() {
        for wrong in [0.0, 1.0, -0.1, 95.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Level::new(wrong), None, "{wrong}");
        }
        assert_eq!(Level::new(0.95), Some(Level::P95));
        // What would round to an alpha of 0 or of 1 must not pass either.
        for value in [
            f64::EPSILON / 2.0,
            f64::MIN_POSITIVE,
            1.0 - f64::EPSILON / 2.0,
        ] {
            assert!(
                Level::new(value).is_none_or(|level| level.alpha() > 0.0 && level.alpha() < 1.0)
            );
        }
    }

    #[test]
    fn a_level_is_read_from_a_number_and_refuses_a_percentage() {
        assert_eq!(serde_json::from_str::<Level>("0.95").unwrap(), Level::P95);
        assert_eq!(serde_json::to_string(&Level::P95).unwrap(), "0.95");
        let message = serde_json::from_str::<Level>("95").unwrap_err().to_string();
        assert!(
            message.contains("95 must lie strictly between 0 and 1"),
            "{message}"
        );
    }

    #[test]
    fn an_interval_contains_its_ends_and_nothing_beyond() {
        let interval = Interval {
            low: -1.0,
            high: 2.0,
        };
        assert!(interval.contains(-1.0) && interval.contains(2.0));
        assert!(
            !interval.contains(-1.1) && !interval.contains(2.1) && !interval.contains(f64::NAN)
        );
    }
}
