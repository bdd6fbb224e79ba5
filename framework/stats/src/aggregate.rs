//! One number over several tasks, from scores that have been put on a common scale.
//!
//! Source: rliable, `metrics.py` (Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical
//! Precipice", NeurIPS 2021, arXiv:2108.13264). There, scores are a matrix of runs × tasks; here they are a list of runs
//! for each task, and the lists may differ in length. With equal lengths every definition is rliable's; otherwise
//! [`iqm`] and [`profile`] give every run the same weight, and the others every task.
//!
//! Every function returns `None` without tasks, or if the scores of one are not a [sample](super).

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::bootstrap::{self, Bootstrap};
use super::describe;
use super::effect;
use super::improvement;
use super::interval::Interval;
use super::interval_method::IntervalMethod;

/// The scale on which a task's scores are measured: 0 at `low`, 1 at `high`. Scores may lie beyond either. Where less is better,
/// `low` is the larger number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// The score that becomes 0, such as that of a random policy.
    pub low: f64,
    /// The score that becomes 1, such as that of a published agent.
    pub high: f64,
}

impl Bounds {
    /// Bounds; `None` unless both are usable numbers that differ.
    pub fn new(low: f64, high: f64) -> Option<Self> {
        (describe::is_sample(&[low, high]) && low != high).then_some(Self { low, high })
    }

    /// The score on the common scale.
    pub fn normalise(&self, score: f64) -> f64 {
        (score - self.low) / (self.high - self.low)
    }
}

/// The interquartile mean of all runs of all tasks.
pub fn iqm<T: AsRef<[f64]>>(tasks: &[T]) -> Option<f64> {
    describe::iqm(&pooled(tasks)?)
}

/// The mean over tasks of their mean scores.
pub fn mean<T: AsRef<[f64]>>(tasks: &[T]) -> Option<f64> {
    describe::mean(&means(tasks)?)
}

/// The median over tasks of their mean scores.
pub fn median<T: AsRef<[f64]>>(tasks: &[T]) -> Option<f64> {
    describe::median(&means(tasks)?)
}

/// By how much scores fall short of `gamma` on average, where a score above `gamma` counts as `gamma`.
pub fn optimality_gap<T: AsRef<[f64]>>(tasks: &[T], gamma: f64) -> Option<f64> {
    pooled(tasks)?;
    let short = |task: &T| {
        describe::mean(
            &task
                .as_ref()
                .iter()
                .map(|score| score.min(gamma))
                .collect::<Vec<_>>(),
        )
    };
    Some(gamma - describe::mean(&tasks.iter().map(short).collect::<Option<Vec<_>>>()?)?)
}

/// The probability that a run of `a` beats one of `b` on a task drawn at random, ties counting half. The tasks of both
/// are the same, in the same order; `None` if they differ in number.
pub fn probability_of_improvement<T: AsRef<[f64]>>(a: &[T], b: &[T]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let each = a
        .iter()
        .zip(b)
        .map(|(a, b)| effect::a12(a.as_ref(), b.as_ref()));
    describe::mean(&each.collect::<Option<Vec<_>>>()?)
}

/// The share of all runs that score strictly more than each of `thresholds`.
pub fn profile<T: AsRef<[f64]>>(tasks: &[T], thresholds: &[f64]) -> Option<Vec<f64>> {
    let mut scores = pooled(tasks)?;
    scores.sort_unstable_by(f64::total_cmp);
    Some(
        thresholds
            .iter()
            .map(|&threshold| share_above(&scores, threshold))
            .collect(),
    )
}

/// The share of tasks whose mean score is strictly more than each of `thresholds`.
pub fn profile_of_means<T: AsRef<[f64]>>(tasks: &[T], thresholds: &[f64]) -> Option<Vec<f64>> {
    let mut scores = means(tasks)?;
    scores.sort_unstable_by(f64::total_cmp);
    Some(
        thresholds
            .iter()
            .map(|&threshold| share_above(&scores, threshold))
            .collect(),
    )
}

