//! How long runs take on average to reach a score, counted up to a horizon that all groups were followed to.
//!
//! Sources: Royston and Parmar, "Restricted mean survival time: an alternative to the hazard ratio", BMC Medical Research
//! Methodology 13 (2013); Uno et al., "Moving Beyond the Hazard Ratio", Journal of Clinical Oncology 32 (2014), whose package
//! `survRM2` has the same horizon and, by Greenwood's formula, the same variance but for the factor n/(n − 1) here.
//!
//! The restricted mean is the area under the [Kaplan–Meier](super::survival::kaplan_meier) curve up to the horizon. Where
//! every run that did not reach the score was followed to the horizon it is the plain mean of min(time, horizon), and the
//! interval of a difference is Welch's.

use super::interval::{Interval, Level};
use super::student;
use super::survival::{self, Reached};
use super::welch::satterthwaite;

/// The restricted mean of one group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RestrictedMean {
    /// In the unit of the steps.
    pub mean: f64,
    /// The square of its standard error; `None` for a single run.
    pub variance: Option<f64>,
    /// How many runs the group has.
    pub runs: usize,
}

/// The last step up to which the curves of all groups are known: a group whose longest run is censored says nothing about
/// what lies beyond. `None` for no group or an empty one.
pub fn horizon(groups: &[&[Reached]]) -> Option<u64> {
    let last = |group: &&[Reached]| {
        group
            .iter()
            .max_by_key(|run| (run.step, !run.reached))
            .copied()
    };
    let ends: Vec<Reached> = groups.iter().map(last).collect::<Option<_>>()?;
    let censored = ends.iter().filter(|end| !end.reached);
    let known = censored.map(|end| end.step).min();
    known.or_else(|| ends.iter().map(|end| end.step).max())
}

impl RestrictedMean {
    /// The restricted mean of a group; `None` for an empty one.
    pub fn of(runs: &[Reached], horizon: u64) -> Option<Self> {
        if runs.is_empty() {
            return None;
        }
        let curve = survival::kaplan_meier(runs);
        let curve: Vec<(u64, f64)> = curve.into_iter().filter(|at| at.0 < horizon).collect();
        // The area to the right of each step at which the curve falls, from the last one backwards.
        let mut right = 0.0;
        let mut end = horizon;
        let mut areas = Vec::new();
        for &(step, left) in curve.iter().rev() {
            right += left * (end - step) as f64;
            areas.push((step, right));
            end = step;
        }
        let mean = right + end as f64;
        let spread: f64 = areas
            .iter()
            .map(|&(step, area)| {
                let risk = runs.iter().filter(|run| run.step >= step).count() as f64;
                let reached = runs
                    .iter()
                    .filter(|run| run.step == step && run.reached)
                    .count() as f64;
                if risk > reached {
                    area * area * reached / (risk * (risk - reached))
                } else {
                    0.0
                }
            })
            .sum();
        let n = runs.len() as f64;
        Some(Self {
            mean,
            variance: (runs.len() > 1).then(|| spread * n / (n - 1.0)),
            runs: runs.len(),
        })
    }
}

/// The restricted mean of the first group less that of the second, with an interval by Student's t; no interval where no run
/// varies or a group has a single one. `None` for an empty group.
pub fn difference(a: &[Reached], b: &[Reached], level: Level) -> Option<(f64, Option<Interval>)> {
    let horizon = horizon(&[a, b])?;
    let (a, b) = (
        RestrictedMean::of(a, horizon)?,
        RestrictedMean::of(b, horizon)?,
    );
    let difference = a.mean - b.mean;
    let interval = || {
        let (one, other) = (a.variance?, b.variance?);
        let error = (one + other).sqrt();
        if error <= 1e-12 * a.mean.abs().max(b.mean.abs()) {
            return None;
        }
        let runs = (a.runs as f64, b.runs as f64);
        let df = satterthwaite(one.sqrt() / error, other.sqrt() / error, runs);
        let critical = student::critical(level.alpha(), df)?;
        Some(Interval {
            low: difference - critical * error,
            high: difference + critical * error,
        })
    };
    Some((difference, interval()))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::golden::{self, assert_close};
    use crate::welch;

    #[derive(Deserialize)]
    struct Case {
        groups: Vec<Vec<(u64, bool)>>,
        horizon: u64,
        means: Vec<f64>,
        variances: Vec<f64>,
    }

    fn runs(group: &[(u64, bool)]) -> Vec<Reached> {
        let run = |&(step, reached): &(u64, bool)| Reached { step, reached };
        group.iter().map(run).collect()
    }

    #[test]
    fn restricted_means_agree_with_lifelines_and_their_variances_with_greenwood() {
        for case in golden::cases::<Case>("restricted_mean") {
            let groups: Vec<Vec<Reached>> = case.groups.iter().map(|group| runs(group)).collect();
            let slices: Vec<&[Reached]> = groups.iter().map(Vec::as_slice).collect();
            assert_eq!(horizon(&slices), Some(case.horizon));
            for ((group, mean), variance) in groups.iter().zip(&case.means).zip(&case.variances) {
                let found = RestrictedMean::of(group, case.horizon).unwrap();
                assert_close(found.mean, *mean, 1e-12);
                assert_close(found.variance.unwrap(), *variance, 1e-9);
            }
        }
    }

    #[test]
    fn a_group_whose_longest_run_is_censored_sets_the_horizon() {
        let (done, open) = (
            runs(&[(10, true), (40, true)]),
            runs(&[(5, true), (30, false)]),
        );
        assert_eq!(horizon(&[&done, &open]), Some(30));
        assert_eq!(horizon(&[&done, &done]), Some(40));
        assert_eq!(horizon(&[&open, &[]]), None);
        assert_eq!(horizon(&[]), None);
    }

    #[test]
    fn runs_that_never_reach_the_score_take_the_whole_time() {
        let never = runs(&[(100, false), (100, false)]);
        let mean = RestrictedMean::of(&never, 100).unwrap();
        assert_eq!((mean.mean, mean.variance), (100.0, Some(0.0)));
        assert_eq!(
            difference(&never, &never, Level::of(0.95)),
            Some((0.0, None))
        );
        assert_eq!(RestrictedMean::of(&[], 100), None);
    }

    proptest! {
        #[test]
        fn without_early_censoring_it_is_the_mean_and_the_interval_is_welchs(
            a in vec(1..20_u64, 2..9), b in vec(1..20_u64, 2..9),
        ) {
            let of = |times: &[u64]| -> Vec<Reached> {
                times.iter().map(|&time| Reached { step: time.min(15), reached: time <= 15 }).collect()
            };
            let (one, other) = (of(&a), of(&b));
            let horizon = horizon(&[&one, &other]).unwrap();
            let plain = |runs: &[Reached]| -> Vec<f64> { runs.iter().map(|run| run.step.min(horizon) as f64).collect() };
            let (x, y) = (plain(&one), plain(&other));
            let level = Level::of(0.95);
            let (difference, interval) = difference(&one, &other, level).unwrap();
            let expected = welch::test(&x, &y, level).unwrap();
            prop_assert!((difference - expected.difference).abs() < 1e-9);
            match (interval, expected.interval) {
                (Some(found), Some(expected)) => {
                    prop_assert!((found.low - expected.low).abs() < 1e-6 && (found.high - expected.high).abs() < 1e-6);
                }
                (found, expected) => prop_assert_eq!(found.is_none(), expected.is_none()),
            }
        }
    }
}
