//! From records to a [`Comparison`]: who did better, by how much, with what certainty. Pure: no file, no clock.

mod contrast;
mod origin;
mod rows;
mod run;

use serde::Serialize;

use crate::api::Facts;
use crate::run::record::{Provenance, Record, Status};
use crate::stats::correction::Correction;
use crate::stats::describe::Summary;
use crate::stats::interval::Interval;
use crate::suite::plan::Plan;
use crate::suite::{Compare, Entry, Factor, Metric, Suite};

use contrast::adjust;
pub use contrast::{OutOfReach, out_of_reach, verdict};
pub use origin::is_mixture;
use origin::{data_hash, provenance};
use rows::rows;
use run::Run;

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
    /// The surrogates of the suite in numbers, if [they were told](Self::with_surrogates).
    pub surrogates: Vec<Scale>,
    /// Runs that are planned but did not finish.
    pub unfinished: Vec<Unfinished>,
    /// Everything that made the records.
    pub provenance: Vec<Made>,
    /// A hash of all evaluation returns: the same returns give the same report, its curves over wall clock apart. Times are
    /// not in it, so that it is the same for whoever trains the same cells again.
    pub data_hash: String,
}

/// How large and how wide a surrogate is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scale {
    /// Its label.
    pub label: String,
    /// As it begins training.
    #[serde(flatten)]
    pub facts: Facts,
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
    /// Of each of these runs, if all of them tell: milliseconds of training, and the mean return of the evaluation then.
    #[serde(skip)]
    pub clocked: Vec<Vec<(u64, f64)>>,
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
            surrogates: Vec::new(),
            unfinished: runs.iter().filter_map(Run::unfinished).collect(),
            provenance: provenance(&runs),
            data_hash: data_hash(records),
        }
    }

    /// The same with what the surrogates come to: without it a table of surrogates may compare their scales.
    pub fn with_surrogates(self, surrogates: Vec<Scale>) -> Self {
        Self { surrogates, ..self }
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
