//! The values of `tests/golden/stats/stats.json`, computed by scipy, numpy, statsmodels and mpmath (`make.py` beside it).

use serde::de::DeserializeOwned;
use serde_json::Value;

const STATS: &str = include_str!("../../../tests/golden/stats/stats.json");

/// The cases filed under `name`; fails when there are none.
pub(super) fn cases<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let mut all: Value = serde_json::from_str(STATS).expect("stats.json is JSON");
    let cases: Vec<T> = serde_json::from_value(all[name].take())
        .unwrap_or_else(|error| panic!("failed to read {name} in stats.json: {error}"));
    assert!(!cases.is_empty(), "no golden cases for {name}");
    cases
}

/// Fails unless `actual` is within `relative` of `expected`; an expected 0 must be met to within `relative` itself.
#[track_caller]
pub(super) fn assert_close(actual: f64, expected: f64, relative: f64) {
    let scale = if expected == 0.0 { 1.0 } else { expected.abs() };
    let error = (actual - expected).abs() / scale;
    assert!(
        error <= relative,
        "{actual:?} is not {expected:?}: relative difference {error:e}"
    );
}