/// The pointwise percentile band of [`profile`]: one interval for each threshold, where the runs of each task are
/// resampled by themselves. `None` also where the bootstrap has none.
pub fn profile_band<T: AsRef<[f64]>>(
    tasks: &[T],
    thresholds: &[f64],
    bootstrap: &Bootstrap,
) -> Option<Vec<Interval>> {
    let groups = bootstrap::sorted(&slices(tasks))?;
    if thresholds.is_empty() {
        return Some(Vec::new());
    }
    // The runs of a group that score more than a threshold are its last ones.
    let from = |runs: &Vec<f64>| {
        let first = |threshold: &f64| {
            runs.partition_point(|run| run.partial_cmp(threshold) != Some(Ordering::Greater))
        };
        thresholds.iter().map(first).collect()
    };
    let from: Vec<Vec<usize>> = groups.iter().map(from).collect();
    let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
    let runs: usize = sizes.iter().sum();
    let shares = |counts: &[u16], answer: &mut [f64]| {
        let mut rest = counts;
        for (from, &size) in from.iter().zip(&sizes) {
            let (group, others) = rest.split_at(size);
            rest = others;
            let mut last = (size, 0.0);
            for (above, &from) in answer.iter_mut().zip(from).rev() {
                if from > last.0 {
                    last = (size, 0.0);
                }
                last.1 += f64::from(
                    group[from..last.0]
                        .iter()
                        .map(|&count| u32::from(count))
                        .sum::<u32>(),
                );
                last.0 = from;
                *above += last.1;
            }
        }
        answer.iter_mut().for_each(|above| *above /= runs as f64);
    };
    let answers = bootstrap.counted(&sizes, thresholds.len(), shares)?;
    let band = answers
        .into_iter()
        .map(|mut answers| bootstrap::percentile(&mut answers, bootstrap.level));
    Some(band.collect())
}

/// The stratified interval of [`iqm`]: the runs of each task are resampled by themselves. rliable's method is
/// [`IntervalMethod::Percentile`]. `None` also where the bootstrap has none: with a task of a single run.
pub fn iqm_interval<T: AsRef<[f64]>>(
    tasks: &[T],
    bootstrap: &Bootstrap,
    method: IntervalMethod,
) -> Option<Interval> {
    bootstrap.iqm(method, &slices(tasks))
}

/// The stratified interval of [`probability_of_improvement`], within 0 and 1.
pub fn improvement_interval<T: AsRef<[f64]>>(
    a: &[T],
    b: &[T],
    bootstrap: &Bootstrap,
    method: IntervalMethod,
) -> Option<Interval> {
    improvement::interval(&slices(a), &slices(b), bootstrap, method)
}

fn slices<T: AsRef<[f64]>>(tasks: &[T]) -> Vec<&[f64]> {
    tasks.iter().map(AsRef::as_ref).collect()
}

fn share_above(sorted: &[f64], threshold: f64) -> f64 {
    let at_most = sorted.partition_point(|&score| score <= threshold);
    (sorted.len() - at_most) as f64 / sorted.len() as f64
}

fn pooled<T: AsRef<[f64]>>(tasks: &[T]) -> Option<Vec<f64>> {
    let usable = !tasks.is_empty() && tasks.iter().all(|task| describe::is_sample(task.as_ref()));
    usable.then(|| {
        tasks
            .iter()
            .flat_map(|task| task.as_ref())
            .copied()
            .collect()
    })
}

