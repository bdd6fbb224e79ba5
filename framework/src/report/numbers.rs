//! Numbers as a reader wants them.

use crate::stats::interval::{Interval, Level};
use crate::stats::test::Test;

/// What stands where there is no number.
pub const NONE: &str = "–";

/// Four significant digits or one decimal, whichever is fewer characters at this magnitude.
pub fn score(value: f64) -> String {
    let text = match value.abs() {
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        size if size >= 0.001 || size == 0.0 => format!("{value:.3}"),
        _ => format!("{value:.1e}"),
    };
    text.replace('-', "−")
}

/// With its sign, for differences.
pub fn signed(value: f64) -> String {
    if value > 0.0 {
        format!("+{}", score(value))
    } else {
        score(value)
    }
}

/// The title of the interval that goes with a test at `alpha`: `95 % CI`.
pub fn interval_title(test: Test, alpha: f64) -> String {
    let percent = |level: Level| (1e4 * level.value()).round() / 100.0;
    let level = test.interval_level(alpha);
    level.map_or("CI".into(), |level| format!("{} % CI", percent(level)))
}

/// `[low, high]`.
pub fn interval(interval: &Interval) -> String {
    format!("[{}, {}]", score(interval.low), score(interval.high))
}

/// A p value.
pub fn p(value: f64) -> String {
    if value < 0.0001 {
        "<0.0001".into()
    } else {
        format!("{value:.4}")
    }
}
