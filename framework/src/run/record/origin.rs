//! Where the numbers of a report come from, and which planned runs are missing from it.

use serde::Serialize;

use crate::run::record::{Provenance, Record, Status};
use crate::suite::plan::Plan;

/// The software and hardware that produced some of the records.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Made {
    /// Versions, device and platform.
    pub by: Provenance,
    /// The environments of these records.
    pub environments: Vec<String>,
}

/// A planned run that did not finish.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unfinished {
    /// Identifier of its cell.
    pub id: String,
    /// How it ended; `None` if it has not been run.
    pub status: Option<Status>,
    /// The reason, unless it has not been run.
    pub reason: Option<String>,
}

/// The software and hardware that produced the records, each with its environments.
pub fn provenance(plan: &Plan, records: &[Option<Record>]) -> Vec<Made> {
    let mut all: Vec<Made> = Vec::new();
    for (cell, record) in plan.cells.iter().zip(records) {
        let Some(record) = record else { continue };
        let environment = &cell.labels.environment;
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

/// The planned runs that did not finish, in the order of the plan.
pub fn unfinished(plan: &Plan, records: &[Option<Record>]) -> Vec<Unfinished> {
    let of_cell = |(cell, record): (&crate::suite::plan::Cell, &Option<Record>)| {
        let id = cell.id.clone();
        let outcome = record.as_ref().map(|record| record.outcome.clone());
        match outcome {
            Some(outcome) if outcome.status == Status::Finished => None,
            outcome => Some(Unfinished {
                id,
                status: outcome.as_ref().map(|outcome| outcome.status),
                reason: outcome.and_then(|outcome| outcome.reason),
            }),
        }
    };
    plan.cells.iter().zip(records).filter_map(of_cell).collect()
}

/// A hash of all evaluation returns. The same returns give the same report, except for its curves over wall-clock time.
/// Times are not part of the hash, so that it is the same for everybody who trains the same cells.
pub fn data_hash(records: &[Option<Record>]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("spikebench data v1");
    for record in records.iter().flatten() {
        hasher.update(record.cell.settings_id().as_bytes());
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
