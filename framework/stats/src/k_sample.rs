//! Tests of several groups at once: does any of them differ from the others?
//!
//! Sources: Fisher's analysis of variance (`scipy.stats.f_oneway`); Welch, "On the Comparison of Several Mean Values:
//! An Alternative Approach", Biometrika 38 (1951) (`pingouin.welch_anova`); Kruskal and Wallis, "Use of Ranks in
//! One-Criterion Variance Analysis", JASA 47 (1952) (`scipy.stats.kruskal`); Brown and Forsythe, "Robust Tests for the
//! Equality of Variances", JASA 69 (1974) (`scipy.stats.levene(center="median")`).
//!
//! If no run differs from any other, every relabelling gives the same statistic: p is 1, and the statistic, which is
//! 0/0, is `None`. Where every group is constant but they differ, the analyses of variance have no variance to compare
//! with and refuse; [`kruskal_wallis`] answers.
//!
//! All of these have one tail: the more the groups differ, in whatever direction, the larger the statistic.

use super::describe;
use super::distributions;
use super::rank::Ranks;
use super::relabelling;
use super::test_error::TestError;
use super::test_result::{Basis, TestResult};
use super::ties;

/// Fisher's one-way analysis of variance: do groups that vary equally differ in their mean? `df` is that of the
/// denominator.
///
/// # Errors
///
/// Fewer than two groups, an empty one, one run a group, all groups constant but different, or a value that is no
/// usable number.
pub fn anova(groups: &[&[f64]]) -> Result<TestResult, TestError> {
    check(groups, 1)?;
    let all = groups.concat();
    if groups.len() == all.len() {
        return Err(TestError::GroupTooSmall {
            group: 0,
            found: 1,
            needed: 2,
        });
    }
    if ties::is_constant(&all) {
        return Ok(TestResult::nothing_differs());
    }
    if groups.iter().all(|group| ties::is_constant(group)) {
        return Err(TestError::GroupConstant { group: 0 });
    }
    Ok(variance_ratio(groups))
}

/// Welch's analysis of variance, for groups that vary unequally. `df` is that of the denominator.
///
/// # Errors
///
/// Fewer than two groups, one of fewer than two values, a constant one unless nothing differs at all, or a value that
/// is no usable number.
pub fn welch_anova(groups: &[&[f64]]) -> Result<TestResult, TestError> {
    check(groups, 2)?;
    if ties::is_constant(&groups.concat()) {
        return Ok(TestResult::nothing_differs());
    }
    if let Some(group) = groups.iter().position(|group| ties::is_constant(group)) {
        return Err(TestError::GroupConstant { group });
    }
    let k = groups.len() as f64;
    let moments = moments(groups);
    let weights: Vec<f64> = moments
        .iter()
        .map(|group| group.n * (group.n - 1.0) / group.squares.max(1e-290))
        .collect();
    let total: f64 = weights.iter().sum();
    let centre = moments
        .iter()
        .zip(&weights)
        .map(|(group, weight)| group.mean * weight)
        .sum::<f64>()
        / total;
    let between = moments
        .iter()
        .zip(&weights)
        .map(|(group, weight)| weight * (group.mean - centre).powi(2))
        .sum::<f64>()
        / (k - 1.0);
    let lambda: f64 = moments
        .iter()
        .zip(&weights)
        .map(|(group, weight)| (1.0 - weight / total).powi(2) / (group.n - 1.0))
        .sum();
    let statistic = between / (1.0 + 2.0 * (k - 2.0) / (k * k - 1.0) * lambda);
    let df = (k * k - 1.0) / (3.0 * lambda);
    Ok(by_fisher(statistic, k - 1.0, df))
}

/// Fisher's analysis of variance with p by handing the runs to the groups by lot: exact whatever the distribution, if
/// runs of different groups could have changed places. Every arrangement is counted if there are not too many, random
/// ones from `seed` otherwise. Where every group is constant but they differ, F is infinite and `None`.
///
/// # Errors
///
/// Fewer than two groups, an empty one, or a value that is NaN, infinite or beyond `LARGEST`.
pub fn permutation(groups: &[&[f64]], seed: u64) -> Result<TestResult, TestError> {
    check(groups, 1)?;
    if ties::is_constant(&groups.concat()) {
        return Ok(TestResult::nothing_differs());
    }
    let plain = anova(groups).ok();
    let (p, basis) = relabelling::p(groups, 0.0, seed);
    Ok(TestResult {
        statistic: plain.and_then(|result| result.statistic),
        df: plain.and_then(|result| result.df),
        p,
        basis,
    })
}

