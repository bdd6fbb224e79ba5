//! From records to a [`Comparison`]: who did better, by how much, with what certainty. Pure: no file, no clock.

mod contrast;

use std::collections::HashSet;

use serde::Serialize;

use crate::plan::{Cell, Plan};
use crate::record::{Evaluation, Provenance, Record, Status};
use crate::stats::bootstrap::Bootstrap;
use crate::stats::correction::Correction;
use crate::stats::describe::Summary;
use crate::stats::ends::Ends;
use crate::stats::interval::Interval;
use crate::stats::{aggregate, curve};
use crate::suite::{Compare, Entry, Factor, Failed, Metric, Suite};

pub use contrast::{OutOfReach, out_of_reach, verdict};
use contrast::{adjust, contrast};

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
    /// Seeds of the runs that did not finish.
    #[serde(skip)]
    pub lost: Vec<u64>,
    /// Of each finished run: steps, and the mean return of the evaluation there.
    #[serde(skip)]
    pub curves: Vec<Vec<(u64, f64)>>,
    /// Against the baseline, one for each metric that is compared; empty for the baseline itself.
    pub contrasts: Vec<Contrast>,
}

/// One metric over the finished runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored {
    /// One for each run that is in the numbers.
    pub values: Vec<f64>,
    /// Of each of these runs.
    #[serde(skip)]
    pub seeds: Vec<u64>,
    /// In a few numbers.
    pub summary: Summary,
    /// 95 % interval of the interquartile mean: a percentile bootstrap, stretched for few runs.
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
    /// Of the test.
    pub statistic: Option<f64>,
    /// Its degrees of freedom.
    pub df: Option<f64>,
    /// Two-sided, uncorrected.
    pub p: Option<f64>,
    /// Corrected within the family.
    pub p_adjusted: Option<f64>,
    /// How many comparisons the family holds.
    pub family_size: usize,
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
    adjust(&suite.compare, &mut blocks);
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
    if compare.failed == Failed::Worst {
        count_as_worst(&mut rows);
    }
    if let Some(baseline) = rows
        .iter()
        .find(|row| row.label == compare.baseline)
        .cloned()
    {
        for row in &mut rows {
            if row.label != baseline.label && row.label != OFF_AXIS {
                let contrast = |&metric: &Metric| contrast(compare, metric, row, &baseline);
                row.contrasts = compare.metrics.iter().map(contrast).collect();
            }
        }
    }
    rows
}

/// Runs that did not finish count as the worst score of any run in the table.
fn count_as_worst(rows: &mut [Row]) {
    for score in [Row::last_mut, Row::best_mut, Row::auc_mut] {
        let all = rows
            .iter_mut()
            .filter_map(|row| score(row).as_ref().map(|scored| scored.summary.min));
        let Some(worst) = all.reduce(f64::min) else {
            continue;
        };
        for row in rows.iter_mut() {
            let lost = row.lost.clone();
            let scored = score(row);
            let (mut values, mut seeds) = match scored.take() {
                Some(scored) => (scored.values, scored.seeds),
                None => (Vec::new(), Vec::new()),
            };
            values.extend(lost.iter().map(|_| worst));
            seeds.extend(lost);
            *scored = Scored::of(values, seeds);
        }
    }
}

fn row(label: &str, runs: &[Run<'_>]) -> Row {
    let finished: Vec<&Record> = runs.iter().filter_map(Run::finished).collect();
    let curves: Vec<Vec<(u64, f64)>> = finished
        .iter()
        .map(|record| mean_curve(&record.evaluations))
        .collect();
    let seeds: Vec<u64> = runs
        .iter()
        .filter(|run| run.finished().is_some())
        .map(|run| run.cell.seed)
        .collect();
    let scored = |score: fn(&[(u64, f64)]) -> Option<f64>| {
        let scores = curves
            .iter()
            .zip(&seeds)
            .filter_map(|(curve, &seed)| Some((score(curve)?, seed)));
        let (values, seeds) = scores.unzip();
        Scored::of(values, seeds)
    };
    Row {
        label: label.to_owned(),
        planned: runs.len(),
        finished: finished.len(),
        last: scored(|curve| curve.last().map(|point| point.1)),
        best: scored(|curve| curve.iter().map(|point| point.1).reduce(f64::max)),
        auc: scored(|curve| curve::time_average(curve).ok().flatten()),
        lost: runs
            .iter()
            .filter(|run| run.finished().is_none())
            .map(|run| run.cell.seed)
            .collect(),
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

    fn last_mut(&mut self) -> &mut Option<Scored> {
        &mut self.last
    }

    fn best_mut(&mut self) -> &mut Option<Scored> {
        &mut self.best
    }

    fn auc_mut(&mut self) -> &mut Option<Scored> {
        &mut self.auc
    }
}

impl Scored {
    fn of(values: Vec<f64>, seeds: Vec<u64>) -> Option<Self> {
        let summary = Summary::of(&values)?;
        let bootstrap = Bootstrap::seeded(BOOTSTRAP_SEED);
        let iqm_interval = aggregate::iqm_interval(&[&values], &bootstrap, Ends::Stretched);
        Some(Self {
            values,
            seeds,
            summary,
            iqm_interval,
        })
    }
}

/// How many comparisons the families of a table hold.
pub fn family_size(block: &Block) -> usize {
    let contrasts = block.rows.iter().flat_map(|row| row.contrasts.first());
    contrasts
        .map(|contrast| contrast.family_size)
        .max()
        .unwrap_or_default()
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
