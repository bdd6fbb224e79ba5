//! A confidence interval and its confidence level.

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
    /// Whether `value` lies within the interval, ends included.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// A confidence level, strictly between 0 and 1: the probability with which an interval is meant to cover the truth.
///
/// ```
/// use spikebench_stats::interval::Level;
///
/// assert_eq!(Level::of(1.0 - 0.05), Level::P95);
/// // Five intervals that cover their five truths together with a probability of 95 %.
/// assert!((Level::simultaneous(0.05, 5).value() - 0.99).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Level(f64);

impl Level {
    /// 95 %.
    pub const P95: Self = Self(0.95);

    /// The level `value`, as a fraction such as `0.95`. `None` unless both it and its complement lie strictly between
    /// 0 and 1.
    pub fn new(value: f64) -> Option<Self> {
        (value > 0.0 && value < 1.0 && 1.0 - value < 1.0).then_some(Self(value))
    }

    /// The level `confidence`, moved between [`f64::EPSILON`] and its complement. A NaN claims the least: it gives the
    /// lowest level.
    ///
    /// The interval that belongs to a test at level alpha has the confidence `1 - alpha`.
    pub fn of(confidence: f64) -> Self {
        let (least, most) = (f64::EPSILON, 1.0 - f64::EPSILON);
        if confidence.is_nan() {
            return Self(least);
        }
        Self(confidence.clamp(least, most))
    }

    /// The level of each of `comparisons` intervals that are to cover *all* their truths together with a probability of
    /// at least `1 - alpha`: `1 - alpha / comparisons`.
    ///
    /// This is Bonferroni's inequality. It needs no independence, and so it also holds for several methods that share
    /// one baseline. Such intervals agree with a Bonferroni correction of the p values, not with Holm's: a difference
    /// that Holm's method finds significant may have a simultaneous interval that contains 0. No comparisons count as
    /// one.
    pub fn simultaneous(alpha: f64, comparisons: usize) -> Self {
        Self::of(1.0 - alpha / comparisons.max(1) as f64)
    }

    /// The level as a fraction such as `0.95`.
    pub fn value(self) -> f64 {
        self.0
    }

    /// The probability that the level leaves to both tails together: `1 - level`.
    pub fn alpha(self) -> f64 {
        1.0 - self.0
    }
}

/// The error of a number that is not a [`Level`].
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
    use proptest::prelude::*;

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
    fn any_confidence_is_kept_between_zero_and_one() {
        assert_eq!(Level::of(1.0 - 0.05), Level::P95);
        assert_eq!(Level::of(0.9).value(), 0.9);
        for extreme in [-1.0, 0.0, 1e-300, f64::NAN, 1.0, 95.0, f64::INFINITY] {
            let level = Level::of(extreme);
            assert_eq!(Level::new(level.value()), Some(level), "{extreme}");
            assert_eq!(level.value() > 0.5, extreme >= 1.0, "{extreme}");
        }
    }

    #[test]
    fn simultaneous_levels_share_alpha_among_the_comparisons() {
        assert_eq!(Level::simultaneous(0.05, 0), Level::P95);
        assert_eq!(Level::simultaneous(0.05, 1), Level::P95);
        for comparisons in [2, 3, 10, 1_000] {
            let level = Level::simultaneous(0.05, comparisons);
            let together = level.alpha() * comparisons as f64;
            assert!((together - 0.05).abs() < 1e-12, "{comparisons}");
        }
    }

    proptest! {
        #[test]
        fn every_level_of_a_fraction_is_that_fraction(fraction in 1e-9..0.999_999_999_f64) {
            prop_assert_eq!(Level::of(fraction).value(), fraction);
        }
    }

    #[test]
    fn a_level_is_read_from_a_number_and_a_percentage_is_refused() {
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
