//! The other t tests: Student's for equal variances, the one for pairs, and two one-sided ones for equivalence.
//!
//! Sources: Student, "The Probable Error of a Mean", Biometrika 6 (1908): `scipy.stats.ttest_ind` with its default
//! `equal_var=True` and `scipy.stats.ttest_rel`; Schuirmann, "A Comparison of the Two One-Sided Tests Procedure and
//! the Power Approach", Journal of Pharmacokinetics and Biopharmaceutics 15 (1987).
//!
//! Where no run varies, the answers are those of [`welch`]: the exact permutation test of the same data.
//! Where every pair differs by the same amount, the exact sign-flip test answers: of the 2ⁿ equally likely signs, two
//! separate as the data do, so p = 2 / 2ⁿ.

use super::describe;
use super::interval::{Interval, Level};
use super::student;
use super::verdict::{Basis, Untestable, Verdict};
use super::welch::{self, MeanTest};

/// Student's t test with pooled variance, two-sided: do two groups that vary equally differ in their mean?
///
/// Its p values are too small when the smaller group varies more; [`welch::test`] has no such assumption.
///
/// # Errors
///
/// Fewer than two values in a group, or one that is no usable number.
pub fn student(a: &[f64], b: &[f64], level: Level) -> Result<MeanTest, Untestable> {
    let welch = welch::test(a, b, level)?;
    if welch.basis != Basis::Student {
        return Ok(welch);
    }
    let (moved_a, moved_b) = describe::from_common_origin(a, b);
    let (n1, n2) = (a.len() as f64, b.len() as f64);
    let df = n1 + n2 - 2.0;
    let share = |n: f64| ((n - 1.0) / df).sqrt();
    let pooled =
        (describe::std_of(&moved_a) * share(n1)).hypot(describe::std_of(&moved_b) * share(n2));
    Ok(answer(
        welch.difference,
        pooled * (1.0 / n1 + 1.0 / n2).sqrt(),
        df,
        level,
    ))
}

/// The t test for pairs, two-sided: is the mean of `a[i] − b[i]` zero? Runs are paired by something that both share,
/// such as a seed.
///
/// # Errors
///
/// Groups of unequal size, fewer than two pairs, or a value that is no usable number.
pub fn paired(a: &[f64], b: &[f64], level: Level) -> Result<MeanTest, Untestable> {
    let differences = differences(a, b)?;
    if differences.len() < 2 {
        return Err(Untestable::TooFewPairs {
            found: differences.len(),
            needed: 2,
        });
    }
    let rounding = describe::rounding_of(a, b);
    let difference = describe::mean_of(&differences);
    if describe::range_of(&differences) <= rounding {
        let equal = difference.abs() <= rounding;
        return Ok(MeanTest {
            difference,
            t: None,
            df: None,
            p: if equal {
                1.0
            } else {
                2.0 * 0.5_f64.powi(differences.len().min(5000) as i32)
            },
            interval: None,
            basis: if equal {
                Basis::EqualPairs
            } else {
                Basis::ConstantShift
            },
        });
    }
    let n = differences.len() as f64;
    Ok(answer(
        difference,
        describe::std_of(&differences) / n.sqrt(),
        n - 1.0,
        level,
    ))
}

/// `a[i] − b[i]`, which an exact zero stands for where they differ by rounding.
pub(super) fn differences(a: &[f64], b: &[f64]) -> Result<Vec<f64>, Untestable> {
    if a.len() != b.len() {
        return Err(Untestable::Unpaired {
            first: a.len(),
            second: b.len(),
        });
    }
    if a.is_empty() {
        return Err(Untestable::Empty {
            first: 0,
            second: 0,
        });
    }
    if !describe::is_sample(a) || !describe::is_sample(b) {
        return Err(Untestable::NotANumber);
    }
    let rounding = describe::rounding_of(a, b);
    let near = |difference: f64| {
        if difference.abs() <= rounding {
            0.0
        } else {
            difference
        }
    };
    Ok(a.iter().zip(b).map(|(a, b)| near(a - b)).collect())
}

fn answer(difference: f64, error: f64, df: f64, level: Level) -> MeanTest {
    let t = difference / error;
    MeanTest {
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

/// Two one-sided Welch tests for equivalence: is the difference of the means within ±`margin`?
///
/// A *small* p says that the groups are equivalent; of an ordinary test a large p does not. The statistic is that of
/// the side that is nearer to its margin, whose p value is that of the whole. The margin is the caller's to justify,
/// before the data are seen.
///
/// If no run varies, p is 1 for a difference beyond the margin, and otherwise that of the exact permutation test that
/// finds the groups separated: 1 / C(n₁ + n₂, n₁).
///
/// # Errors
///
/// Fewer than two values in a group, one that is no usable number, or a margin that is not positive.
pub fn equivalence(a: &[f64], b: &[f64], margin: f64) -> Result<Verdict, Untestable> {
    if !(margin > 0.0 && margin <= describe::LARGEST) {
        return Err(Untestable::NoMargin);
    }
    let welch = welch::test(a, b, Level::P95)?;
    let (Some(t), Some(df)) = (welch.t, welch.df) else {
        let within = welch.difference.abs() < margin;
        return Ok(Verdict {
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
    let error = (describe::std_of(a) / n1.sqrt()).hypot(describe::std_of(b) / n2.sqrt());
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
    Ok(Verdict {
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

    type Tester = fn(&[f64], &[f64], Level) -> Result<MeanTest, Untestable>;

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
    fn pairs_that_never_vary_are_answered_by_flipping_signs() {
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
    fn groups_that_never_vary_are_equivalent_only_within_the_margin() {
        let near = equivalence(&[5.0; 5], &[5.5; 5], 1.0).unwrap();
        assert_close(near.p, 1.0 / 252.0, 1e-15);
        assert_eq!(equivalence(&[5.0; 5], &[9.0; 5], 1.0).unwrap().p, 1.0);
    }

    #[test]
    fn what_cannot_be_tested_is_refused_with_the_reason() {
        let message = paired(&[1.0, 2.0], &[1.0], Level::P95)
            .unwrap_err()
            .to_string();
        assert_eq!(message, "groups of 2 and 1 runs cannot be paired");
        assert_eq!(
            paired(&[1.0], &[2.0], Level::P95),
            Err(Untestable::TooFewPairs {
                found: 1,
                needed: 2
            })
        );
        assert_eq!(
            paired(&[1.0, f64::NAN], &[2.0, 3.0], Level::P95),
            Err(Untestable::NotANumber)
        );
        assert!(student(&[1.0], &[2.0, 3.0], Level::P95).is_err());
        for margin in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(
                equivalence(&[1.0, 2.0], &[1.0, 3.0], margin),
                Err(Untestable::NoMargin)
            );
        }
    }

    proptest! {
        #[test]
        fn a_shift_and_a_unit_change_no_p(
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
