//! Tests of several groups at once: does any of them differ from the others?
//!
//! Sources: Fisher's analysis of variance (`scipy.stats.f_oneway`); Welch, "On the Comparison of Several Mean Values:
//! An Alternative Approach", Biometrika 38 (1951) (`pingouin.welch_anova`); Kruskal and Wallis, "Use of Ranks in
//! One-Criterion Variance Analysis", JASA 47 (1952) (`scipy.stats.kruskal`); Brown and Forsythe, "Robust Tests for the
//! Equality of Variances", JASA 69 (1974) (`scipy.stats.levene(center="median")`).
//!
//! If no run at all differs from any other, every relabelling gives the same statistic: p is 1, and the statistic,
//! 0/0, is `None`. Where every group is constant but they differ, the analyses of variance have no variance to compare
//! with and refuse; [`kruskal_wallis`] answers.

use super::describe;
use super::rank::Ranks;
use super::relabelling;
use super::tail;
use super::verdict::{Basis, Untestable, Verdict};

/// Fisher's one-way analysis of variance: do groups that vary equally differ in their mean? `df` is that of the
/// denominator.
///
/// # Errors
///
/// Fewer than two groups, an empty one, one run a group, all groups constant but different, or a value that is no
/// usable number.
pub fn anova(groups: &[&[f64]]) -> Result<Verdict, Untestable> {
    let (moved, rounding) = check(groups, 1)?;
    let all = moved.concat();
    if moved.len() == all.len() {
        return Err(Untestable::GroupTooSmall {
            group: 0,
            found: 1,
            needed: 2,
        });
    }
    if describe::range_of(&all) <= rounding {
        return Ok(nothing_differs());
    }
    if moved
        .iter()
        .all(|group| describe::range_of(group) <= rounding)
    {
        return Err(Untestable::GroupConstant { group: 0 });
    }
    Ok(variance_ratio(&moved))
}

/// Welch's analysis of variance, for groups that vary unequally. `df` is that of the denominator.
///
/// # Errors
///
/// Fewer than two groups, one of fewer than two values, a constant one unless nothing differs at all, or a value that
/// is no usable number.
pub fn welch_anova(groups: &[&[f64]]) -> Result<Verdict, Untestable> {
    let (moved, rounding) = check(groups, 2)?;
    if describe::range_of(&moved.concat()) <= rounding {
        return Ok(nothing_differs());
    }
    if let Some(group) = moved
        .iter()
        .position(|group| describe::range_of(group) <= rounding)
    {
        return Err(Untestable::GroupConstant { group });
    }
    let k = moved.len() as f64;
    let means: Vec<f64> = moved.iter().map(|group| describe::mean_of(group)).collect();
    let weights: Vec<f64> = moved
        .iter()
        .map(|group| group.len() as f64 / describe::std_of(group).powi(2))
        .collect();
    let total: f64 = weights.iter().sum();
    let centre = means
        .iter()
        .zip(&weights)
        .map(|(mean, weight)| mean * weight)
        .sum::<f64>()
        / total;
    let between = means
        .iter()
        .zip(&weights)
        .map(|(mean, weight)| weight * (mean - centre).powi(2))
        .sum::<f64>()
        / (k - 1.0);
    let lambda: f64 = moved
        .iter()
        .zip(&weights)
        .map(|(group, weight)| (1.0 - weight / total).powi(2) / (group.len() as f64 - 1.0))
        .sum();
    let statistic = between / (1.0 + 2.0 * (k - 2.0) / (k * k - 1.0) * lambda);
    let df = (k * k - 1.0) / (3.0 * lambda);
    Ok(Verdict {
        statistic: Some(statistic),
        df: Some(df),
        p: tail::f(statistic, k - 1.0, df),
        basis: Basis::Fisher,
    })
}

/// Fisher's analysis of variance with p by handing the runs to the groups by lot: exact whatever the distribution, if
/// runs of different groups could have changed places. Every arrangement is counted if there are not too many, random
/// ones from `seed` otherwise. Where every group is constant but they differ, F is infinite and `None`.
///
/// # Errors
///
/// Fewer than two groups, an empty one, or a value that is no usable number.
pub fn permutation(groups: &[&[f64]], seed: u64) -> Result<Verdict, Untestable> {
    let (moved, rounding) = check(groups, 1)?;
    if describe::range_of(&moved.concat()) <= rounding {
        return Ok(nothing_differs());
    }
    let plain = anova(groups).ok();
    let (p, basis) = relabelling::p(&moved, seed);
    Ok(Verdict {
        statistic: plain.and_then(|verdict| verdict.statistic),
        df: plain.and_then(|verdict| verdict.df),
        p,
        basis,
    })
}

