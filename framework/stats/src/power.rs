//! How many runs it takes to find a difference that is there.
//!
//! Source: Cohen, "Statistical Power Analysis for the Behavioral Sciences" (2nd ed. 1988); `TTestIndPower` and
//! `TTestPower` of statsmodels. All of it holds for scores that are normal and vary equally in both groups; the
//! difference `d` is given in their standard deviation.
//!
//! | test | power |
//! |---|---|
//! | Student's | exact: a tail of the noncentral t distribution, by its defining integral over the estimated deviation |
//! | Student's, of pairs | exact, as above, for pairs without correlation |
//! | Welch's | exact: the same integral, and one over the ratio of the two estimated variances, which gives the degrees of freedom |
//! | the others | [simulated](super::simulated_power), with a fixed seed and the standard error that [`Power`] says |
//! | equivalence | none: it depends on the margin |
//!
//! A paired test gains from the correlation of its pairs, which is not known in advance: here there is none.
//!
//! The size of the difference is a guess. From a pilot of few runs it is a poor one, and biased upwards if the pilot is
//! the reason for going on: [`effect::hedges_g`](super::effect::hedges_g), and half of it for a cautious plan.

use serde::{Deserialize, Serialize};

use super::distributions;
use super::quadrature::{over_beta, over_chi};
use super::simulated_power;
use super::student;
use super::test::{Sizes, Test};
use super::welch;

/// The most runs a side that [`runs_needed`] considers.
pub const MOST_RUNS: usize = 10_000;

/// The probability of finding a difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Power {
    /// The probability.
    pub value: f64,
    /// The standard error of a simulated probability; `None` for a computed one.
    pub standard_error: Option<f64>,
}

/// The probability that a two-sided `test` finds a true difference of `d` standard deviations at `alpha`: that its p
/// value is below `alpha`.
///
/// `None` where the test has no answer for data of these sizes, for the test of equivalence, for an `alpha` not strictly
/// between 0 and 1, or a `d` that is no number.
///
/// ```
/// use spikebench_stats::power;
/// use spikebench_stats::test::{Sizes, Test};
///
/// let power = |test| power::of_test(test, 6.0, Sizes::Groups(2, 2), 0.05).unwrap().value;
/// let (student, welch) = (power(Test::Student), power(Test::Welch));
/// assert_eq!((format!("{student:.2}"), format!("{welch:.2}")), ("0.84".into(), "0.51".into()));
/// ```
pub fn of_test(test: Test, d: f64, sizes: Sizes, alpha: f64) -> Option<Power> {
    if !(d.is_finite() && alpha > 0.0 && alpha < 1.0) || test == Test::Tost {
        return None;
    }
    let value = match (test, sizes) {
        (Test::Student, Sizes::Groups(n1, n2)) => of_student(d, n1, n2, alpha)?,
        (Test::Welch, Sizes::Groups(n1, n2)) => of_welch(d, n1, n2, alpha)?,
        (Test::PairedT, Sizes::Pairs(pairs)) => of_paired_t(d, pairs, alpha)?,
        (Test::Student | Test::Welch | Test::PairedT, _) => return None,
        _ => return simulated_power::of_test(test, d, sizes, alpha),
    };
    Some(Power {
        value,
        standard_error: None,
    })
}

/// The fewest runs a side with which `test` finds a difference of `d` standard deviations at `alpha` with probability
/// `power`; for a paired test, the fewest pairs. `None` if not even [`MOST_RUNS`] do, or where there is no answer.
///
/// Found by bisection, starting from the runs that the t test needs. The power of a test that counts arrangements does
/// not rise with every further run, because its p values come in steps, and a simulated power has an error; so the
/// answer may be off by a run or two.
///
/// ```
/// use spikebench_stats::power;
/// use spikebench_stats::test::Test;
///
/// assert_eq!(power::runs_needed(Test::Welch, 1.0, 0.05, 0.8), Some(17));
/// assert_eq!(power::runs_needed(Test::Welch, 0.0, 0.05, 0.8), None);
/// ```
pub fn runs_needed(test: Test, d: f64, alpha: f64, power: f64) -> Option<usize> {
    if !(power > 0.0 && power < 1.0) {
        return None;
    }
    let enough = |test: Test, runs: usize| {
        let sizes = Sizes::planned(test, runs, runs);
        let reached = || of_test(test, d, sizes, alpha).is_some_and(|found| found.value >= power);
        test.least_p(sizes) < alpha && reached()
    };
    let t_test = if test.is_paired() {
        Test::PairedT
    } else {
        Test::Student
    };
    // Not even the t test, which needs the fewest.
    if !enough(t_test, MOST_RUNS) {
        return None;
    }
    let by_t_test = bisected(1, MOST_RUNS, |runs| enough(t_test, runs));
    if test == t_test {
        return Some(by_t_test);
    }
    let start = (by_t_test as f64 / efficiency(test)).round() as usize;
    let mut step = 1 + start / 32;
    let (mut low, mut high) = (start.min(MOST_RUNS), start.min(MOST_RUNS));
    if enough(test, high) {
        while low > 1 && enough(test, low) {
            high = low;
            low = low.saturating_sub(step).max(1);
            step *= 2;
        }
    } else {
        while !enough(test, high) {
            if high == MOST_RUNS {
                return None;
            }
            low = high;
            high = (high + step).min(MOST_RUNS);
            step *= 2;
        }
    }
    Some(bisected(low, high, |runs| enough(test, runs)))
}

