//! The Brunner–Munzel test: is a run of one group as likely to beat one of the other as to lose to it?
//!
//! Source: Brunner and Munzel, "The Nonparametric Behrens–Fisher Problem: Asymptotic Theory and a Small-Sample
//! Approximation", Biometrical Journal 42 (2000); `scipy.stats.brunnermunzel` with its default t distribution. Unlike
//! Mann–Whitney's it does not need the groups to vary equally. The statistic is positive where the *second* group is
//! better.
//!
//! Where the groups do not overlap, no placement varies and the statistic is infinite (scipy: NaN). The answer is then
//! the exact permutation test, 2 / C(n₁ + n₂, n₁); where every run scored the same, p is 1.

use super::describe;
use super::rank::Ranks;
use super::student;
use super::verdict::{Basis, Untestable, Verdict};
use super::welch::separated;

/// The test, two-sided.
///
/// # Errors
///
/// Fewer than two values in a group, or one that is no usable number.
pub fn test(a: &[f64], b: &[f64]) -> Result<Verdict, Untestable> {
    if a.len() < 2 || b.len() < 2 {
        return Err(Untestable::TooFew {
            first: a.len(),
            second: b.len(),
        });
    }
    if !describe::is_sample(a) || !describe::is_sample(b) {
        return Err(Untestable::NotANumber);
    }
    let rounding = describe::rounding_of(a, b);
    let together = Ranks::of(&[a, b].concat(), rounding).plain();
    let (in_all_a, in_all_b) = together.split_at(a.len());
    let (n1, n2) = (a.len() as f64, b.len() as f64);
    let spread1 = spread(in_all_a, &Ranks::of(a, rounding).plain());
    let spread2 = spread(in_all_b, &Ranks::of(b, rounding).plain());
    let (weight1, weight2) = (n1 * spread1, n2 * spread2);
    let lead = describe::mean_of(in_all_b) - describe::mean_of(in_all_a);
    if weight1 + weight2 <= 0.0 {
        let equal = lead.abs() < 0.25;
        return Ok(Verdict {
            statistic: None,
            df: None,
            p: if equal {
                1.0
            } else {
                separated(a.len(), b.len())
            },
            basis: if equal {
                Basis::ConstantEqual
            } else {
                Basis::Separated
            },
        });
    }
    let statistic = n1 * n2 * lead / ((n1 + n2) * (weight1 + weight2).sqrt());
    let df = (weight1 + weight2).powi(2)
        / (weight1 * weight1 / (n1 - 1.0) + weight2 * weight2 / (n2 - 1.0));
    Ok(Verdict {
        statistic: Some(statistic),
        df: Some(df),
        p: student::both_tails(statistic, df),
        basis: Basis::Student,
    })
}

/// The variance of the placements of a group among the other: ranks among all less ranks among themselves.
fn spread(in_all: &[f64], in_group: &[f64]) -> f64 {
    let placements: Vec<f64> = in_all
        .iter()
        .zip(in_group)
        .map(|(all, group)| all - group)
        .collect();
    describe::std_of(&placements).powi(2)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::stats::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Case {
        a: Vec<f64>,
        b: Vec<f64>,
        statistic: f64,
        p: f64,
    }

    #[test]
    fn the_test_agrees_with_scipy() {
        for case in golden::cases::<Case>("brunner_munzel") {
            let test = test(&case.a, &case.b).unwrap();
            assert_close(test.statistic.unwrap(), case.statistic, 1e-12);
            assert_close(test.p, case.p, 1e-10);
        }
    }

    #[test]
    fn groups_that_do_not_overlap_are_answered_by_permuting_them() {
        let apart = test(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0]).unwrap();
        assert_eq!((apart.statistic, apart.basis), (None, Basis::Separated));
        assert_close(apart.p, 2.0 / 252.0, 1e-15);
        let same = test(&[5.0; 4], &[5.0; 6]).unwrap();
        assert_eq!((same.p, same.basis), (1.0, Basis::ConstantEqual));
        assert!(test(&[1.0], &[1.0, 2.0]).is_err());
        assert!(test(&[1.0, f64::NAN], &[1.0, 2.0]).is_err());
    }

    proptest! {
        #[test]
        fn only_the_order_counts_and_turning_it_turns_the_sign(a in vec(-20..20_i8, 2..12), b in vec(-20..20_i8, 2..12)) {
            let floats = |values: &[i8]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            let (a, b) = (floats(&a), floats(&b));
            let cubed = |values: &[f64]| values.iter().map(|value| value * value * value).collect::<Vec<_>>();
            let verdict = test(&a, &b).unwrap();
            prop_assert_eq!(verdict, test(&cubed(&a), &cubed(&b)).unwrap());
            let turned = test(&b, &a).unwrap();
            prop_assert!((verdict.p - turned.p).abs() < 1e-12 && (0.0..=1.0).contains(&verdict.p));
            prop_assert!((verdict.statistic.unwrap_or(0.0) + turned.statistic.unwrap_or(0.0)).abs() < 1e-12);
        }
    }
}
