//! Summaries of one sample: mean, standard deviation, median, interquartile mean and quantiles.
//!
//! Sources: the standard deviation divides by n − 1 (`numpy.std(ddof=1)`); the quantile is type 7 of Hyndman and Fan,
//! "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996), the default of numpy and R; the
//! interquartile mean is `aggregate_iqm` of rliable (Agarwal et al., "Deep Reinforcement Learning at the Edge of the
//! Statistical Precipice", NeurIPS 2021, arXiv:2108.13264), which is `scipy.stats.trim_mean(scores, 0.25)`.

use serde::{Deserialize, Serialize};

/// The largest magnitude that a score may have; see [`stats`](super). Squares and sums of scores up to it stay finite.
pub const LARGEST: f64 = 1e150;

/// A summary of the scores of one cell's runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many values there are; at least one.
    pub n: usize,
    /// The arithmetic mean.
    pub mean: f64,
    /// The standard deviation of the sample, with n − 1; `None` for a single value.
    pub std: Option<f64>,
    /// The middle value, or the mean of the two middle ones.
    pub median: f64,
    /// The interquartile mean; see [`iqm`].
    pub iqm: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
}

impl Summary {
    /// Summarises `values`, whose order does not matter. `None` if they are not a sample: empty, or one of them is NaN
    /// or beyond [`LARGEST`].
    ///
    /// ```
    /// use spikebench_stats::describe::Summary;
    ///
    /// let summary = Summary::of(&[0.0, 1.0, 2.0, 3.0, 100.0]).unwrap();
    /// assert_eq!((summary.mean, summary.median, summary.iqm), (21.2, 2.0, 2.0));
    /// assert_eq!(Summary::of(&[7.0]).unwrap().std, None);
    /// assert_eq!(Summary::of(&[]), None);
    /// ```
    pub fn of(values: &[f64]) -> Option<Self> {
        let sorted = sorted(values)?;
        Some(Self {
            n: sorted.len(),
            mean: mean_of(&sorted),
            std: (sorted.len() > 1).then(|| std_of(&sorted)),
            median: quantile_of(&sorted, 0.5),
            iqm: iqm_of(&sorted),
            min: sorted[0],
            max: sorted[sorted.len() - 1],
        })
    }
}

/// The arithmetic mean; `None` if `values` are not a sample.
///
/// Computed in two passes, so that it is good to the last digits whatever the offset, exact for constant values, and
/// never outside the range of the values.
pub fn mean(values: &[f64]) -> Option<f64> {
    is_sample(values).then(|| mean_of(values))
}

/// The standard deviation with n − 1; `None` for fewer than two values or if they are not a sample.
pub fn std(values: &[f64]) -> Option<f64> {
    (is_sample(values) && values.len() > 1).then(|| std_of(values))
}

/// The median; `None` if `values` are not a sample.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The interquartile mean: the mean of the values that remain after ⌊n/4⌋ are dropped at each end. `None` if `values` are
/// not a sample.
///
/// It is as robust as a median against one failed seed but varies less. Below four values nothing is dropped, and it is
/// the plain mean.
pub fn iqm(values: &[f64]) -> Option<f64> {
    sorted(values).map(|sorted| iqm_of(&sorted))
}

/// The quantile of type 7 at `q`: linear between the order statistics around position `q (n − 1)`, counted from 0.
/// `None` if `values` are not a sample or `q` lies outside `[0, 1]`.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&q) {
        return None;
    }
    sorted(values).map(|sorted| quantile_of(&sorted, q))
}

/// Whether there is at least one value, and every value is a usable score.
pub(super) fn is_sample(values: &[f64]) -> bool {
    !values.is_empty() && values.iter().all(|value| value.abs() <= LARGEST)
}

/// The values in ascending order; `None` if they are not a sample.
pub(super) fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    is_sample(values).then(|| {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted
    })
}

/// A spread or a difference of up to this fraction of the largest score is rounding, not variance: 0.1 + 0.2 and 0.3
/// are the same score.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// The largest difference between scores of two samples that is only rounding.
pub(super) fn rounding_of(a: &[f64], b: &[f64]) -> f64 {
    let larger = |most: f64, value: &f64| most.max(value.abs());
    ROUNDING * a.iter().chain(b).fold(0.0, larger)
}

/// Two samples counted from one of their scores, so that an offset common to all costs a difference no digits.
pub(super) fn from_common_origin(a: &[f64], b: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let origin = a[0];
    let moved = |values: &[f64]| values.iter().map(|value| value - origin).collect();
    (moved(a), moved(b))
}

/// The largest value less the smallest, of a sample.
pub(super) fn range_of(values: &[f64]) -> f64 {
    let (low, high) = extremes_of(values);
    high - low
}

fn extremes_of(values: &[f64]) -> (f64, f64) {
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    let wider = |(low, high): (f64, f64), &value: &f64| (low.min(value), high.max(value));
    values.iter().fold(ends, wider)
}