fn means<T: AsRef<[f64]>>(tasks: &[T]) -> Option<Vec<f64>> {
    pooled(tasks)?;
    tasks
        .iter()
        .map(|task| describe::mean(task.as_ref()))
        .collect()
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
        x: Vec<Vec<f64>>,
        y: Vec<Vec<f64>>,
        iqm: f64,
        mean: f64,
        median: f64,
        optimality_gap: f64,
        improvement: f64,
        thresholds: Vec<f64>,
        profile: Vec<f64>,
        profile_of_means: Vec<f64>,
        iqm_interval: (f64, f64),
        improvement_interval: (f64, f64),
    }

    #[test]
    fn every_aggregate_agrees_with_rliable() {
        for case in golden::cases::<Case>("aggregate") {
            assert_close(iqm(&case.x).unwrap(), case.iqm, 1e-14);
            assert_close(mean(&case.x).unwrap(), case.mean, 1e-14);
            assert_close(median(&case.x).unwrap(), case.median, 1e-14);
            assert_close(
                optimality_gap(&case.x, 1.0).unwrap(),
                case.optimality_gap,
                1e-13,
            );
            assert_close(
                probability_of_improvement(&case.x, &case.y).unwrap(),
                case.improvement,
                1e-14,
            );
            for (actual, expected) in [
                (profile(&case.x, &case.thresholds), case.profile),
                (
                    profile_of_means(&case.x, &case.thresholds),
                    case.profile_of_means,
                ),
            ] {
                for (actual, expected) in actual.unwrap().into_iter().zip(expected) {
                    assert_close(actual, expected, 1e-14);
                }
            }
        }
    }

    #[test]
    fn intervals_agree_with_rliable_to_the_error_of_its_resamples() {
        for case in golden::cases::<Case>("aggregate") {
            let bootstrap = Bootstrap::seeded(1);
            let ours = iqm_interval(&case.x, &bootstrap, IntervalMethod::Percentile).unwrap();
            let scale = case.iqm_interval.1 - case.iqm_interval.0;
            assert!(
                (ours.low - case.iqm_interval.0).abs() < 0.03 * scale,
                "{ours:?} {:?}",
                case.iqm_interval
            );
            assert!(
                (ours.high - case.iqm_interval.1).abs() < 0.03 * scale,
                "{ours:?} {:?}",
                case.iqm_interval
            );
            let ours =
                improvement_interval(&case.x, &case.y, &bootstrap, IntervalMethod::Percentile)
                    .unwrap();
            assert!((ours.low - case.improvement_interval.0).abs() < 0.015);
            assert!((ours.high - case.improvement_interval.1).abs() < 0.015);
        }
    }

    #[test]
    fn the_band_of_a_profile_is_the_bootstrap_of_each_threshold_by_itself() {
        let tasks = [vec![0.1, 0.5, 0.5, 0.9], vec![0.3, 0.7, 1.2]];
        let thresholds = [0.5, -1.0, f64::NAN, 0.0, 0.69, 0.5, 2.0];
        let bootstrap = Bootstrap {
            resamples: 400,
            ..Bootstrap::seeded(4)
        };
        let band = profile_band(&tasks, &thresholds, &bootstrap).unwrap();
        let groups = slices(&tasks);
        for (threshold, actual) in thresholds.into_iter().zip(band) {
            let expected = bootstrap.percentile(&groups, |groups| {
                let above = groups.all().iter().filter(|score| **score > threshold);
                Some(above.count() as f64 / 7.0)
            });
            assert_eq!(Some(actual), expected, "{threshold}");
        }
        assert_eq!(profile_band(&tasks, &[], &bootstrap), Some(Vec::new()));
        assert_eq!(profile_band(&[vec![1.0]], &[0.5], &bootstrap), None);
    }

    #[test]
    fn the_examples_of_rliables_tests_come_out() {
        let x = [vec![1.0, 2.0, 1.0, 2.0], vec![2.0, 2.0, 1.0, 1.0]];
        assert_eq!(
            (iqm(&x), mean(&x), median(&x)),
            (Some(1.5), Some(1.5), Some(1.5))
        );
        assert_eq!(probability_of_improvement(&x, &x), Some(0.5));
        assert_eq!(optimality_gap(&x, 1.0), Some(0.0));
        assert_eq!(profile(&x, &[1.0, 0.5, 2.0]), Some(vec![0.5, 1.0, 0.0]));
    }

    #[test]
    fn tasks_without_usable_scores_have_no_aggregate() {
        for wrong in [
            vec![],
            vec![vec![]],
            vec![vec![1.0], vec![f64::NAN]],
            vec![vec![1.0], vec![]],
        ] {
            assert_eq!(
                (iqm(&wrong), mean(&wrong), median(&wrong)),
                (None, None, None)
            );
            assert_eq!(
                (optimality_gap(&wrong, 1.0), profile(&wrong, &[0.5])),
                (None, None)
            );
            assert_eq!(probability_of_improvement(&wrong, &wrong), None);
            assert_eq!(
                iqm_interval(&wrong, &Bootstrap::seeded(0), IntervalMethod::Percentile),
                None
            );
        }
        assert_eq!(
            probability_of_improvement(&[vec![1.0]], &[vec![1.0], vec![2.0]]),
            None
        );
        assert_eq!(
            iqm_interval(
                &[vec![1.0]],
                &Bootstrap::seeded(0),
                IntervalMethod::Percentile
            ),
            None
        );
        assert_eq!(
            (Bounds::new(1.0, 1.0), Bounds::new(0.0, f64::NAN)),
            (None, None)
        );
        assert_eq!(Bounds::new(-100.0, 300.0).unwrap().normalise(100.0), 0.5);
    }

    proptest! {
        #[test]
        fn a_profile_never_rises_and_improvement_is_shared(tasks in vec((vec(-9..9_i8, 1..6), vec(-9..9_i8, 1..6)), 1..5)) {
            let floats = |values: &[i8]| values.iter().map(|&value| f64::from(value) / 4.0).collect::<Vec<_>>();
            let (a, b): (Vec<_>, Vec<_>) = tasks.iter().map(|(a, b)| (floats(a), floats(b))).unzip();
            let thresholds: Vec<f64> = (-10..10).map(|step| f64::from(step) / 4.0).collect();
            for profile in [profile(&a, &thresholds).unwrap(), profile_of_means(&a, &thresholds).unwrap()] {
                prop_assert!(profile.windows(2).all(|pair| pair[0] >= pair[1]));
            }
            let there = probability_of_improvement(&a, &b).unwrap();
            prop_assert!((there + probability_of_improvement(&b, &a).unwrap() - 1.0).abs() < 1e-12);
            prop_assert!(optimality_gap(&a, 1.0).unwrap() >= 1.0 - mean(&a).unwrap() - 1e-12);
        }
    }
}
