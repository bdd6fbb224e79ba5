//! The number of steps until a score is reached, where some runs never reach it.
//!
//! Sources: Kaplan and Meier, "Nonparametric Estimation from Incomplete Observations", JASA 53 (1958); Mantel,
//! "Evaluation of Survival Data and Two New Rank Order Statistics", Cancer Chemotherapy Reports 50 (1966): the log-rank
//! test, as in `lifelines.statistics.multivariate_logrank_test`.
//!
//! A run that did not reach the score by its last step is *censored* there: it would have taken longer, but nobody knows how
//! much longer. Leaving it out, or counting its last step as a success, would flatter the method that fails more often.

use serde::{Deserialize, Serialize};

use super::distributions;
use super::relabelling;
use super::test_error::TestError;
use super::test_result::{Basis, TestResult};

/// The step at which a run reached a score, or the last step by which it had not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// The number of environment steps.
    pub step: u64,
    /// Whether the score was reached at this step; if not, the run is censored here.
    pub reached: bool,
}

impl Reached {
    /// The first evaluation of `curve` (in ascending order of steps) that scores `threshold` or more, provided that the next
    /// `stays` evaluations do, too. With `stays = 0` a single lucky evaluation is enough. `None` without any evaluation.
    ///
    /// ```
    /// use spikebench_stats::survival::Reached;
    ///
    /// let curve = [(0, 10.0), (100, 480.0), (200, 90.0), (300, 470.0), (400, 490.0)];
    /// assert_eq!(Reached::of(&curve, 450.0, 0), Some(Reached { step: 100, reached: true }));
    /// assert_eq!(Reached::of(&curve, 450.0, 1), Some(Reached { step: 300, reached: true }));
    /// assert_eq!(Reached::of(&curve, 495.0, 0), Some(Reached { step: 400, reached: false }));
    /// ```
    pub fn of(curve: &[(u64, f64)], threshold: f64, stays: usize) -> Option<Self> {
        let last = curve.last()?.0;
        let holds = |window: &[(u64, f64)]| window.iter().all(|point| point.1 >= threshold);
        let first = curve
            .windows(stays.saturating_add(1))
            .find(|window| holds(window));
        Some(first.map_or(
            Self {
                step: last,
                reached: false,
            },
            |window| Self {
                step: window[0].0,
                reached: true,
            },
        ))
    }
}

/// The Kaplan–Meier estimate: for each step at which some run reached the score, the share of runs that take longer.
pub fn kaplan_meier(runs: &[Reached]) -> Vec<(u64, f64)> {
    let mut left = 1.0;
    risk_table(&[runs])
        .iter()
        .map(|at| {
            left *= 1.0 - at.reached[0] / at.risk[0];
            (at.step, left)
        })
        .collect()
}

/// The step by which half of the runs have reached the score, by [`kaplan_meier`]; `None` if that is not known, because
/// more than half are censored.
pub fn median(runs: &[Reached]) -> Option<u64> {
    // A half may come out as 0.5000000000000001.
    kaplan_meier(runs)
        .into_iter()
        .find(|&(_, left)| left <= 0.5 + 1e-12)
        .map(|(step, _)| step)
}

/// The log-rank test: do the groups take equally long? The statistic is referred to the chi-squared distribution with one
/// degree of freedom less than there are groups. If no run of any group reached the score, or if none could
/// have taken longer than another because all reached it at the same step, nothing distinguishes the groups and p is 1.
///
/// # Errors
///
/// Fewer than two groups, or an empty one.
pub fn log_rank(groups: &[&[Reached]]) -> Result<TestResult, TestError> {
    if groups.len() < 2 {
        return Err(TestError::TooFewGroups {
            found: groups.len(),
            needed: 2,
        });
    }
    if let Some(group) = groups.iter().position(|group| group.is_empty()) {
        return Err(TestError::GroupTooSmall {
            group,
            found: 0,
            needed: 1,
        });
    }
    // The last group follows from the others.
    let size = groups.len() - 1;
    let mut excess = vec![0.0; size];
    let mut covariance = vec![vec![0.0; size]; size];
    for AtRisk {
        risk: risks,
        reached: reached_by,
        ..
    } in risk_table(groups)
    {
        let reached: f64 = reached_by.iter().sum();
        let risk: f64 = risks.iter().sum();
        let spread = if risk > 1.0 {
            reached * (risk - reached) / (risk - 1.0)
        } else {
            0.0
        };
        for one in 0..size {
            let share = risks[one] / risk;
            excess[one] += reached_by[one] - reached * share;
            for other in 0..size {
                let same = if one == other { share } else { 0.0 };
                covariance[one][other] += spread * (same - share * risks[other] / risk);
            }
        }
    }
    let Some(solved) = solve(covariance, excess.clone()) else {
        return Ok(TestResult {
            statistic: None,
            df: None,
            p: 1.0,
            basis: Basis::ConstantEqual,
        });
    };
    let statistic: f64 = solved
        .iter()
        .zip(&excess)
        .map(|(solved, excess)| solved * excess)
        .sum();
    let df = size as f64;
    Ok(TestResult {
        statistic: Some(statistic),
        df: Some(df),
        p: distributions::chi_squared(statistic, df),
        basis: Basis::ChiSquared,
    })
}

