//! A planned run, with its record if there is one.

use crate::run::record::{Evaluation, Record, Status};
use crate::suite::Factor;
use crate::suite::plan::Cell;

use super::Unfinished;

/// One cell of the plan.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    pub cell: &'a Cell,
    pub record: Option<&'a Record>,
}

impl Run<'_> {
    /// Its record, if it was trained to the last step.
    pub fn finished(&self) -> Option<&Record> {
        self.record
            .filter(|record| record.outcome.status == Status::Finished)
    }

    /// Why it is not in the numbers.
    pub fn unfinished(&self) -> Option<Unfinished> {
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
    pub fn level(&self, factor: Factor) -> Option<&str> {
        let labels = &self.cell.labels;
        match factor {
            Factor::Surrogate => labels.surrogate.as_deref(),
            Factor::Actor => Some(&labels.actor),
            Factor::Agent => Some(&labels.agent),
        }
    }

    /// The labels on the other axes. A network without spikes is a neighbour of every surrogate.
    pub fn is_in(&self, environment: &str, context: &[String], factor: Factor) -> bool {
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

/// The mean return of each evaluation.
pub fn mean_curve(evaluations: &[Evaluation]) -> Vec<(u64, f64)> {
    evaluations
        .chunk_by(|a, b| a.step == b.step)
        .map(|episodes| {
            let sum: f64 = episodes.iter().map(|episode| episode.total).sum();
            (episodes[0].step, sum / episodes.len() as f64)
        })
        .collect()
}

/// The same against the time of training; `None` for a record that does not tell it.
pub fn clocked_curve(record: &Record) -> Option<Vec<(u64, f64)>> {
    let milliseconds = |step: u64| {
        let timing = record.timings.iter().find(|timing| timing.step == step)?;
        Some((timing.seconds * 1000.0).round() as u64)
    };
    let curve = mean_curve(&record.evaluations).into_iter();
    let clocked: Option<Vec<_>> = curve
        .map(|(step, total)| Some((milliseconds(step)?, total)))
        .collect();
    // Two evaluations within one millisecond make no curve over time.
    clocked.filter(|curve| curve.is_sorted_by(|one, next| one.0 < next.0))
}
