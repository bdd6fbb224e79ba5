//! The other t tests: Student's for equal variances, Student's for pairs, and two one-sided tests for equivalence.
//!
//! Sources: Student, "The Probable Error of a Mean", Biometrika 6 (1908), which is `scipy.stats.ttest_ind` with its
//! default `equal_var=True`, and `scipy.stats.ttest_rel`; Schuirmann, "A Comparison of the Two One-Sided Tests Procedure
//! and the Power Approach", Journal of Pharmacokinetics and Biopharmaceutics 15 (1987).
//!
//! Where no run varies, the answers are those of [`welch`]: the exact permutation test of the same data. Where every
//! pair differs by the same amount, the exact sign-flip test answers: of the 2ⁿ equally likely assignments of signs, two
//! separate the pairs as the data do, so p = 2 / 2ⁿ.

use super::describe;
use super::interval::Level;
use super::pairs::Differences;
use super::student;
use super::test_error::TestError;
use super::test_result::{Basis, TestResult};
use super::welch::{self, MeanTest};

/// Student's t test with pooled variance, two-sided: do two groups that vary equally differ in their mean?
///
/// Its p values are too small when the smaller group varies more; [`welch::test`] makes no such assumption.
///
/// # Errors
///
/// Fewer than two values in a group, or one that is no usable number.
pub fn student(a: &[f64], b: &[f64], level: Level) -> Result<MeanTest, TestError> {
    let welch = welch::test(a, b, level)?;
    if welch.basis != Basis::Student {
        return Ok(welch);
    }
    let (n1, n2) = (a.len() as f64, b.len() as f64);
    let df = n1 + n2 - 2.0;
    let share = |n: f64| ((n - 1.0) / df).sqrt();
    let pooled = (welch::std_of(a) * share(n1)).hypot(welch::std_of(b) * share(n2));
    let error = pooled * (1.0 / n1 + 1.0 / n2).sqrt();
    Ok(MeanTest::by_student(welch.difference, error, df, level))
}

