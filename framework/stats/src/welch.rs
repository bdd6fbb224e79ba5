//! Welch's t test: do two groups of runs differ in their mean, without assuming that they vary equally?
//!
//! Source: Welch, "The Generalization of 'Student's' Problem when Several Different Population Variances are Involved",
//! Biometrika 34 (1947); the same as `scipy.stats.ttest_ind(a, b, equal_var=False)` and R's `t.test(a, b)`. Recommended
//! for few seeds by Colas, Sigaud and Oudeyer, "A Hitchhiker's Guide to Statistical Comparisons of Reinforcement
//! Learning Algorithms" (2019, arXiv:1904.06979).
//!
//! # When no run varies
//!
//! Returns saturate: every run of a solved environment may score the same 500. With no variance in either group the
//! t statistic is 0/0 or ±∞, and scipy answers NaN, or p = 0. Here the answer is that of the exact two-sided permutation
//! test of the same data, which needs no variance:
//!
//! - *equal* groups: every relabelling of the runs gives the same difference, so p = 1;
//! - *different* groups: of the C(n₁ + n₂, n₁) equally likely ways to label the runs, one separates them as the data
//!   do; doubled for the other direction, p = 2 / C(n₁ + n₂, n₁). That is 1/3 for 2 against 2 runs and 0.0079 for 5
//!   against 5, the least that runs can show without assuming a distribution. p = 0 would claim a certainty that two
//!   runs a side cannot give.
//!
//! A spread of a few units in the last place of the largest score *of the group* counts as none: it is rounding.
//!
//! [`MeanTest::basis`] says which case it was. In both, `t`, `df` and `interval` are `None`: there is no standard error
//! to compute them from. If only one group is constant the test is Welch's own, which then rests on the variance of the
//! other group alone.

use serde::{Deserialize, Serialize};

use super::describe;
use super::interval::{Interval, Level};
use super::student;
use super::test_error::TestError;
use super::test_result::{Basis, TestResult};
use super::ties;

/// The comparison of two means by one of the t tests.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeanTest {
    /// The mean of the first group less that of the second.
    pub difference: f64,
    /// The difference in standard errors; `None` if no run varies.
    pub t: Option<f64>,
    /// The degrees of freedom (for Welch's test those of Welch and Satterthwaite); `None` if no run varies.
    pub df: Option<f64>,
    /// The two-sided p value. It is 0 only where it is too small for an `f64`.
    pub p: f64,
    /// The interval of the difference at the level asked for; `None` if no run varies.
    pub interval: Option<Interval>,
    /// What `p` rests on.
    pub basis: Basis,
}

impl MeanTest {
    /// The answer by Student's t distribution, for a difference with the given standard error.
    pub(super) fn by_student(difference: f64, error: f64, df: f64, level: Level) -> Self {
        // A group that varies by 1e-200 may lie 1e150 away.
        let t = (difference / error).clamp(-f64::MAX, f64::MAX);
        Self {
            difference,
            t: Some(t),
            df: Some(df),
            p: student::both_tails(t, df),
            interval: student::critical(level.alpha(), df).map(|critical| Interval {
                low: difference - critical * error,
                high: difference + critical * error,
            }),
            basis: Basis::Student,
        }
    }

    /// The answer in the form that all tests share, without the difference and its interval.
    pub fn result(&self) -> TestResult {
        TestResult {
            statistic: self.t,
            df: self.df,
            p: self.p,
            basis: self.basis,
        }
    }
}

/// Tests whether groups `a` and `b` differ in their mean, two-sided, with an interval of the difference at `level`.
///
/// ```
/// use spikebench_stats::interval::Level;
/// use spikebench_stats::welch;
///
/// let test = welch::test(&[1.0, 2.0, 3.0], &[1.1, 2.9, 4.2], Level::P95).unwrap();
/// assert!((test.p - 0.536194907531267).abs() < 1e-14);
/// ```
///
/// # Errors
///
/// Fewer than two values in a group, or one that is no usable number.
pub fn test(a: &[f64], b: &[f64], level: Level) -> Result<MeanTest, TestError> {
    if a.len() < 2 || b.len() < 2 {
        return Err(TestError::TooFew {
            first: a.len(),
            second: b.len(),
        });
    }
    if !describe::is_sample(a) || !describe::is_sample(b) {
        return Err(TestError::NotANumber);
    }
    let difference = {
        let (a, b) = describe::from_common_origin(a, b);
        describe::mean_of(&a) - describe::mean_of(&b)
    };
    if ties::is_constant(a) && ties::is_constant(b) {
        let (p, basis) = if difference.abs() <= describe::rounding_of(a, b) {
            (1.0, Basis::ConstantEqual)
        } else {
            (separated(a.len(), b.len()), Basis::ConstantDifferent)
        };
        return Ok(MeanTest {
            difference,
            t: None,
            df: None,
            p,
            interval: None,
            basis,
        });
    }
    let (n1, n2) = (a.len() as f64, b.len() as f64);
    let error1 = std_of(a) / n1.sqrt();
    let error2 = std_of(b) / n2.sqrt();
    let error = error1.hypot(error2);
    let df = satterthwaite(error1 / error, error2 / error, (n1, n2));
    Ok(MeanTest::by_student(difference, error, df, level))
}

