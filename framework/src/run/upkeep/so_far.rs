//! The runs of a suite as far as they have come: those that are under way beside those that have ended.

use std::collections::BTreeMap;

use crate::run::record::{Outcome, Provenance, Record, Store};
use crate::run::upkeep::attempts::attempted;
use crate::suite::plan::Plan;

/// The runs of a suite that are under way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SoFar {
    /// The runs without a record that have been evaluated at least once, in the order of the plan.
    runs: Vec<Begun>,
}

/// A run that is under way, or was interrupted.
#[derive(Debug, Clone, PartialEq)]
struct Begun {
    /// Its place in the plan.
    place: usize,
    /// Its measurements so far, in the form of a record.
    record: Record,
}

/// Finds the runs of cells without a record that have been evaluated at least once. `records` belong to the cells of `plan`, in
/// the same order.
pub fn so_far(store: &Store, plan: &Plan, records: &[Option<Record>]) -> SoFar {
    let cells = plan.cells.iter().zip(records).enumerate();
    let missing = cells.filter(|(_, (_, record))| record.is_none());
    let runs = missing.filter_map(|(place, (cell, _))| {
        let measurements = attempted(&store.attempts_of(&cell.id), None).measurements;
        let record = Record {
            outcome: Outcome::finished(),
            evaluations: measurements.evaluations,
            diagnostics: measurements.diagnostics,
            timings: measurements.timings,
            ..Record::started(cell.clone(), unknown())
        };
        (!record.evaluations.is_empty()).then_some(Begun { place, record })
    });
    SoFar {
        runs: runs.collect(),
    }
}

impl SoFar {
    /// The number of runs that are under way and have been evaluated.
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    /// The last step that all runs of a task have reached that are under way, for each task that has some.
    pub fn last_steps(&self) -> BTreeMap<String, u64> {
        let mut steps: BTreeMap<String, u64> = BTreeMap::new();
        for begun in &self.runs {
            let last = begun.record.evaluations.last().map_or(0, |last| last.step);
            let task = begun.record.cell.labels.environment.clone();
            let common = steps.entry(task).or_insert(last);
            *common = last.min(*common);
        }
        steps
    }

    /// The records of the cells of `plan` with the runs that are under way among them, as if all runs of a task had ended at
    /// the last step that those under way have all reached. Only so can they be compared.
    pub fn mixed_with(&self, plan: &Plan, records: &[Option<Record>]) -> Vec<Option<Record>> {
        let steps = self.last_steps();
        let mut mixed = records.to_vec();
        for begun in &self.runs {
            mixed[begun.place] = Some(begun.record.clone());
        }
        for (cell, record) in plan.cells.iter().zip(&mut mixed) {
            if let (Some(&last), Some(record)) = (steps.get(&cell.labels.environment), record) {
                record
                    .evaluations
                    .retain(|evaluation| evaluation.step <= last);
                record
                    .diagnostics
                    .retain(|diagnostic| diagnostic.step <= last);
                record.timings.retain(|timing| timing.step <= last);
            }
        }
        mixed
    }
}

/// What made a run is written down with its record, so that it is not known before.
fn unknown() -> Provenance {
    Provenance {
        spikebench: String::new(),
        revision: String::new(),
        tch: String::new(),
        libtorch: String::new(),
        engine: None,
        device: String::new(),
        threads: 0,
        platform: String::new(),
        machine: None,
        earlier_machines: Vec::new(),
        plugins: Vec::new(),
    }
}
