//! From a [`Comparison`] to what holds across its tasks: ranks, normalised scores, their aggregates. Pure.

use crate::compare::{Block, Comparison, OFF_AXIS};
use crate::ranking;
use crate::stats::aggregate::{self, Bounds};
use crate::stats::bootstrap::Bootstrap;
use crate::stats::describe;
use crate::stats::ends::Ends;
use crate::stats::interval::Interval;
use crate::stats::signed_rank::{self, Zeros};
use crate::suite::Metric;

/// Entries by tasks, everything else being equal.
#[derive(Debug, Clone, PartialEq)]
pub struct Across {
    /// The labels on the other axes.
    pub context: Vec<String>,
    /// What is looked at: the main metric.
    pub metric: Metric,
    /// The tasks.
    pub tasks: Vec<String>,
    /// What stands for 0 and 1 on each task.
    pub bounds: Vec<Bounds>,
    /// Of each task, whether the suite says so; else they are the worst and the best run of this report.
    pub declared: Vec<bool>,
    /// One for each entry that has finished runs on every task.
    pub entries: Vec<Aggregate>,
    /// Entries that have none on some task.
    pub left_out: Vec<String>,
    /// Corrected p values of all pairs of entries; symmetric, `None` on the diagonal.
    pub p_adjusted: Vec<Vec<Option<f64>>>,
    /// Where profiles are looked at, in normalised scores.
    pub thresholds: Vec<f64>,
}

/// One entry over all tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Its label.
    pub label: String,
    /// Raw scores, task by task.
    pub scores: Vec<Vec<f64>>,
    /// Normalised scores, task by task.
    pub normalised: Vec<Vec<f64>>,
    /// Mean over tasks of its rank by mean score; 1 is the best, equal means share their ranks.
    pub mean_rank: f64,
    /// Interquartile mean of all normalised scores.
    pub iqm: Option<f64>,
    /// Stratified 95 % percentile bootstrap interval of it.
    pub iqm_interval: Option<Interval>,
    /// Chance that a run beats one of the baseline on a task drawn at random; `None` for the baseline itself.
    pub improvement: Option<f64>,
    /// Its stratified 95 % percentile bootstrap interval.
    pub improvement_interval: Option<Interval>,
    /// Share of runs above each threshold.
    pub profile: Vec<f64>,
    /// Pointwise stratified 95 % percentile bootstrap band of it.
    pub profile_band: Option<Vec<Interval>>,
}

const SEED: u64 = 2406_13568;
const RESAMPLES: u32 = 2_000;
const THRESHOLDS: usize = 41;

/// One for each combination of the other axes that has at least one entry; a single task is allowed.
pub fn across(comparison: &Comparison) -> Vec<Across> {
    let Some(&metric) = comparison.compare.metrics.first() else {
        return Vec::new();
    };
    let mut contexts: Vec<&[String]> = Vec::new();
    for block in &comparison.blocks {
        if !contexts.contains(&block.context.as_slice()) {
            contexts.push(&block.context);
        }
    }
    contexts
        .into_iter()
        .filter_map(|context| one(comparison, context, metric))
        .collect()
}

fn one(comparison: &Comparison, context: &[String], metric: Metric) -> Option<Across> {
    let blocks: Vec<&Block> = comparison
        .blocks
        .iter()
        .filter(|block| block.context == context)
        .collect();
    let mut labels: Vec<&str> = Vec::new();
    for row in blocks.iter().flat_map(|block| &block.rows) {
        if row.label != OFF_AXIS && !labels.contains(&row.label.as_str()) {
            labels.push(&row.label);
        }
    }
    let scores = |label: &str| -> Option<Vec<Vec<f64>>> {
        let row = |block: &&Block| -> Option<Vec<f64>> {
            let row = block.rows.iter().find(|row| row.label == label)?;
            Some(row.score(metric)?.values.clone())
        };
        blocks.iter().map(row).collect()
    };
    let (whole, left_out): (Vec<&str>, Vec<&str>) = labels
        .into_iter()
        .partition(|label| scores(label).is_some());
    let scores: Vec<Vec<Vec<f64>>> = whole.iter().filter_map(|label| scores(label)).collect();
    if scores.is_empty() {
        return None;
    }
    let declared = |task: usize| {
        let bounds = &comparison.compare.bounds;
        bounds.get(&blocks[task].environment).copied()
    };
    let tasks = 0..blocks.len();
    let bounds: Vec<Bounds> = tasks
        .clone()
        .map(|task| declared(task).unwrap_or_else(|| found(&scores, task)))
        .collect();
    let ranks = mean_ranks(&scores);
    let normalised: Vec<Vec<Vec<f64>>> = scores
        .iter()
        .map(|tasks| normalise(tasks, &bounds))
        .collect();
    let thresholds = thresholds(&normalised);
    let baseline = whole
        .iter()
        .position(|label| *label == comparison.compare.baseline);
    let entries = (0..whole.len())
        .map(|place| {
            let bootstrap = Bootstrap {
                resamples: RESAMPLES,
                ..Bootstrap::seeded(SEED)
            };
            let own = &normalised[place];
            let rival = baseline
                .filter(|rival| *rival != place)
                .map(|rival| &scores[rival]);
            Aggregate {
                label: whole[place].to_owned(),
                scores: scores[place].clone(),
                mean_rank: ranks[place],
                iqm: aggregate::iqm(own),
                iqm_interval: aggregate::iqm_interval(own, &bootstrap, Ends::Percentile),
                improvement: rival
                    .and_then(|rival| aggregate::probability_of_improvement(&scores[place], rival)),
                improvement_interval: rival.and_then(|rival| {
                    aggregate::improvement_interval(
                        &scores[place],
                        rival,
                        &bootstrap,
                        Ends::Percentile,
                    )
                }),
                profile: aggregate::profile(own, &thresholds).unwrap_or_default(),
                profile_band: aggregate::profile_band(own, &thresholds, &bootstrap),
                normalised: own.clone(),
            }
        })
        .collect();
    Some(Across {
        context: context.to_vec(),
        metric,
        tasks: blocks
            .iter()
            .map(|block| block.environment.clone())
            .collect(),
        bounds,
        declared: tasks.map(|task| declared(task).is_some()).collect(),
        entries,
        left_out: left_out.into_iter().map(str::to_owned).collect(),
        p_adjusted: p_adjusted(comparison, &blocks, &scores, metric),
        thresholds,
    })
}

