//! How many steps until a score is reached, when some runs never reach it.
//!
//! Sources: Kaplan and Meier, "Nonparametric Estimation from Incomplete Observations", JASA 53 (1958); Mantel,
//! "Evaluation of Survival Data and Two New Rank Order Statistics", Cancer Chemotherapy Reports 50 (1966): the log-rank
//! test, as in `lifelines.statistics.multivariate_logrank_test`.
//!
//! A run that did not reach the score by its last step is *censored* there: it would have taken longer, nobody knows by
//! how much. Leaving it out, or counting its last step as a success, would flatter the method that fails more often.

use serde::{Deserialize, Serialize};

use super::distributions;
use super::relabelling;
use super::test_error::TestError;
use super::test_result::{Basis, TestResult};

/// When a run reached a score, or until when it had not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Environment steps.
    pub step: u64,
    /// Whether it was reached there; otherwise it had not been reached by then.
    pub reached: bool,
}

impl Reached {
    /// The first evaluation of `curve` (by ascending step) that scores `threshold` or more, as do the next `stays`
    /// ones. With `stays = 0` a single lucky evaluation is enough. `None` without any evaluation.
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
        let first = curve.windows(stays + 1).find(|window| holds(window));
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
    events(&[runs])
        .into_iter()
        .map(|step| {
            left *= 1.0 - reached_at(runs, step) / at_risk(runs, step);
            (step, left)
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

/// The log-rank test: do groups of runs take equally long? The statistic is chi-squared with one degree of freedom less
/// than there are groups. If no run of any group reached the score, or none could have later than others, there is
/// nothing to tell them apart by and p is 1.
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
    for step in events(groups) {
        let risks: Vec<f64> = groups.iter().map(|group| at_risk(group, step)).collect();
        let reached: f64 = groups.iter().map(|group| reached_at(group, step)).sum();
        let risk: f64 = risks.iter().sum();
        let spread = if risk > 1.0 {
            reached * (risk - reached) / (risk - 1.0)
        } else {
            0.0
        };
        for one in 0..size {
            let share = risks[one] / risk;
            excess[one] += reached_at(groups[one], step) - reached * share;
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

/// The log-rank test by permutation: the statistic of [`log_rank`], but p from handing the runs, with their times and
/// their censoring, to the groups by lot. With five runs a group the chi-squared distribution finds 8 % where it
/// promises 5 (`results/calibration`); this is exact wherever runs of different groups could have changed places.
///
/// Every run scores the times at which it reached less those that were expected of it (Nelson and Aalen), which sum to
/// the excess of its group; the permutation statistic is the sum over groups of excess²/size.
///
/// # Errors
///
/// As for [`log_rank`].
pub fn log_rank_permuted(groups: &[&[Reached]], seed: u64) -> Result<TestResult, TestError> {
    let plain = log_rank(groups)?;
    if plain.statistic.is_none() {
        return Ok(plain);
    }
    let hazards: Vec<(u64, f64)> = events(groups)
        .into_iter()
        .map(|step| {
            let reached: f64 = groups.iter().map(|group| reached_at(group, step)).sum();
            let risk: f64 = groups.iter().map(|group| at_risk(group, step)).sum();
            (step, reached / risk)
        })
        .collect();
    let excess = |run: &Reached| {
        let met = hazards.iter().filter(|(step, _)| *step <= run.step);
        f64::from(u8::from(run.reached)) - met.map(|(_, hazard)| hazard).sum::<f64>()
    };
    let scores: Vec<Vec<f64>> = groups
        .iter()
        .map(|group| group.iter().map(excess).collect())
        .collect();
    let scores: Vec<&[f64]> = scores.iter().map(Vec::as_slice).collect();
    let (p, basis) = relabelling::p(&scores, 1.0, seed);
    Ok(TestResult { p, basis, ..plain })
}

/// The steps at which some run reached the score, ascending.
fn events(groups: &[&[Reached]]) -> Vec<u64> {
    let reached = groups
        .iter()
        .flat_map(|group| group.iter())
        .filter(|run| run.reached);
    let mut steps: Vec<u64> = reached.map(|run| run.step).collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

fn reached_at(runs: &[Reached], step: u64) -> f64 {
    runs.iter()
        .filter(|run| run.reached && run.step == step)
        .count() as f64
}

fn at_risk(runs: &[Reached], step: u64) -> f64 {
    runs.iter().filter(|run| run.step >= step).count() as f64
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
    fn log_rank_by_permutation_counts_every_arrangement() {
        for case in golden::cases::<Permuted>("permuted_log_rank") {
            let slices: Vec<&[Reached]> = case.groups.iter().map(Vec::as_slice).collect();
            let test = log_rank_permuted(&slices, 0).unwrap();
            assert_close(test.p, case.p, 1e-12);
            assert_eq!(test.statistic, log_rank(&slices).unwrap().statistic);
        }
    }

    #[test]
    fn runs_that_never_reach_the_score_leave_the_median_unknown_and_show_nothing() {
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