/// The log-rank test by permutation: the statistic of [`log_rank`], but p from assigning the runs, with their times and
/// their censoring, to the groups at random. With five runs a group the chi-squared distribution rejects in 6 to 9 % of
/// experiments where it promises 5 (`results/calibration`); this test is exact wherever runs are exchangeable between
/// groups.
///
/// The score of a run is 1 if it reached the score, else 0, minus the cumulative hazard up to its step (Nelson and Aalen).
/// The scores of a group sum to its excess of successes; the permutation statistic is the sum over groups of
/// excess²/size.
///
/// # Errors
///
/// As for [`log_rank`].
pub fn log_rank_permuted(groups: &[&[Reached]], seed: u64) -> Result<TestResult, TestError> {
    let plain = log_rank(groups)?;
    if plain.statistic.is_none() {
        return Ok(plain);
    }
    // The sum of the hazards up to each step.
    let hazards = risk_table(groups).into_iter().scan(0.0, |sum, at| {
        *sum += at.reached.iter().sum::<f64>() / at.risk.iter().sum::<f64>();
        Some((at.step, *sum))
    });
    let hazards: Vec<(u64, f64)> = hazards.collect();
    let excess = |run: &Reached| {
        let met = hazards.partition_point(|(step, _)| *step <= run.step);
        let expected = met.checked_sub(1).map_or(0.0, |last| hazards[last].1);
        f64::from(u8::from(run.reached)) - expected
    };
    let scores: Vec<Vec<f64>> = groups
        .iter()
        .map(|group| group.iter().map(excess).collect())
        .collect();
    let scores: Vec<&[f64]> = scores.iter().map(Vec::as_slice).collect();
    let (p, basis) = relabelling::p(&scores, 1.0, seed);
    Ok(TestResult { p, basis, ..plain })
}

/// A step at which some run reached the score, with the numbers of runs by group.
struct AtRisk {
    step: u64,
    /// The runs that had not reached the score, or been censored, before this step.
    risk: Vec<f64>,
    /// The runs that reached it at this step.
    reached: Vec<f64>,
}

/// The steps at which some run reached the score, in ascending order.
fn risk_table(groups: &[&[Reached]]) -> Vec<AtRisk> {
    let numbered = groups.iter().enumerate();
    let mut runs: Vec<(usize, Reached)> = numbered
        .flat_map(|(group, runs)| runs.iter().map(move |&run| (group, run)))
        .collect();
    runs.sort_unstable_by_key(|run| run.1.step);
    let mut risk: Vec<f64> = groups.iter().map(|group| group.len() as f64).collect();
    let mut steps = Vec::new();
    for same in runs.chunk_by(|one, other| one.1.step == other.1.step) {
        let mut reached = vec![0.0; groups.len()];
        for (group, run) in same {
            reached[*group] += f64::from(u8::from(run.reached));
        }
        if same.iter().any(|(_, run)| run.reached) {
            steps.push(AtRisk {
                step: same[0].1.step,
                risk: risk.clone(),
                reached,
            });
        }
        for (group, _) in same {
            risk[*group] -= 1.0;
        }
    }
    steps
}

