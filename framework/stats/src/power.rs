//! How many runs it takes to find a difference that is there.
//!
//! Source: Cohen, "Statistical Power Analysis for the Behavioral Sciences" (2nd ed. 1988); `TTestIndPower` of
//! statsmodels. The power of Student's test is a tail of the noncentral t distribution, here its defining integral over
//! the estimated standard deviation. Welch's test has nearly the same when groups vary equally.
//!
//! The size of the difference is a guess. From a pilot of few runs it is a poor one, and biased upwards if the pilot is
//! the reason for going on: [`effect::hedges_g`](super::effect::hedges_g), and half of it for a cautious plan.

use super::quadrature::over_chi;
use super::student;
use super::tail;

/// The most runs a side that [`runs_needed`] considers.
pub const MOST_RUNS: usize = 10_000;

/// The probability that a two-sided t test of `n1` against `n2` runs finds a true difference of `d` standard deviations
/// at `alpha`. `None` for fewer than two runs a side, an `alpha` not strictly between 0 and 1, or a `d` that is no
/// number.
pub fn of_t_test(d: f64, n1: usize, n2: usize, alpha: f64) -> Option<f64> {
    if n1 < 2 || n2 < 2 || !d.is_finite() {
        return None;
    }
    let (n1, n2) = (n1 as f64, n2 as f64);
    let df = n1 + n2 - 2.0;
    let critical = student::critical(alpha, df)?;
    let shift = d * (n1 * n2 / (n1 + n2)).sqrt();
    let beyond = |s: f64| tail::normal(critical * s - shift) + tail::normal(critical * s + shift);
    Some(over_chi(df, beyond).clamp(0.0, 1.0))
}

/// The fewest runs a side with which the test finds a difference of `d` with probability `power`. `None` if not even
/// [`MOST_RUNS`] do, or where there is no answer.
///
/// ```
/// use spikebench_stats::power;
///
/// assert_eq!(power::runs_needed(1.0, 0.05, 0.8), Some(17));
/// assert_eq!(power::runs_needed(0.0, 0.05, 0.8), None);
/// ```
pub fn runs_needed(d: f64, alpha: f64, power: f64) -> Option<usize> {
    let enough = |n: usize| of_t_test(d, n, n, alpha).is_some_and(|reached| reached >= power);
    if !(power > 0.0 && power < 1.0 && enough(MOST_RUNS)) {
        return None;
    }
    let (mut low, mut high) = (1, MOST_RUNS);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if enough(middle) {
            high = middle
        } else {
            low = middle
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Case {
        d: f64,
        n1: usize,
        n2: usize,
        alpha: f64,
        power: f64,
    }

    #[test]
    fn the_power_agrees_with_statsmodels() {
        for case in golden::cases::<Case>("power") {
            let power = of_t_test(case.d, case.n1, case.n2, case.alpha).unwrap();
            assert_close(power, case.power, 1e-9);
        }
    }

    #[test]
    fn the_values_that_r_pwr_prints_come_out() {
        assert_close(
            of_t_test(1.0, 30, 30, 0.05).unwrap(),
            0.967_708_258_242_517,
            1e-10,
        );
        assert_close(
            of_t_test(0.1, 20, 20, 0.05).unwrap(),
            0.060_959_124_654_112_35,
            1e-9,
        );
        // Cohen's tables: 64 a side for a medium difference.
        assert_eq!(runs_needed(0.5, 0.05, 0.8), Some(64));
        assert_eq!(runs_needed(-0.5, 0.05, 0.8), Some(64));
    }

    #[test]
    fn where_there_is_no_answer_there_is_none() {
        assert_eq!(of_t_test(1.0, 1, 9, 0.05), None);
        assert_eq!(of_t_test(f64::NAN, 9, 9, 0.05), None);
        assert_eq!(of_t_test(1.0, 9, 9, 0.0), None);
        assert_eq!(
            (runs_needed(1.0, 0.05, 1.0), runs_needed(0.001, 0.05, 0.8)),
            (None, None)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn larger_differences_and_more_runs_are_easier(d in 0.0..2.0_f64, n in 2..40_usize, alpha in 0.001..0.2_f64) {
            let power = of_t_test(d, n, n, alpha).unwrap();
            prop_assert!(power >= alpha - 1e-9);
            prop_assert!(of_t_test(d + 0.1, n, n, alpha).unwrap() > power);
            prop_assert!(of_t_test(d, n + 1, n + 1, alpha).unwrap() >= power - 1e-12);
            prop_assert!((of_t_test(-d, n, n, alpha).unwrap() - power).abs() < 1e-12);
        }
    }
}