/// The Kruskal–Wallis test, tie-corrected: does a run of some group tend to beat one of another? p by the chi-squared
/// distribution, which is rough below five runs a group.
///
/// # Errors
///
/// Fewer than two groups, an empty one, or a value that is NaN, infinite or beyond `LARGEST`.
pub fn kruskal_wallis(groups: &[&[f64]]) -> Result<TestResult, TestError> {
    check(groups, 1)?;
    let all = groups.concat();
    let ranks = Ranks::of(&all);
    let n = all.len() as f64;
    let untied = 1.0 - ranks.ties / (n * n * n - n);
    if untied <= 0.0 || all.len() < 2 {
        return Ok(TestResult::nothing_differs());
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
    Ok(TestResult {
        statistic: Some(statistic),
        df: Some(df),
        p: distributions::chi_squared(statistic, df),
        basis: Basis::ChiSquared,
    })
}

/// The Brown–Forsythe test: do groups vary equally about their medians? `df` is that of the denominator.
///
/// # Errors
///
/// As for [`anova`], of the distances from the medians.
pub fn brown_forsythe(groups: &[&[f64]]) -> Result<TestResult, TestError> {
    check(groups, 2)?;
    let distances: Vec<Vec<f64>> = groups
        .iter()
        .map(|group| {
            let median = describe::median(group).unwrap_or_default();
            group.iter().map(|value| (value - median).abs()).collect()
        })
        .collect();
    // A distance is as precise as the scores that it was computed from.
    let is_rounding = |distances: &[f64], scores: &[f64]| {
        describe::range_of(distances) <= describe::rounding_of(scores, &[]).max(f64::MIN_POSITIVE)
    };
    let mut with_scores = distances.iter().zip(groups);
    if with_scores.all(|(distances, scores)| is_rounding(distances, scores)) {
        return if is_rounding(&distances.concat(), &groups.concat()) {
            Ok(TestResult::nothing_differs())
        } else {
            Err(TestError::GroupConstant { group: 0 })
        };
    }
    let distances: Vec<&[f64]> = distances.iter().map(Vec::as_slice).collect();
    Ok(variance_ratio(&distances))
}

/// The F test of a one-way analysis of variance, for groups that are not all constant.
fn variance_ratio(groups: &[&[f64]]) -> TestResult {
    let moments = moments(groups);
    let all: f64 = moments.iter().map(|group| group.n).sum();
    let sum: f64 = moments.iter().map(|group| group.n * group.mean).sum();
    let centre = sum / all;
    let between: f64 = moments
        .iter()
        .map(|group| group.n * (group.mean - centre).powi(2))
        .sum();
    let within: f64 = moments.iter().map(|group| group.squares).sum();
    let df1 = moments.len() as f64 - 1.0;
    let df2 = all - moments.len() as f64;
    by_fisher(between / df1 / (within / df2), df1, df2)
}

/// The answer by Fisher's F distribution. Groups that vary by 1e-200 may lie 1e150 apart, which is too much for an
/// `f64`.
fn by_fisher(statistic: f64, df1: f64, df2: f64) -> TestResult {
    let statistic = statistic.min(f64::MAX);
    TestResult {
        statistic: Some(statistic),
        df: Some(df2),
        p: distributions::f(statistic, df1, df2),
        basis: Basis::Fisher,
    }
}

/// The moments of a group.
struct Moments {
    n: f64,
    mean: f64,
    /// The sum of the squared deviations from the mean.
    squares: f64,
}

/// The moments of the groups, counted from the first score of all and in a unit in which squares stay finite. The
/// deviations of each group are computed from its own scores, so that they lose no digits to the distance of the others.
fn moments(groups: &[&[f64]]) -> Vec<Moments> {
    let origin = groups[0][0];
    let furthest = groups
        .concat()
        .iter()
        .map(|value| (value - origin).abs())
        .fold(0.0, f64::max);
    let unit = if furthest > 0.0 {
        2.0_f64.powi(furthest.log2().floor() as i32)
    } else {
        1.0
    };
    let of_group = |group: &&[f64]| {
        let moved: Vec<f64> = group
            .iter()
            .map(|value| (value - group[0]) / unit)
            .collect();
        let mean = describe::mean_of(&moved);
        let squares = moved.iter().map(|value| (value - mean).powi(2)).sum();
        Moments {
            n: group.len() as f64,
            mean: (group[0] - origin) / unit + mean,
            squares,
        }
    };
    groups.iter().map(of_group).collect()
}

/// Checks that there are at least two groups of at least `needed` usable scores each.
fn check(groups: &[&[f64]], needed: usize) -> Result<(), TestError> {
    if groups.len() < 2 {
        return Err(TestError::TooFewGroups {
            found: groups.len(),
            needed: 2,
        });
    }
    if let Some(group) = groups.iter().position(|group| group.len() < needed) {
        return Err(TestError::GroupTooSmall {
            group,
            found: groups[group].len(),
            needed,
        });
    }
    if !groups.iter().all(|group| describe::is_sample(group)) {
        return Err(TestError::NotANumber);
    }
    Ok(())
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

    type Tester = fn(&[&[f64]]) -> Result<TestResult, TestError>;
    const ALL: [Tester; 4] = [anova, welch_anova, kruskal_wallis, brown_forsythe];

    fn slices(groups: &[Vec<f64>]) -> Vec<&[f64]> {
        groups.iter().map(Vec::as_slice).collect()
    }

    #[test]
    fn every_test_agrees_with_scipy_and_pingouin() {
        for case in golden::cases::<Case>("several") {
            let groups = slices(&case.groups);
            let check = |test: Tester, expected: (f64, f64)| {
                let result = test(&groups).unwrap();
                assert_close(result.statistic.unwrap(), expected.0, 1e-11);
                assert_close(result.p, expected.1, 1e-10);
                result
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
    fn the_values_in_scipys_documentation_are_reproduced() {
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
    fn runs_that_all_score_the_same_have_a_p_of_one() {
        for test in ALL {
            let result = test(&[&[500.0; 5], &[500.0; 4], &[500.0; 3]]).unwrap();
            assert_eq!(
                (result.statistic, result.p, result.basis),
                (None, 1.0, Basis::ConstantEqual)
            );
        }
    }

    #[test]
    fn groups_that_cannot_be_tested_are_refused_with_the_reason() {
        let constant = [&[1.0; 3][..], &[2.0; 3], &[2.0; 3]];
        assert_eq!(anova(&constant), Err(TestError::GroupConstant { group: 0 }));
        assert_eq!(
            welch_anova(&[&[1.0, 2.0], &[2.0; 3]]),
            Err(TestError::GroupConstant { group: 1 })
        );
        assert_eq!(
            anova(&[&[1.0], &[2.0]]),
            Err(TestError::GroupTooSmall {
                group: 0,
                found: 1,
                needed: 2
            })
        );
        for test in ALL {
            assert_eq!(
                test(&[&[1.0, 2.0]]),
                Err(TestError::TooFewGroups {
                    found: 1,
                    needed: 2
                })
            );
            assert!(test(&[&[1.0, 2.0], &[]]).is_err());
            assert_eq!(
                test(&[&[1.0, 2.0], &[1.0, f64::NAN]]),
                Err(TestError::NotANumber)
            );
        }
        assert_eq!(
            welch_anova(&[&[1.0], &[1.0, 2.0]]).unwrap_err().to_string(),
            "group 0 has 1 runs: each needs at least 2"
        );
    }

    #[test]
    fn one_diverged_run_ties_no_others() {
        let diverged = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -1e18];
        let others = [11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0];
        let test = kruskal_wallis(&[&diverged, &others]).unwrap();
        // scipy.stats.kruskal
        assert_close(test.p, 0.001_745_118_6, 1e-6);
        let test = permutation(&[&diverged, &others], 0).unwrap();
        assert_close(test.p, 2.0 / 3432.0, 1e-12);
    }

    #[test]
    fn a_group_that_is_far_away_does_not_make_constants_of_the_others() {
        let (far, near) = ([1e18; 7], [11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0]);
        for test in [anova, brown_forsythe] {
            let result = test(&[&far, &near]).unwrap();
            assert!(result.statistic.unwrap().is_finite() && result.p < 0.01);
        }
        assert_eq!(
            welch_anova(&[&near, &far]),
            Err(TestError::GroupConstant { group: 1 })
        );
    }

    proptest! {
        #[test]
        fn with_two_groups_the_p_is_that_of_the_two_sample_test(a in vec(-50..50_i32, 3..9), b in vec(-50..50_i32, 3..9)) {
            let floats = |values: &[i32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            let (a, b) = (floats(&a), floats(&b));
            let level = crate::interval::Level::P95;
            let student = crate::means::student(&a, &b, level).unwrap();
            let welch = crate::welch::test(&a, &b, level).unwrap();
            for (test, p) in [(anova as Tester, student.p), (welch_anova, welch.p)] {
                if let Ok(result) = test(&[&a, &b]) {
                    prop_assert!((result.p - p).abs() < 1e-11);
                }
            }
        }

        #[test]
        fn reordering_shifting_and_rescaling_change_no_p(
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