fn normalise(tasks: &[Vec<f64>], bounds: &[Bounds]) -> Vec<Vec<f64>> {
    let pairs = tasks.iter().zip(bounds);
    pairs
        .map(|(scores, bounds)| {
            scores
                .iter()
                .map(|&score| bounds.normalise(score))
                .collect()
        })
        .collect()
}

/// The lowest and the highest score of any run of any entry: a scale for this report only.
fn found(scores: &[Vec<Vec<f64>>], task: usize) -> Bounds {
    let all = || scores.iter().flat_map(|tasks| tasks[task].iter().copied());
    let low = all().fold(f64::INFINITY, f64::min);
    let high = all().fold(f64::NEG_INFINITY, f64::max);
    // If every run scored the same, every run has reached the top.
    let below = low - low.abs().max(1.0);
    Bounds::new(low, high).unwrap_or(Bounds { low: below, high })
}

/// From 0 to 1, or to the highest score if declared bounds leave room for more.
fn thresholds(normalised: &[Vec<Vec<f64>>]) -> Vec<f64> {
    let highest = normalised.iter().flatten().flatten();
    let end = highest.copied().fold(1.0, f64::max);
    let last = (THRESHOLDS - 1) as f64;
    (0..THRESHOLDS)
        .map(|place| end * place as f64 / last)
        .collect()
}

/// The mean over tasks of each entry's rank by mean score: 1 is the best; equal means share their ranks.
fn mean_ranks(scores: &[Vec<Vec<f64>>]) -> Vec<f64> {
    let means = means(scores);
    let tasks = means.first().map_or(0, Vec::len);
    means
        .iter()
        .map(|own| {
            let ranks = (0..tasks).map(|task| {
                let others = means.iter().map(|entry| entry[task]);
                let better = others.clone().filter(|mean| *mean > own[task]).count();
                let equal = others.filter(|mean| *mean == own[task]).count();
                better as f64 + (equal as f64 + 1.0) / 2.0
            });
            ranks.sum::<f64>() / tasks as f64
        })
        .collect()
}

fn means(scores: &[Vec<Vec<f64>>]) -> Vec<Vec<f64>> {
    let mean = |runs: &Vec<f64>| describe::mean(runs).unwrap_or(f64::NAN);
    scores
        .iter()
        .map(|tasks| tasks.iter().map(mean).collect())
        .collect()
}

/// Over several tasks Wilcoxon's signed-rank test of the mean scores, one pair a task; on a single one the test of the
/// suite, run against run.
fn p_adjusted(
    comparison: &Comparison,
    blocks: &[&Block],
    scores: &[Vec<Vec<f64>>],
    metric: Metric,
) -> Vec<Vec<Option<f64>>> {
    let compare = &comparison.compare;
    if let [block] = blocks {
        return ranking::pairs(compare, block, metric).p_adjusted;
    }
    let means = means(scores);
    ranking::matrix(means.len(), compare, |a, b| {
        let test = signed_rank::exact(&means[a], &means[b], Zeros::default());
        test.ok().map(|test| test.p)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_means_share_their_ranks_and_the_highest_is_first() {
        let entries = [vec![vec![3.0]], vec![vec![5.0]], vec![vec![3.0]]];
        assert_eq!(mean_ranks(&entries), [2.5, 1.0, 2.5]);
    }

    #[test]
    fn the_mean_rank_is_that_over_tasks() {
        let entries = [vec![vec![1.0, 3.0], vec![0.0]], vec![vec![1.0], vec![9.0]]];
        assert_eq!(mean_ranks(&entries), [1.5, 1.5]);
    }

    #[test]
    fn the_scale_of_a_task_runs_from_its_worst_run_to_its_best() {
        let scores = [vec![vec![-200.0, -100.0]], vec![vec![-150.0]]];
        let scale = found(&scores, 0);
        assert_eq!(normalise(&scores[0], &[scale]), [[0.0, 1.0]]);
        assert_eq!(normalise(&scores[1], &[scale]), [[0.5]]);
    }

    #[test]
    fn profiles_are_looked_at_up_to_the_highest_score_but_never_short_of_one() {
        assert_eq!(thresholds(&[vec![vec![-0.5, 0.4]]]).last(), Some(&1.0));
        assert_eq!(thresholds(&[vec![vec![1.6, 0.4]]]).last(), Some(&1.6));
        assert_eq!(thresholds(&[])[..2], [0.0, 0.025]);
    }

    #[test]
    fn where_every_run_scored_the_same_every_run_is_at_the_top() {
        let scores = [vec![vec![1000.0, 1000.0]]];
        let scale = found(&scores, 0);
        assert_eq!(normalise(&scores[0], &[scale]), [[1.0, 1.0]]);
    }
}