/// The solution of a symmetric positive definite system, by elimination; `None` if it is singular.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let size = right.len();
    for pivot in 0..size {
        let row = matrix[pivot].clone();
        if row[pivot] <= 1e-12 {
            return None;
        }
        let value = right[pivot];
        for below in pivot + 1..size {
            let factor = matrix[below][pivot] / row[pivot];
            for (cell, above) in matrix[below].iter_mut().zip(&row) {
                *cell -= factor * above;
            }
            right[below] -= factor * value;
        }
    }
    for pivot in (0..size).rev() {
        let known: f64 = (pivot + 1..size)
            .map(|place| matrix[pivot][place] * right[place])
            .sum();
        right[pivot] = (right[pivot] - known) / matrix[pivot][pivot];
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Case {
        groups: Vec<Vec<(u64, bool)>>,
        survival: Vec<Vec<(u64, f64)>>,
        medians: Vec<Option<u64>>,
        chi_squared: f64,
        p: f64,
    }

    fn runs(group: &[(u64, bool)]) -> Vec<Reached> {
        group
            .iter()
            .map(|&(step, reached)| Reached { step, reached })
            .collect()
    }

    #[test]
    fn a_score_that_would_have_to_be_held_longer_than_the_curve_is_never_reached() {
        let curve = [(0, 500.0), (100, 500.0)];
        for stays in [2, usize::MAX] {
            let reached = Reached::of(&curve, 450.0, stays).unwrap();
            assert_eq!((reached.step, reached.reached), (100, false));
        }
    }

    #[test]
    fn kaplan_meier_and_log_rank_agree_with_lifelines() {
        for case in golden::cases::<Case>("survival") {
            let groups: Vec<Vec<Reached>> = case.groups.iter().map(|group| runs(group)).collect();
            for (group, expected) in groups.iter().zip(&case.survival) {
                let ours = kaplan_meier(group);
                assert_eq!(ours.len(), expected.len());
                for (ours, expected) in ours.iter().zip(expected) {
                    assert_eq!(ours.0, expected.0);
                    assert!((ours.1 - expected.1).abs() < 1e-12);
                }
            }
            assert_eq!(
                groups.iter().map(|group| median(group)).collect::<Vec<_>>(),
                case.medians
            );
            let slices: Vec<&[Reached]> = groups.iter().map(Vec::as_slice).collect();
            let test = log_rank(&slices).unwrap();
            assert_close(test.statistic.unwrap(), case.chi_squared, 1e-10);
            assert_close(test.p, case.p, 1e-9);
        }
    }

    #[derive(Deserialize)]
    struct Permuted {
        groups: Vec<Vec<Reached>>,
        p: f64,
    }

    #[test]
    fn log_rank_by_permutation_agrees_with_counting_every_arrangement() {
        for case in golden::cases::<Permuted>("permuted_log_rank") {
            let slices: Vec<&[Reached]> = case.groups.iter().map(Vec::as_slice).collect();
            let test = log_rank_permuted(&slices, 0).unwrap();
            assert_close(test.p, case.p, 1e-12);
            assert_eq!(test.statistic, log_rank(&slices).unwrap().statistic);
        }
    }

    #[test]
    fn runs_that_never_reach_the_score_leave_the_median_unknown_and_give_a_p_of_one() {
        let never = runs(&[(100, false), (100, false), (100, false)]);
        assert_eq!((kaplan_meier(&never), median(&never)), (Vec::new(), None));
        let test = log_rank(&[&never, &never]).unwrap();
        assert_eq!((test.statistic, test.p), (None, 1.0));
        assert_eq!(
            median(&runs(&[(10, true), (20, true), (100, false), (100, false)])),
            Some(20)
        );
        assert_eq!(
            median(&runs(&[(10, true), (100, false), (100, false)])),
            None
        );
        assert!(log_rank(&[&never]).is_err() && log_rank(&[&never, &[]]).is_err());
        assert_eq!(Reached::of(&[], 1.0, 0), None);
    }

    proptest! {
        #[test]
        fn the_unit_of_the_steps_and_the_order_of_the_groups_change_no_p(
            groups in vec(vec((1..20_u64, any::<bool>()), 1..8), 2..4),
        ) {
            let plain: Vec<Vec<Reached>> = groups.iter().map(|group| runs(group)).collect();
            let slower: Vec<Vec<Reached>> =
                plain.iter().map(|group| group.iter().map(|run| Reached { step: run.step * 1000, ..*run }).collect()).collect();
            let p = |groups: &[Vec<Reached>]| log_rank(&groups.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap().p;
            let mut turned = plain.clone();
            turned.reverse();
            prop_assert!((0.0..=1.0).contains(&p(&plain)));
            prop_assert_eq!(p(&plain), p(&slower));
            prop_assert!((p(&plain) - p(&turned)).abs() < 1e-9);
            for group in &plain {
                prop_assert!(kaplan_meier(group).windows(2).all(|pair| pair[0].1 >= pair[1].1));
            }
        }
    }
}