/// The degrees of freedom of Welch and Satterthwaite, from the two standard errors in units of the common one.
pub(super) fn satterthwaite(error1: f64, error2: f64, (n1, n2): (f64, f64)) -> f64 {
    let share1 = error1.powi(4) / (n1 - 1.0);
    let share2 = error2.powi(4) / (n2 - 1.0);
    1.0 / (share1 + share2)
}

/// The standard deviation of a group, counted from one of its own scores: a common offset costs it no digits, and
/// neither does the other group, however far away.
pub(super) fn std_of(values: &[f64]) -> f64 {
    let moved: Vec<f64> = values.iter().map(|value| value - values[0]).collect();
    describe::std_of(&moved)
}

/// The two-sided p value of the permutation test when every value of one group of `n1` lies above every one of the
/// other of `n2`: 2 / C(n1 + n2, n1).
pub(super) fn separated(n1: usize, n2: usize) -> f64 {
    let (few, many) = (n1.min(n2), n1.max(n2));
    let labellings: f64 = (1..=few).map(|k| (many + k) as f64 / k as f64).product();
    (2.0 / labellings).min(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Case {
        name: String,
        a: Vec<f64>,
        b: Vec<f64>,
        level: f64,
        difference: f64,
        t: f64,
        df: f64,
        p: f64,
        low: f64,
        high: f64,
    }

    fn p95(a: &[f64], b: &[f64]) -> MeanTest {
        test(a, b, Level::P95).unwrap()
    }

    #[test]
    fn the_test_agrees_with_scipy() {
        for case in golden::cases::<Case>("welch") {
            eprintln!("{}", case.name);
            let test = test(&case.a, &case.b, Level::new(case.level).unwrap()).unwrap();
            let interval = test.interval.unwrap();
            assert_eq!(test.basis, Basis::Student);
            assert_close(test.difference, case.difference, 1e-13);
            assert_close(test.t.unwrap(), case.t, 1e-13);
            assert_close(test.df.unwrap(), case.df, 1e-13);
            assert_close(test.p, case.p, 1e-12);
            assert_close(interval.low, case.low, 1e-12);
            assert_close(interval.high, case.high, 1e-12);
        }
    }

    #[test]
    fn a_large_offset_changes_nothing() {
        let (a, b) = ([1.0, 2.0, 3.0, 5.0], [2.0, 3.0, 4.0, 8.0]);
        let near = p95(&a, &b);
        for offset in [1e9, -1e12, 1e15] {
            let far = p95(
                &a.map(|value| value + offset),
                &b.map(|value| value + offset),
            );
            assert_eq!(far, near);
        }
    }

    #[test]
    fn two_equal_constant_groups_have_a_p_of_one() {
        let test = p95(&[500.0; 5], &[500.0; 5]);
        assert_eq!(
            (test.difference, test.p, test.basis),
            (0.0, 1.0, Basis::ConstantEqual)
        );
        assert_eq!((test.t, test.df, test.interval), (None, None, None));
        assert!(test.basis.note().is_some());
    }

    #[test]
    fn two_different_constant_groups_have_the_p_of_the_permutation_test() {
        let five = p95(&[500.0; 5], &[9.0; 5]);
        assert_eq!(
            (five.difference, five.basis),
            (491.0, Basis::ConstantDifferent)
        );
        assert_close(five.p, 2.0 / 252.0, 1e-15);
        assert_eq!((five.t, five.df, five.interval), (None, None, None));
        assert_close(p95(&[1.0; 2], &[2.0; 2]).p, 1.0 / 3.0, 1e-15);
        assert_close(p95(&[1.0; 4], &[2.0; 5]).p, 2.0 / 126.0, 1e-15);
        assert_close(
            p95(&[1.0; 10], &[2.0; 10]).p,
            1.082_508_822_446_902_6e-5,
            1e-15,
        );
        // So many labellings that their number is no f64.
        assert_eq!(p95(&[1.0; 2000], &[2.0; 2000]).p, 0.0);
    }

    #[test]
    fn rounding_is_not_variance() {
        let test = p95(&[0.1 + 0.2; 5], &[0.3; 5]);
        assert_eq!((test.p, test.basis), (1.0, Basis::ConstantEqual));
        let test = p95(&[0.1 + 0.2, 0.3, 0.3], &[0.7, 0.7, 0.7]);
        assert_eq!(test.basis, Basis::ConstantDifferent);
        // What is small but no rounding still counts.
        assert_eq!(
            p95(&[0.3 + 1e-12, 0.3, 0.3], &[0.7; 3]).basis,
            Basis::Student
        );
        assert_eq!(
            p95(&[1e-200, 2e-200], &[3e-200, 5e-200]).basis,
            Basis::Student
        );
    }

    #[test]
    fn with_one_constant_group_the_degrees_of_freedom_are_those_of_the_other() {
        let test = p95(&[500.0; 5], &[480.0, 500.0, 455.0]);
        assert_eq!(test.basis, Basis::Student);
        assert_close(test.df.unwrap(), 2.0, 1e-15);
    }

    #[test]
    fn groups_that_are_too_small_or_not_numbers_are_refused_with_the_reason() {
        let few = test(&[1.0], &[1.0, 2.0, 3.0], Level::P95).unwrap_err();
        assert_eq!(
            few,
            TestError::TooFew {
                first: 1,
                second: 3
            }
        );
        assert_eq!(
            few.to_string(),
            "groups of 1 and 3 runs: each needs at least two"
        );
        assert!(matches!(
            test(&[1.0, 2.0], &[], Level::P95),
            Err(TestError::TooFew { second: 0, .. })
        ));
        for wrong in [f64::NAN, f64::INFINITY, 1e200] {
            assert_eq!(
                test(&[1.0, wrong], &[1.0, 2.0], Level::P95),
                Err(TestError::NotANumber)
            );
        }
    }

    #[test]
    fn every_answer_survives_serialisation() {
        for test in [
            p95(&[1.0, 2.0], &[1.0, 4.0]),
            p95(&[1.0; 2], &[1.0; 2]),
            p95(&[1.0; 2], &[2.0; 2]),
        ] {
            let text = serde_json::to_string(&test).unwrap();
            assert_eq!(serde_json::from_str::<MeanTest>(&text).unwrap(), test);
        }
    }

    #[test]
    fn extreme_scores_give_finite_answers() {
        let largest = describe::LARGEST;
        for (a, b) in [
            ([largest, -largest], [largest, largest]),
            ([largest, largest], [5e-324, 0.0]),
            ([0.0, 5e-324], [0.0, 0.0]),
            ([1.0, 1.0 + 4e-15], [-1.0, -1.0]),
        ] {
            let test = test(&a, &b, Level::new(1.0 - f64::EPSILON).unwrap()).unwrap();
            let interval = test.interval.unwrap_or(Interval {
                low: 0.0,
                high: 0.0,
            });
            for value in [
                test.difference,
                test.p,
                interval.low,
                interval.high,
                test.t.unwrap_or(0.0),
            ] {
                assert!(value.is_finite(), "{test:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn swapping_the_groups_only_changes_the_sign(a in vec(-1e3..1e3_f64, 2..12), b in vec(-1e3..1e3_f64, 2..12)) {
            let (one, other) = (p95(&a, &b), p95(&b, &a));
            let (i, j) = (one.interval.unwrap(), other.interval.unwrap());
            let scale = 1.0 + i.low.abs() + i.high.abs();
            prop_assert!((one.difference + other.difference).abs() < 1e-11 * scale);
            prop_assert!((one.p - other.p).abs() < 1e-10);
            prop_assert!((i.low + j.high).abs() < 1e-10 * scale && (i.high + j.low).abs() < 1e-10 * scale);
        }

        #[test]
        fn adding_the_same_to_every_run_changes_no_p(
            a in vec(-1000..1000_i32, 2..12),
            b in vec(-1000..1000_i32, 2..12),
            offset in -1_000_000_000..1_000_000_000_i32,
        ) {
            let plain = |values: &[i32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            let moved = |values: &[i32]| values.iter().map(|&value| f64::from(value) + f64::from(offset)).collect::<Vec<_>>();
            prop_assert_eq!(p95(&plain(&a), &plain(&b)), p95(&moved(&a), &moved(&b)));
        }

        #[test]
        fn changing_the_unit_changes_no_p(
            a in vec(-1e3..1e3_f64, 2..12),
            b in vec(-1e3..1e3_f64, 2..12),
            power in -300..300_i32,
        ) {
            let factor = 2.0_f64.powi(power);
            let scaled = |values: &[f64]| values.iter().map(|value| value * factor).collect::<Vec<_>>();
            prop_assert_eq!(p95(&a, &b).p, p95(&scaled(&a), &scaled(&b)).p);
        }

        #[test]
        fn the_interval_leaves_out_zero_exactly_when_the_test_is_significant(
            a in vec(-10.0..10.0_f64, 2..12),
            b in vec(-10.0..10.0_f64, 2..12),
            level in 0.5..0.999_f64,
        ) {
            let test = test(&a, &b, Level::new(level).unwrap()).unwrap();
            let alpha = 1.0 - level;
            if (test.p / alpha - 1.0).abs() > 1e-9 {
                prop_assert_eq!(test.p < alpha, !test.interval.unwrap().contains(0.0));
            }
        }

        #[test]
        fn the_degrees_of_freedom_lie_between_the_smaller_group_and_both(
            a in vec(-10.0..10.0_f64, 2..12),
            b in vec(-10.0..10.0_f64, 2..12),
        ) {
            let df = p95(&a, &b).df.unwrap();
            let least = (a.len().min(b.len()) - 1) as f64;
            let most = (a.len() + b.len() - 2) as f64;
            prop_assert!(df >= least - 1e-9 && df <= most + 1e-9);
        }
    }
}