/// The Kruskal–Wallis test, tie-corrected: does a run of some group tend to beat one of another? p by the chi-squared
/// distribution, which is rough below five runs a group.
///
/// # Errors
///
/// Fewer than two groups, an empty one, or a value that is no usable number.
pub fn kruskal_wallis(groups: &[&[f64]]) -> Result<Verdict, Untestable> {
    check(groups, 1)?;
    let all = groups.concat();
    let ranks = Ranks::of(&all, describe::rounding_of(&all, &[]));
    let n = all.len() as f64;
    let untied = 1.0 - ranks.ties / (n * n * n - n);
    if untied <= 0.0 || all.len() < 2 {
        return Ok(nothing_differs());
    }
    let mut start = 0;
    let mut between = 0.0;
    for group in groups {
        let size = group.len() as f64;
        let mean = ranks.sum(start..start + group.len()) / size;
        between += size * (mean - (n + 1.0) / 2.0).powi(2);
        start += group.len();
    }
    let statistic = 12.0 / (n * (n + 1.0)) * between / untied;
    let df = groups.len() as f64 - 1.0;
    Ok(Verdict {
        statistic: Some(statistic),
        df: Some(df),
        p: tail::chi_squared(statistic, df),
        basis: Basis::ChiSquared,
    })
}

/// The Brown–Forsythe test: do groups vary equally about their medians? `df` is that of the denominator.
///
/// # Errors
///
/// As for [`anova`], of the distances from the medians.
pub fn brown_forsythe(groups: &[&[f64]]) -> Result<Verdict, Untestable> {
    let (moved, rounding) = check(groups, 2)?;
    let distances: Vec<Vec<f64>> = moved
        .iter()
        .map(|group| {
            let median = describe::median(group).unwrap_or_default();
            group.iter().map(|value| (value - median).abs()).collect()
        })
        .collect();
    if describe::range_of(&distances.concat()) <= rounding {
        return Ok(nothing_differs());
    }
    if distances
        .iter()
        .all(|group| describe::range_of(group) <= rounding)
    {
        return Err(Untestable::GroupConstant { group: 0 });
    }
    Ok(variance_ratio(&distances))
}

/// F of a one-way analysis of variance, of groups that are not all constant.
fn variance_ratio(groups: &[Vec<f64>]) -> Verdict {
    let all = groups.concat();
    let centre = describe::mean_of(&all);
    let (mut between, mut within) = (0.0, 0.0);
    for group in groups {
        let mean = describe::mean_of(group);
        between += group.len() as f64 * (mean - centre).powi(2);
        within += group
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>();
    }
    let df1 = groups.len() as f64 - 1.0;
    let df2 = (all.len() - groups.len()) as f64;
    let statistic = between / df1 / (within / df2);
    Verdict {
        statistic: Some(statistic),
        df: Some(df2),
        p: tail::f(statistic, df1, df2),
        basis: Basis::Fisher,
    }
}

fn nothing_differs() -> Verdict {
    Verdict {
        statistic: None,
        df: None,
        p: 1.0,
        basis: Basis::ConstantEqual,
    }
}

