//! From records to a [`Comparison`]: who did better, by how much, with what certainty. Pure: no file, no clock.

use std::collections::HashSet;

use serde::Serialize;

use crate::plan::{Cell, Plan};
use crate::record::{Evaluation, Provenance, Record, Status};
use crate::stats::bootstrap::Bootstrap;
use crate::stats::correction::Correction;
use crate::stats::describe::Summary;
use crate::stats::interval::{Interval, Level};
use crate::stats::{curve, describe, design, effect, welch};
use crate::suite::{Compare, Entry, Factor, Metric, Suite};

/// Everything a report shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The suite.
    pub suite: String,
    /// In the words of its author.
    pub description: String,
    /// What was asked for.
    pub compare: Compare,
    /// Steps of training of each run, and episodes of each evaluation.
    pub steps: u64,
    /// Episodes of each evaluation.
    pub evaluation_episodes: u64,
    /// One table each.
    pub blocks: Vec<Block>,
    /// Runs that are planned but did not finish.
    pub unfinished: Vec<Unfinished>,
    /// Everything that made the records.
    pub provenance: Vec<Made>,
    /// A hash of all evaluation returns: the same data give the same report.
    pub data_hash: String,
}

/// The entries of the compared axis, everything else being equal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Block {
    /// The task.
    pub environment: String,
    /// The labels on the other axes.
    pub context: Vec<String>,
    /// One for each entry.
    pub rows: Vec<Row>,
}

/// One entry of the compared axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its label.
    pub label: String,
    /// Runs that were planned.
    pub planned: usize,
    /// Runs that finished; only these are in the numbers.
    pub finished: usize,
    /// Mean return of the last evaluation.
    #[serde(rename = "final")]
    pub last: Option<Scored>,
    /// Mean return of the best evaluation.
    pub best: Option<Scored>,
    /// Time-averaged return.
    pub auc: Option<Scored>,
    /// Of each finished run: steps, and the mean return of the evaluation there.
    #[serde(skip)]
    pub curves: Vec<Vec<(u64, f64)>>,
    /// Against the baseline, one for each metric that is compared; empty for the baseline itself.
    pub contrasts: Vec<Contrast>,
}

/// One metric over the finished runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored {
    /// One for each seed.
    pub values: Vec<f64>,
    /// In a few numbers.
    pub summary: Summary,
    /// 95 % percentile bootstrap interval of the interquartile mean.
    pub iqm_interval: Option<Interval>,
}

/// One entry against the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contrast {
    /// What is compared.
    pub metric: Metric,
    /// Mean of the entry less mean of the baseline.
    pub difference: Option<f64>,
    /// 95 % interval of the difference.
    pub interval: Option<Interval>,
    /// Welch's statistic.
    pub t: Option<f64>,
    /// Its degrees of freedom.
    pub df: Option<f64>,
    /// Two-sided, uncorrected.
    pub p: Option<f64>,
    /// Corrected within the family: all comparisons of one metric in one table.
    pub p_adjusted: Option<f64>,
    /// Probability that a run of the entry beats one of the baseline, less the reverse.
    pub cliffs_delta: Option<f64>,
    /// The smallest difference in pooled standard deviations that this many runs can show to be significant, at
    /// the strictest level of the correction.
    pub smallest_significant_d: Option<f64>,
    /// What a reader of the numbers must be told.
    pub note: Option<String>,
}

/// A planned run that is not in the numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unfinished {
    /// Its cell.
    pub id: String,
    /// How it ended; absent if it has not been run.
    pub status: Option<Status>,
    /// Why.
    pub reason: Option<String>,
}

/// What made some of the records.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Made {
    /// What.
    pub by: Provenance,
    /// The environments of these records.
    pub environments: Vec<String>,
}

/// The label of the row of runs without a place on the compared axis.
pub const OFF_AXIS: &str = "none";

/// The seed of every bootstrap, so that a report is the same each time.
const BOOTSTRAP_SEED: u64 = 2406_13568;