/// The t test for pairs, two-sided: is the mean of `a[i] − b[i]` zero? Runs are paired by something that both share,
/// such as a seed.
///
/// # Errors
///
/// Groups of unequal size, fewer than two pairs, or a value that is NaN, infinite or beyond `LARGEST`.
pub fn paired(a: &[f64], b: &[f64], level: Level) -> Result<MeanTest, TestError> {
    let differences = Differences::of(a, b)?;
    let n = differences.values.len();
    if n < 2 {
        return Err(TestError::TooFewPairs {
            found: n,
            needed: 2,
        });
    }
    let difference = describe::mean_of(&differences.values);
    if differences.are_constant() {
        let (p, basis) = if differences.are_zero() {
            (1.0, Basis::EqualPairs)
        } else {
            let p = 2.0 * 0.5_f64.powi(n.min(5000) as i32);
            (p, Basis::ConstantShift)
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
    let n = n as f64;
    let error = describe::std_of(&differences.values) / n.sqrt();
    Ok(MeanTest::by_student(difference, error, n - 1.0, level))
}

/// Two one-sided Welch tests for equivalence: is the difference of the means within ±`margin`?
///
/// A *small* p says that the groups are equivalent, which a large p of an ordinary test does not. The statistic is that
/// of the side that is nearer to its margin, whose p value is that of the whole. The margin must be justified before the
/// data are seen.
///
/// The test finds equivalence at `alpha` exactly when the interval of the difference at the level 1 − 2·`alpha` lies
/// within ±`margin`: each side is tested at `alpha`, so it is the 90 % interval that decides at 0.05.
///
/// If no run varies, p is 1 for a difference beyond the margin; otherwise it is that of the exact permutation test that
/// finds the groups separated, 1 / C(n₁ + n₂, n₁).
///
/// # Errors
///
/// Fewer than two values in a group, one that is no usable number, or a margin that is not positive.
pub fn equivalence(a: &[f64], b: &[f64], margin: f64) -> Result<TestResult, TestError> {
    if !(margin > 0.0 && margin <= describe::LARGEST) {
        return Err(TestError::NoMargin);
    }
    let welch = welch::test(a, b, Level::P95)?;
    let (Some(t), Some(df)) = (welch.t, welch.df) else {
        let within = welch.difference.abs() < margin;
        return Ok(TestResult {
            statistic: None,
            df: None,
            p: if within {
                welch::separated(a.len(), b.len()) / 2.0
            } else {
                1.0
            },
            basis: Basis::ConstantDifferent,
        });
    };
    let (n1, n2) = (a.len() as f64, b.len() as f64);
    let error = (welch::std_of(a) / n1.sqrt()).hypot(welch::std_of(b) / n2.sqrt());
    let (lower, upper) = (t + margin / error, t - margin / error);
    let above = |t: f64| {
        let both = student::both_tails(t, df) / 2.0;
        if t > 0.0 { both } else { 1.0 - both }
    };
    let (p_lower, p_upper) = (above(lower), above(-upper));
    let (statistic, p) = if p_lower >= p_upper {
        (lower, p_lower)
    } else {
        (upper, p_upper)
    };
    Ok(TestResult {
        statistic: Some(statistic),
        df: Some(df),
        p,
        basis: Basis::Student,
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Case {
        a: Vec<f64>,
        b: Vec<f64>,
        t: f64,
        df: f64,
        p: f64,
        low: f64,
        high: f64,
    }

    #[derive(Deserialize)]
    struct Tost {
        a: Vec<f64>,
        b: Vec<f64>,
        margin: f64,
        t: f64,
        df: f64,
        p: f64,
    }

    type Tester = fn(&[f64], &[f64], Level) -> Result<MeanTest, TestError>;

    #[test]
    fn students_test_and_the_paired_one_agree_with_scipy() {
        for (name, test) in [("student", student as Tester), ("paired_t", paired)] {
            for case in golden::cases::<Case>(name) {
                let test = test(&case.a, &case.b, Level::P95).unwrap();
                let interval = test.interval.unwrap();
                assert_close(test.t.unwrap(), case.t, 1e-11);
                assert_close(test.df.unwrap(), case.df, 1e-14);
                assert_close(test.p, case.p, 1e-11);
                assert_close(interval.low, case.low, 1e-11);
                assert_close(interval.high, case.high, 1e-11);
            }
        }
    }

    #[test]
    fn the_equivalence_test_agrees_with_statsmodels() {
        for case in golden::cases::<Tost>("tost") {
            let test = equivalence(&case.a, &case.b, case.margin).unwrap();
            assert_close(test.statistic.unwrap(), case.t, 1e-10);
            assert_close(test.df.unwrap(), case.df, 1e-11);
            assert_close(test.p, case.p, 1e-10);
        }
    }

    #[test]
    fn constant_differences_have_the_p_of_the_sign_flip_test() {
        let same = paired(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0], Level::P95).unwrap();
        assert_eq!((same.p, same.t, same.basis), (1.0, None, Basis::EqualPairs));
        let shifted = paired(
            &[2.0, 3.0, 4.0, 5.0, 6.0],
            &[1.0, 2.0, 3.0, 4.0, 5.0],
            Level::P95,
        )
        .unwrap();
        assert_eq!(
            (shifted.p, shifted.basis),
            (2.0 / 32.0, Basis::ConstantShift)
        );
        assert_eq!(
            student(&[5.0; 5], &[9.0; 5], Level::P95),
            welch::test(&[5.0; 5], &[9.0; 5], Level::P95)
        );
    }

    #[test]
    fn constant_groups_are_equivalent_only_within_the_margin() {
        let near = equivalence(&[5.0; 5], &[5.5; 5], 1.0).unwrap();
        assert_close(near.p, 1.0 / 252.0, 1e-15);
        assert_eq!(equivalence(&[5.0; 5], &[9.0; 5], 1.0).unwrap().p, 1.0);
    }

    #[test]
    fn groups_that_cannot_be_tested_are_refused_with_the_reason() {
        let message = paired(&[1.0, 2.0], &[1.0], Level::P95)
            .unwrap_err()
            .to_string();
        assert_eq!(message, "groups of 2 and 1 runs cannot be paired");
        assert_eq!(
            paired(&[1.0], &[2.0], Level::P95),
            Err(TestError::TooFewPairs {
                found: 1,
                needed: 2
            })
        );
        assert_eq!(
            paired(&[1.0, f64::NAN], &[2.0, 3.0], Level::P95),
            Err(TestError::NotANumber)
        );
        assert!(student(&[1.0], &[2.0, 3.0], Level::P95).is_err());
        for margin in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(
                equivalence(&[1.0, 2.0], &[1.0, 3.0], margin),
                Err(TestError::NoMargin)
            );
        }
    }

    proptest! {
        #[test]
        fn shifting_and_rescaling_change_no_p(
            pairs in vec((-100..100_i32, -100..100_i32), 3..12), shift in -1000..1000_i32, power in -20..20_i32,
        ) {
            let plain = |pick: fn(&(i32, i32)) -> i32| pairs.iter().map(|pair| f64::from(pick(pair))).collect::<Vec<_>>();
            let (a, b) = (plain(|pair| pair.0), plain(|pair| pair.1));
            let moved = |values: &[f64]| {
                values.iter().map(|value| (value + f64::from(shift)) * 2.0_f64.powi(power)).collect::<Vec<_>>()
            };
            for test in [student as Tester, paired] {
                let p = test(&a, &b, Level::P95).unwrap().p;
                prop_assert_eq!(test(&moved(&a), &moved(&b), Level::P95).unwrap().p, p);
                prop_assert!((test(&b, &a, Level::P95).unwrap().p - p).abs() < 1e-12);
                prop_assert!((0.0..=1.0).contains(&p));
            }
        }

        #[test]
        fn a_wider_margin_makes_equivalence_easier(
            a in vec(-10.0..10.0_f64, 2..12), b in vec(-10.0..10.0_f64, 2..12), margin in 0.1..10.0_f64,
        ) {
            let p = equivalence(&a, &b, margin).unwrap().p;
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert!(equivalence(&a, &b, 2.0 * margin).unwrap().p <= p);
        }
    }
}
