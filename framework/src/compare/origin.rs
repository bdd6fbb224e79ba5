//! Where the numbers of a comparison come from.

use std::collections::HashSet;

use crate::run::record::Record;

use super::Made;
use super::run::Run;

/// What made the records, each with its environments.
pub fn provenance(runs: &[Run<'_>]) -> Vec<Made> {
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

/// See [`Comparison::data_hash`](super::Comparison::data_hash).
pub fn data_hash(records: &[Option<Record>]) -> String {
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