/// The groups counted from one of their values and in a unit in which squares stay finite, or why they cannot be
/// tested. With them, the difference that is only rounding in that unit.
fn check(groups: &[&[f64]], needed: usize) -> Result<(Vec<Vec<f64>>, f64), Untestable> {
    if groups.len() < 2 {
        return Err(Untestable::TooFewGroups {
            found: groups.len(),
            needed: 2,
        });
    }
    if let Some(group) = groups.iter().position(|group| group.len() < needed) {
        return Err(Untestable::GroupTooSmall {
            group,
            found: groups[group].len(),
            needed,
        });
    }
    if !groups.iter().all(|group| describe::is_sample(group)) {
        return Err(Untestable::NotANumber);
    }
    let all = groups.concat();
    let origin = groups[0][0];
    let furthest = all
        .iter()
        .map(|value| (value - origin).abs())
        .fold(0.0, f64::max);
    let unit = if furthest > 0.0 {
        2.0_f64.powi(furthest.log2().floor() as i32)
    } else {
        1.0
    };
    let scale = |value: &f64| (value - origin) / unit;
    let moved = groups
        .iter()
        .map(|group| group.iter().map(scale).collect())
        .collect();
    Ok((moved, describe::rounding_of(&all, &[]) / unit))
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
        groups: Vec<Vec<f64>>,
        anova: Option<(f64, f64)>,
        welch: Option<(f64, f64, f64)>,
        kruskal: (f64, f64),
        brown_forsythe: Option<(f64, f64)>,
    }

    type Tester = fn(&[&[f64]]) -> Result<Verdict, Untestable>;
    const ALL: [Tester; 4] = [anova, welch_anova, kruskal_wallis, brown_forsythe];

    fn slices(groups: &[Vec<f64>]) -> Vec<&[f64]> {
        groups.iter().map(Vec::as_slice).collect()
    }

    #[test]
    fn every_test_agrees_with_scipy_and_pingouin() {
        for case in golden::cases::<Case>("several") {
            let groups = slices(&case.groups);
            let check = |test: Tester, expected: (f64, f64)| {
                let verdict = test(&groups).unwrap();
                assert_close(verdict.statistic.unwrap(), expected.0, 1e-11);
                assert_close(verdict.p, expected.1, 1e-10);
                verdict
            };
            check(kruskal_wallis, case.kruskal);
            if let Some(expected) = case.anova {
                check(anova, expected);
            }
            if let Some((f, df, p)) = case.welch {
                assert_close(check(welch_anova, (f, p)).df.unwrap(), df, 1e-11);
            }
            if let Some(expected) = case.brown_forsythe {
                check(brown_forsythe, expected);
            }
        }
    }

    #[test]
    fn the_values_that_scipy_prints_come_out() {
        let (odd, even) = ([1.0, 3.0, 5.0, 7.0, 9.0], [2.0, 4.0, 6.0, 8.0, 10.0]);
        let test = kruskal_wallis(&[&odd, &even]).unwrap();
        assert_close(test.statistic.unwrap(), 3.0 / 11.0, 1e-14);
        assert_close(test.p, 0.601_508_134_440_589_5, 1e-12);
        let test = kruskal_wallis(&[&[1.0; 3], &[2.0; 3], &[2.0; 2]]).unwrap();
        assert_close(test.statistic.unwrap(), 7.0, 1e-14);
        assert_close(test.p, 0.030_197_383_422_318_5, 1e-12);
    }

    #[test]
    fn an_offset_that_made_statrs_panic_changes_nothing() {
        let far = anova(&[
            &[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0],
            &[1e9 + 2.0, 1e9 + 3.0, 1e9 + 4.0],
        ]);
        assert_eq!(far, anova(&[&[1.0, 2.0, 3.0], &[2.0, 3.0, 4.0]]));
    }

    #[test]
    fn runs_that_all_scored_the_same_show_nothing() {
        for test in ALL {
            let verdict = test(&[&[500.0; 5], &[500.0; 4], &[500.0; 3]]).unwrap();
            assert_eq!(
                (verdict.statistic, verdict.p, verdict.basis),
                (None, 1.0, Basis::ConstantEqual)
            );
        }
    }

    #[test]
    fn what_cannot_be_tested_is_refused_with_the_reason() {
        let constant = [&[1.0; 3][..], &[2.0; 3], &[2.0; 3]];
        assert_eq!(
            anova(&constant),
            Err(Untestable::GroupConstant { group: 0 })
        );
        assert_eq!(
            welch_anova(&[&[1.0, 2.0], &[2.0; 3]]),
            Err(Untestable::GroupConstant { group: 1 })
        );
        assert_eq!(
            anova(&[&[1.0], &[2.0]]),
            Err(Untestable::GroupTooSmall {
                group: 0,
                found: 1,
                needed: 2
            })
        );
        for test in ALL {
            assert_eq!(
                test(&[&[1.0, 2.0]]),
                Err(Untestable::TooFewGroups {
                    found: 1,
                    needed: 2
                })
            );
            assert!(test(&[&[1.0, 2.0], &[]]).is_err());
            assert_eq!(
                test(&[&[1.0, 2.0], &[1.0, f64::NAN]]),
                Err(Untestable::NotANumber)
            );
        }
        assert_eq!(
            welch_anova(&[&[1.0], &[1.0, 2.0]]).unwrap_err().to_string(),
            "group 0 has 1 runs: each needs at least 2"
        );
    }

    proptest! {
        #[test]
        fn two_groups_are_tested_as_by_the_test_of_two(a in vec(-50..50_i32, 3..9), b in vec(-50..50_i32, 3..9)) {
            let floats = |values: &[i32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            let (a, b) = (floats(&a), floats(&b));
            let level = crate::interval::Level::P95;
            let student = crate::means::student(&a, &b, level).unwrap();
            let welch = crate::welch::test(&a, &b, level).unwrap();
            for (test, p) in [(anova as Tester, student.p), (welch_anova, welch.p)] {
                if let Ok(verdict) = test(&[&a, &b]) {
                    prop_assert!((verdict.p - p).abs() < 1e-11);
                }
            }
        }

        #[test]
        fn order_shift_and_unit_change_no_p(
            groups in vec(vec(-50..50_i32, 2..6), 2..5), shift in -999..999_i32, power in -9..9_i32,
        ) {
            let moved = |shift: i32, power: i32| -> Vec<Vec<f64>> {
                let one = |value: &i32| f64::from(value + shift) * 2.0_f64.powi(power);
                groups.iter().map(|group| group.iter().map(one).collect()).collect()
            };
            for test in ALL {
                let (plain, other) = (moved(0, 0), moved(shift, power));
                let mut turned = plain.clone();
                turned.reverse();
                match (test(&slices(&plain)), test(&slices(&other)), test(&slices(&turned))) {
                    (Ok(one), Ok(other), Ok(turned)) => {
                        prop_assert!((0.0..=1.0).contains(&one.p));
                        prop_assert!((one.p - other.p).abs() < 1e-11 && (one.p - turned.p).abs() < 1e-11);
                    }
                    (one, other, turned) => prop_assert!(one.is_err() && other.is_err() && turned.is_err()),
                }
            }
        }
    }
}