/// The mean of a sample.
pub(super) fn mean_of(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let near = values.iter().sum::<f64>() / n;
    let rest = values.iter().map(|value| value - near).sum::<f64>() / n;
    let (low, high) = extremes_of(values);
    (near + rest).clamp(low, high)
}

/// The standard deviation of a sample of at least two.
///
/// The corrected two-pass algorithm of Chan, Golub and LeVeque, "Algorithms for Computing the Sample Variance", The
/// American Statistician 37 (1983), on deviations scaled to at most 1, so that tiny ones do not vanish when squared.
pub(super) fn std_of(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = mean_of(values);
    let scale = values
        .iter()
        .map(|value| (value - mean).abs())
        .fold(0.0, f64::max);
    if scale == 0.0 {
        return 0.0;
    }
    let deviations = || values.iter().map(|value| (value - mean) / scale);
    let squares: f64 = deviations().map(|deviation| deviation * deviation).sum();
    let drift: f64 = deviations().sum();
    scale * ((squares - drift * drift / n) / (n - 1.0)).max(0.0).sqrt()
}

/// The interquartile mean of an ascending sample.
pub(super) fn iqm_of(sorted: &[f64]) -> f64 {
    let cut = sorted.len() / 4;
    mean_of(&sorted[cut..sorted.len() - cut])
}

/// The quantile at `q` within `[0, 1]` of an ascending sample.
pub(super) fn quantile_of(sorted: &[f64], q: f64) -> f64 {
    let (below, part) = place_of(sorted.len(), q);
    let above = (below + 1).min(sorted.len() - 1);
    between(sorted[below], sorted[above], part)
}

/// The quantile at `q` within `[0, 1]` of a sample whose order is lost: linear in its size, where sorting is not.
pub(super) fn quantile_of_unordered(values: &mut [f64], q: f64) -> f64 {
    let (below, part) = place_of(values.len(), q);
    let (_, low, rest) = values.select_nth_unstable_by(below, f64::total_cmp);
    let low = *low;
    let high = rest.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    between(low, high, part)
}

/// The order statistic at or below the quantile of type 7, and the way from there to the next.
fn place_of(n: usize, q: f64) -> (usize, f64) {
    let position = q * (n - 1) as f64;
    let below = (position.floor() as usize).min(n - 1);
    (below, position - below as f64)
}

