//! The golden values in `tests/golden/stats`, each file beside the script that computed it by scipy and others.

use serde::de::DeserializeOwned;
use serde_json::Value;

const FILES: [&str; 8] = [
    include_str!("../../../tests/golden/stats/stats.json"),
    include_str!("../../../tests/golden/stats/groups.json"),
    include_str!("../../../tests/golden/stats/across.json"),
    include_str!("../../../tests/golden/stats/bayes.json"),
    include_str!("../../../tests/golden/stats/curves.json"),
    include_str!("../../../tests/golden/stats/times.json"),
    include_str!("../../../tests/golden/stats/permuted.json"),
    include_str!("../../../tests/golden/stats/power.json"),
];

/// The cases filed under `name`; fails when there are none.
pub(super) fn cases<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let find = |text: &&str| {
        let mut all: Value = serde_json::from_str(text).expect("a golden file is JSON");
        all.get_mut(name).map(Value::take)
    };
    let value = FILES.iter().find_map(find).unwrap_or_default();
    let cases: Vec<T> = serde_json::from_value(value)
        .unwrap_or_else(|error| panic!("failed to read the golden cases of {name}: {error}"));
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