/// The least of `low + 1` to `high` that is enough, where `high` is and `low` is not.
fn bisected(mut low: usize, mut high: usize, enough: impl Fn(usize) -> bool) -> usize {
    while high - low > 1 {
        let middle = low.midpoint(high);
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// Roughly the share of its runs that the t test would need, for many normal scores: Pitman's asymptotic relative
/// efficiency, 3/π for the tests by ranks. That of Kolmogorov and Smirnov's test depends on what is asked.
fn efficiency(test: Test) -> f64 {
    match test {
        Test::MannWhitney
        | Test::MannWhitneyAsymptotic
        | Test::BrunnerMunzel
        | Test::BrunnerMunzelAsymptotic
        | Test::Wilcoxon => 0.955,
        Test::KolmogorovSmirnov => 0.7,
        _ => 1.0,
    }
}

fn of_student(d: f64, n1: usize, n2: usize, alpha: f64) -> Option<f64> {
    if n1 < 2 || n2 < 2 {
        return None;
    }
    let (n1, n2) = (n1 as f64, n2 as f64);
    let shift = d * (n1 * n2 / (n1 + n2)).sqrt();
    of_noncentral_t(shift, n1 + n2 - 2.0, alpha)
}

fn of_paired_t(d: f64, pairs: usize, alpha: f64) -> Option<f64> {
    if pairs < 2 {
        return None;
    }
    // Without correlation the differences vary twice as much as the scores.
    let n = pairs as f64;
    of_noncentral_t(d * (n / 2.0).sqrt(), n - 1.0, alpha)
}

/// The chance that a noncentral t variable lies beyond the two-sided critical value.
fn of_noncentral_t(shift: f64, df: f64, alpha: f64) -> Option<f64> {
    let critical = student::critical(alpha, df)?;
    Some(over_chi(df, |s| beyond(critical * s, shift)).clamp(0.0, 1.0))
}

/// The chance that a normal variable of mean `shift` lies beyond ±`bound`.
fn beyond(bound: f64, shift: f64) -> f64 {
    distributions::normal(bound - shift) + distributions::normal(bound + shift)
}

/// The two estimated variances are independent multiples of χ² variables. Their sum says by how much the standard error
/// is misjudged, their ratio, which is independent of it, how many degrees of freedom there seem to be: the share of the
/// first in the sum of squares is a beta variable.
fn of_welch(d: f64, n1: usize, n2: usize, alpha: f64) -> Option<f64> {
    if n1 < 2 || n2 < 2 {
        return None;
    }
    let (n1, n2) = (n1 as f64, n2 as f64);
    let all = n1 + n2 - 2.0;
    let error = (1.0 / n1 + 1.0 / n2).sqrt();
    let given_share = |share: f64| {
        // The standard errors of both means, if the pooled variance is 1.
        let error1 = (share * all / (n1 * (n1 - 1.0))).sqrt();
        let error2 = ((1.0 - share) * all / (n2 * (n2 - 1.0))).sqrt();
        let estimated = error1.hypot(error2);
        let df = welch::satterthwaite(error1 / estimated, error2 / estimated, (n1, n2));
        let bound = student::critical(alpha, df).unwrap_or(f64::MAX) * estimated / error;
        over_chi(all, |s| beyond(bound * s, d / error))
    };
    let value = over_beta((n1 - 1.0) / 2.0, (n2 - 1.0) / 2.0, given_share);
    Some(value.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_core::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::golden::{self, assert_close};
    use crate::signed_rank::Zeros;
    use crate::two_sample::Question;

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
            let power = of(
                Test::Student,
                case.d,
                Sizes::Groups(case.n1, case.n2),
                case.alpha,
            )
            .unwrap();
            assert_close(power, case.power, 1e-9);
        }
    }

    fn of(test: Test, d: f64, sizes: Sizes, alpha: f64) -> Option<f64> {
        of_test(test, d, sizes, alpha).map(|power| power.value)
    }

    #[derive(Deserialize)]
    struct Welch {
        d: f64,
        n1: usize,
        n2: usize,
        alpha: f64,
        power: f64,
    }

    #[test]
    fn the_power_of_welchs_test_agrees_with_an_integral_by_scipy() {
        for case in golden::cases::<Welch>("power_of_welch") {
            let sizes = Sizes::Groups(case.n1, case.n2);
            let power = of(Test::Welch, case.d, sizes, case.alpha).unwrap();
            assert_close(power, case.power, 1e-7);
        }
    }

    #[derive(Deserialize)]
    struct Paired {
        d: f64,
        pairs: usize,
        alpha: f64,
        power: f64,
    }

    #[test]
    fn the_power_of_the_paired_t_test_agrees_with_statsmodels() {
        for case in golden::cases::<Paired>("power_of_pairs") {
            let power = of(Test::PairedT, case.d, Sizes::Pairs(case.pairs), case.alpha).unwrap();
            assert_close(power, case.power, 1e-9);
        }
    }

    #[test]
    fn welchs_test_of_two_or_three_runs_has_less_power_than_students() {
        for (d, n, student, welch) in [(6.0, 2, 0.84, 0.51), (4.0, 3, 0.95, 0.88)] {
            for (test, expected) in [(Test::Student, student), (Test::Welch, welch)] {
                let power = of(test, d, Sizes::Groups(n, n), 0.05).unwrap();
                assert!((power - expected).abs() < 0.006, "{test} {n}: {power}");
            }
        }
    }

    #[test]
    fn the_runs_needed_by_a_test_reach_the_power_that_was_asked_for_by_that_test() {
        for test in Test::ALL {
            for (d, alpha) in [(1.5, 0.05), (2.5, 0.01)] {
                let needed = runs_needed(test, d, alpha, 0.8);
                assert_eq!(needed.is_none(), test == Test::Tost, "{test}");
                let Some(runs) = needed else { continue };
                let experiments = match test {
                    Test::Permutation | Test::PairedPermutation | Test::BrunnerMunzel => 200,
                    _ => 1000,
                };
                let found = share_found(test, d, runs, alpha, experiments);
                // Three standard errors, and one more run or less.
                let error = 3.0 * (0.16 / f64::from(experiments)).sqrt();
                assert!(
                    found > 0.8 - 0.02 - error,
                    "{test} {d}: {runs} runs find {found}"
                );
                let fewer = share_found(test, d, runs * 3 / 4, alpha, experiments);
                assert!(
                    fewer < 0.8,
                    "{test} {d}: {} runs find {fewer}",
                    runs * 3 / 4
                );
            }
        }
    }

    /// The share of experiments in which the test itself finds the difference.
    fn share_found(test: Test, d: f64, runs: usize, alpha: f64, experiments: u32) -> f64 {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(11);
        let question = Question {
            test,
            alpha,
            ends: None,
            zeros: Zeros::default(),
            margin: None,
            seed: 3,
        };
        let mut draw = |mean: f64| -> Vec<f64> {
            let normal = |_| -> f64 { StandardNormal.sample(&mut generator) };
            (0..runs).map(normal).map(|value| value + mean).collect()
        };
        let found = (0..experiments)
            .filter(|_| question.result(&draw(d), &draw(0.0)).unwrap().p < alpha)
            .count();
        found as f64 / f64::from(experiments)
    }

    #[test]
    fn the_values_printed_by_rs_pwr_are_reproduced() {
        assert_close(
            of(Test::Student, 1.0, Sizes::Groups(30, 30), 0.05).unwrap(),
            0.967_708_258_242_517,
            1e-10,
        );
        assert_close(
            of(Test::Student, 0.1, Sizes::Groups(20, 20), 0.05).unwrap(),
            0.060_959_124_654_112_35,
            1e-9,
        );
        // Cohen's tables: 64 a side for a medium difference.
        for test in [Test::Student, Test::Welch] {
            assert_eq!(runs_needed(test, 0.5, 0.05, 0.8), Some(64));
            assert_eq!(runs_needed(test, -0.5, 0.05, 0.8), Some(64));
        }
    }

    #[test]
    fn questions_without_an_answer_have_none() {
        for test in Test::ALL {
            let five = Sizes::planned(test, 5, 5);
            let mismatched = if test.is_paired() {
                Sizes::Groups(5, 5)
            } else {
                Sizes::Pairs(5)
            };
            assert_eq!(
                of(test, 1.0, Sizes::planned(test, 0, 9), 0.05),
                None,
                "{test}"
            );
            assert_eq!(of(test, 1.0, mismatched, 0.05), None, "{test}");
            assert_eq!(of(test, f64::NAN, five, 0.05), None, "{test}");
            assert_eq!(of(test, 1.0, five, 0.0), None, "{test}");
            assert_eq!(runs_needed(test, 1.0, 0.05, 1.0), None, "{test}");
            assert_eq!(runs_needed(test, 0.001, 0.05, 0.8), None, "{test}");
        }
        assert_eq!(of(Test::Welch, 1.0, Sizes::Groups(1, 9), 0.05), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn larger_differences_and_more_runs_are_easier_to_find(
            d in 0.0..2.0_f64, n in 2..40_usize, alpha in 0.001..0.2_f64,
        ) {
            for test in [Test::Student, Test::Welch, Test::PairedT] {
                let power = |d, n| of(test, d, Sizes::planned(test, n, n), alpha).unwrap();
                let reached = power(d, n);
                // Welch's test of few runs keeps well below alpha.
                prop_assert!(test == Test::Welch || reached >= alpha - 1e-9);
                prop_assert!(power(d + 0.1, n) > reached);
                prop_assert!(power(d, n + 1) >= reached - 1e-12);
                prop_assert!((power(-d, n) - reached).abs() < 1e-12);
            }
        }
    }
}