/// numpy's interpolation, which is monotone in `part`.
fn between(low: f64, high: f64, part: f64) -> f64 {
    if part < 0.5 {
        low + (high - low) * part
    } else {
        high - (high - low) * (1.0 - part)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Described {
        values: Vec<f64>,
        summary: Summary,
        quantiles: Vec<(f64, f64)>,
    }

    #[test]
    fn a_summary_agrees_with_numpy_and_scipy() {
        for case in golden::cases::<Described>("describe") {
            let summary = Summary::of(&case.values).unwrap();
            assert_eq!(summary.n, case.summary.n);
            assert_eq!(summary.std.is_some(), case.summary.std.is_some());
            if let (Some(actual), Some(expected)) = (summary.std, case.summary.std) {
                assert_close(actual, expected, 1e-14);
            }
            assert_close(summary.mean, case.summary.mean, 1e-15);
            assert_close(summary.median, case.summary.median, 1e-15);
            assert_close(summary.iqm, case.summary.iqm, 1e-15);
            assert_eq!(
                (summary.min, summary.max),
                (case.summary.min, case.summary.max)
            );
        }
    }

    #[test]
    fn quantiles_agree_with_numpy() {
        for case in golden::cases::<Described>("describe") {
            for (q, expected) in case.quantiles {
                assert_close(quantile(&case.values, q).unwrap(), expected, 1e-15);
            }
        }
        // Type 8, which statrs computes, would say 2.41667.
        let eight: Vec<f64> = (1..=8).map(f64::from).collect();
        assert_eq!(quantile(&eight, 0.25), Some(2.75));
    }

    #[test]
    fn the_interquartile_mean_is_that_of_rliable() {
        let ten: Vec<f64> = (0..10).map(f64::from).collect();
        assert_eq!(iqm(&ten), Some(4.5));
        assert_eq!(iqm(&[0.0, 1.0, 2.0, 3.0, 100.0]), Some(2.0));
        assert_eq!(iqm(&[1.0, 2.0, 2.0, 2.0, 1.0, 1.0, 2.0, 1.0]), Some(1.5));
        // Three values are too few to drop any, four are enough.
        assert_eq!(iqm(&[0.0, 0.0, 9.0]), Some(3.0));
        assert_eq!(iqm(&[-50.0, 1.0, 3.0, 900.0]), Some(2.0));
    }

    #[test]
    fn what_is_not_a_sample_has_no_summary() {
        for wrong in [
            vec![],
            vec![f64::NAN],
            vec![1.0, f64::INFINITY],
            vec![1.0, -f64::NAN, 2.0],
            vec![1e151, 0.0],
        ] {
            assert_eq!(Summary::of(&wrong), None, "{wrong:?}");
            assert_eq!(mean(&wrong), None);
            assert_eq!(std(&wrong), None);
            assert_eq!(median(&wrong), None);
            assert_eq!(iqm(&wrong), None);
            assert_eq!(quantile(&wrong, 0.5), None);
        }
        for q in [-0.1, 1.1, f64::NAN] {
            assert_eq!(quantile(&[1.0, 2.0], q), None);
        }
    }

    #[test]
    fn constant_values_have_themselves_as_mean_and_no_spread() {
        // A naive mean of ten times 0.1 is 0.09999999999999999.
        for value in [0.1, 500.0, 1e9 + 0.1, -1.0 / 3.0, LARGEST, 5e-324, 0.0] {
            for n in 2..30 {
                let summary = Summary::of(&vec![value; n]).unwrap();
                assert_eq!(
                    (summary.mean, summary.iqm, summary.median),
                    (value, value, value)
                );
                assert_eq!(summary.std, Some(0.0));
            }
        }
    }

    #[test]
    fn a_large_offset_does_not_drown_the_spread() {
        let near = Summary::of(&[1.0, 2.0, 4.0]).unwrap();
        let far = Summary::of(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 4.0]).unwrap();
        assert_close(far.std.unwrap(), near.std.unwrap(), 1e-8);
        assert_close(
            std(&[1e-200, 3e-200]).unwrap(),
            2.0_f64.sqrt() * 1e-200,
            1e-15,
        );
        assert_close(
            std(&[-LARGEST, LARGEST]).unwrap(),
            2.0_f64.sqrt() * LARGEST,
            1e-15,
        );
    }

    #[test]
    fn the_spread_is_right_even_where_the_mean_itself_must_be_rounded() {
        // At 1e15 floats are 0.125 apart: the mean 2.333 is stored as 2.375, which is off by a fiftieth of the spread.
        let far = std(&[1e15 + 1.0, 1e15 + 2.0, 1e15 + 4.0]).unwrap();
        assert_close(far, (7.0_f64 / 3.0).sqrt(), 1e-14);
    }

    #[test]
    fn a_long_sum_costs_the_mean_no_digits() {
        // Added up as they come, these lose four digits.
        let values: Vec<f64> = (0..100_000)
            .map(|k| 0.1 + f64::from(k % 2) * 1e-9)
            .collect();
        assert_close(mean(&values).unwrap(), 0.1 + 0.5e-9, 1e-15);
    }

    #[test]
    fn a_summary_survives_being_written_and_read() {
        let summary = Summary::of(&[0.1]).unwrap();
        let text = serde_json::to_string(&summary).unwrap();
        assert!(text.contains(r#""std":null"#), "{text}");
        assert_eq!(serde_json::from_str::<Summary>(&text).unwrap(), summary);
    }

    proptest! {
        #[test]
        fn every_average_lies_within_the_values(values in vec(-1e6..1e6_f64, 1..40)) {
            let summary = Summary::of(&values).unwrap();
            for average in [summary.mean, summary.median, summary.iqm] {
                prop_assert!(summary.min <= average && average <= summary.max);
            }
        }

        #[test]
        fn the_interquartile_mean_ignores_how_bad_the_worst_quarter_is(
            values in vec(-1e6..1e6_f64, 4..40),
            fall in 0.0..1e9_f64,
        ) {
            let before = iqm(&values).unwrap();
            let mut values = sorted(&values).unwrap();
            values[0] -= fall;
            prop_assert_eq!(iqm(&values).unwrap(), before);
        }

        #[test]
        fn quantiles_need_no_order(values in vec(-1e6..1e6_f64, 1..40), q in 0.0..=1.0_f64) {
            let expected = quantile(&values, q).unwrap();
            let mut values = values;
            prop_assert_eq!(quantile_of_unordered(&mut values, q), expected);
        }

        #[test]
        fn the_order_of_the_runs_does_not_matter(values in vec(-1e6..1e6_f64, 1..40), turn in 0..40_usize) {
            let mut turned = values.clone();
            let turn = turn % values.len();
            turned.rotate_left(turn);
            prop_assert_eq!(Summary::of(&turned), Summary::of(&values));
        }

        #[test]
        fn quantiles_never_fall_as_q_rises(values in vec(-1e3..1e3_f64, 1..20), p in 0.0..1.0_f64, q in 0.0..1.0_f64) {
            let (low, high) = (p.min(q), p.max(q));
            prop_assert!(quantile(&values, low) <= quantile(&values, high));
        }

        #[test]
        fn the_spread_scales_with_the_values(values in vec(-1e3..1e3_f64, 2..20), factor in 1e-3..1e3_f64) {
            let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
            let (before, after) = (std(&values).unwrap(), std(&scaled).unwrap());
            prop_assert!((after - before * factor).abs() <= 1e-10 * (1.0 + before * factor));
        }
    }
}