impl Comparison {
    /// Compares what a suite asks for; `records` belong to the cells of `plan`, in the same order.
    pub fn of(suite: &Suite, plan: &Plan, records: &[Option<Record>]) -> Self {
        let runs: Vec<Run<'_>> = plan
            .cells
            .iter()
            .zip(records)
            .map(|(cell, record)| Run {
                cell,
                record: record.as_ref(),
            })
            .collect();
        Self {
            suite: suite.name.clone(),
            description: suite.description.clone(),
            compare: suite.compare.clone(),
            steps: suite.budget.steps,
            evaluation_episodes: suite.budget.evaluation_episodes,
            blocks: blocks(suite, &runs),
            unfinished: runs.iter().filter_map(Run::unfinished).collect(),
            provenance: provenance(&runs),
            data_hash: data_hash(records),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Run<'a> {
    cell: &'a Cell,
    record: Option<&'a Record>,
}

impl Run<'_> {
    fn finished(&self) -> Option<&Record> {
        self.record
            .filter(|record| record.outcome.status == Status::Finished)
    }

    fn unfinished(&self) -> Option<Unfinished> {
        let id = self.cell.id.clone();
        match self.record {
            None => Some(Unfinished {
                id,
                status: None,
                reason: None,
            }),
            Some(record) if record.outcome.status == Status::Finished => None,
            Some(record) => {
                let outcome = record.outcome.clone();
                Some(Unfinished {
                    id,
                    status: Some(outcome.status),
                    reason: outcome.reason,
                })
            }
        }
    }

    /// The label on the compared axis.
    fn level(&self, factor: Factor) -> Option<&str> {
        let labels = &self.cell.labels;
        match factor {
            Factor::Surrogate => labels.surrogate.as_deref(),
            Factor::Actor => Some(&labels.actor),
            Factor::Agent => Some(&labels.agent),
        }
    }

    /// The labels on the other axes. A network without spikes is a neighbour of every surrogate.
    fn is_in(&self, environment: &str, context: &[String], factor: Factor) -> bool {
        let labels = &self.cell.labels;
        let others = match factor {
            Factor::Surrogate => [Some(&labels.actor), Some(&labels.agent)],
            Factor::Actor => [Some(&labels.agent), labels.surrogate.as_ref()],
            Factor::Agent => [Some(&labels.actor), labels.surrogate.as_ref()],
        };
        labels.environment == environment
            && others
                .iter()
                .zip(context)
                .all(|(label, wanted)| label.is_none_or(|label| label == wanted))
    }
}

fn blocks(suite: &Suite, runs: &[Run<'_>]) -> Vec<Block> {
    let matrix = &suite.matrix;
    let factor = suite.compare.factor;
    let labels = |entries: &[Entry]| {
        entries
            .iter()
            .map(|entry| entry.label.clone())
            .collect::<Vec<_>>()
    };
    let surrogates = if matrix.surrogate.is_empty() {
        vec!["none".into()]
    } else {
        labels(&matrix.surrogate)
    };
    let (first, second) = match factor {
        Factor::Surrogate => (labels(&matrix.actor), labels(&matrix.agent)),
        Factor::Actor => (labels(&matrix.agent), surrogates),
        Factor::Agent => (labels(&matrix.actor), surrogates),
    };
    let mut blocks = Vec::new();
    for environment in labels(&matrix.environment) {
        for first in &first {
            for second in &second {
                let context = vec![first.clone(), second.clone()];
                let here: Vec<Run<'_>> = runs
                    .iter()
                    .filter(|run| run.is_in(&environment, &context, factor))
                    .copied()
                    .collect();
                let rows = rows(&suite.compare, matrix.axis(factor), &here);
                if !rows.is_empty() {
                    blocks.push(Block {
                        environment: environment.clone(),
                        context,
                        rows,
                    });
                }
            }
        }
    }
    blocks
}

/// One row for each entry with planned runs, then a last one for the runs without a place on the axis.
fn rows(compare: &Compare, axis: &[Entry], runs: &[Run<'_>]) -> Vec<Row> {
    let levels = axis
        .iter()
        .map(|entry| Some(entry.label.as_str()))
        .chain([None]);
    let mut rows: Vec<Row> = levels
        .filter_map(|level| {
            let runs: Vec<Run<'_>> = runs
                .iter()
                .filter(|run| run.level(compare.factor) == level)
                .copied()
                .collect();
            (!runs.is_empty()).then(|| row(level.unwrap_or(OFF_AXIS), &runs))
        })
        .collect();
    if let Some(baseline) = rows
        .iter()
        .find(|row| row.label == compare.baseline)
        .cloned()
    {
        for &metric in &compare.metrics {
            contrast(compare, metric, &baseline, &mut rows);
        }
    }
    rows
}

fn row(label: &str, runs: &[Run<'_>]) -> Row {
    let finished: Vec<&Record> = runs.iter().filter_map(Run::finished).collect();
    let curves: Vec<Vec<(u64, f64)>> = finished
        .iter()
        .map(|record| mean_curve(&record.evaluations))
        .collect();
    let scored = |score: fn(&[(u64, f64)]) -> Option<f64>| {
        let values: Vec<f64> = curves.iter().filter_map(|curve| score(curve)).collect();
        let summary = Summary::of(&values)?;
        let iqm_interval = Bootstrap::seeded(BOOTSTRAP_SEED).interval(&values, describe::iqm);
        Some(Scored {
            values,
            summary,
            iqm_interval,
        })
    };
    Row {
        label: label.to_owned(),
        planned: runs.len(),
        finished: finished.len(),
        last: scored(|curve| curve.last().map(|point| point.1)),
        best: scored(|curve| curve.iter().map(|point| point.1).reduce(f64::max)),
        auc: scored(|curve| curve::time_average(curve).ok().flatten()),
        curves,
        contrasts: Vec::new(),
    }
}

/// The mean return of each evaluation.
fn mean_curve(evaluations: &[Evaluation]) -> Vec<(u64, f64)> {
    evaluations
        .chunk_by(|a, b| a.step == b.step)
        .map(|episodes| {
            let sum: f64 = episodes.iter().map(|episode| episode.total).sum();
            (episodes[0].step, sum / episodes.len() as f64)
        })
        .collect()
}

impl Row {
    /// One of the metrics.
    pub fn score(&self, metric: Metric) -> Option<&Scored> {
        match metric {
            Metric::Final => self.last.as_ref(),
            Metric::Best => self.best.as_ref(),
            Metric::Auc => self.auc.as_ref(),
        }
    }

    fn values(&self, metric: Metric) -> &[f64] {
        self.score(metric).map_or(&[], |score| &score.values)
    }
}

/// Adds to every row but the baseline its comparison by one metric; together they are one family.
fn contrast(compare: &Compare, metric: Metric, baseline: &Row, rows: &mut [Row]) {
    let others: Vec<&mut Row> = rows
        .iter_mut()
        .filter(|row| row.label != baseline.label && row.label != OFF_AXIS)
        .collect();
    let alpha = compare
        .correction
        .strictest_alpha(compare.alpha, others.len());
    let reference = baseline.values(metric);
    let tests: Vec<_> = others
        .iter()
        .map(|row| welch::test(row.values(metric), reference, Level::P95))
        .collect();
    let raw: Vec<Option<f64>> = tests
        .iter()
        .map(|test| test.as_ref().ok().map(|test| test.p))
        .collect();
    let adjusted = compare.correction.adjust(&raw);
    for ((row, test), p_adjusted) in others.into_iter().zip(tests).zip(adjusted) {
        let values = row.values(metric);
        let cliffs_delta = effect::cliffs_delta(values, reference);
        let smallest_significant_d =
            design::smallest_significant_d(values.len(), reference.len(), alpha);
        let contrast = match test {
            Ok(test) => Contrast {
                metric,
                difference: Some(test.difference),
                interval: test.interval,
                t: test.t,
                df: test.df,
                p: Some(test.p),
                p_adjusted,
                cliffs_delta,
                smallest_significant_d,
                note: test.basis.note().map(str::to_owned),
            },
            Err(untestable) => Contrast {
                metric,
                difference: None,
                interval: None,
                t: None,
                df: None,
                p: None,
                p_adjusted: None,
                cliffs_delta,
                smallest_significant_d,
                note: Some(untestable.to_string()),
            },
        };
        row.contrasts.push(contrast);
    }
}

/// The family of one table in numbers: how many comparisons it holds.
pub fn family_size(block: &Block) -> usize {
    block
        .rows
        .iter()
        .filter(|row| !row.contrasts.is_empty())
        .count()
}

/// The level that the smallest p of a family must meet.
pub fn strictest_alpha(correction: Correction, alpha: f64, block: &Block) -> f64 {
    correction.strictest_alpha(alpha, family_size(block))
}

fn provenance(runs: &[Run<'_>]) -> Vec<Made> {
    let mut all: Vec<Made> = Vec::new();
    for run in runs {
        let Some(record) = run.record else { continue };
        let environment = &run.cell.labels.environment;
        match all.iter_mut().find(|made| made.by == record.provenance) {
            None => all.push(Made {
                by: record.provenance.clone(),
                environments: vec![environment.clone()],
            }),
            Some(made) if made.environments.contains(environment) => {}
            Some(made) => made.environments.push(environment.clone()),
        }
    }
    all
}

/// Was any environment run by more than one of them? Two environments may have two engines.
pub fn is_mixture(provenance: &[Made]) -> bool {
    let mut seen = HashSet::new();
    !provenance
        .iter()
        .flat_map(|made| &made.environments)
        .all(|environment| seen.insert(environment))
}

fn data_hash(records: &[Option<Record>]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("spikebench data v1");
    for record in records.iter().flatten() {
        hasher.update(record.cell.id.as_bytes());
        hasher.update(record.outcome.status.name().as_bytes());
        for evaluation in &record.evaluations {
            hasher.update(&evaluation.step.to_le_bytes());
            hasher.update(&evaluation.episode.to_le_bytes());
            hasher.update(&evaluation.total.to_le_bytes());
            hasher.update(&evaluation.length.to_le_bytes());
        }
    }
    hasher.finalize().to_hex()[..16].to_owned()
}
