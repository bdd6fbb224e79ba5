//! The JSON that marl-eval and BenchMARL read: environment, task, algorithm, run, then one object for each evaluation with
//! every episode's return.
//!
//! `absolute_metrics` are meant for a long evaluation of the best policy. There is none here: they hold the last
//! evaluation, so that nothing is chosen by looking.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::run::record::{Evaluation, Record, Status};

/// Task, algorithm, run.
type Tree<'r> = BTreeMap<String, BTreeMap<String, BTreeMap<String, Run<'r>>>>;

/// Writes the finished runs of a suite, without line breaks. marl-eval wants as many runs of every algorithm.
pub fn write(suite: &str, records: &[&Record], writer: &mut dyn Write) -> io::Result<()> {
    let mut tasks = Tree::new();
    for record in records {
        if record.outcome.status != Status::Finished {
            continue;
        }
        let labels = &record.cell.labels;
        let surrogate = labels.surrogate.as_deref().unwrap_or("none");
        // marl-eval splits names at commas.
        let algorithm = format!("{surrogate} {} {}", labels.actor, labels.agent).replace(',', ";");
        let task = tasks.entry(labels.environment.clone()).or_default();
        let runs = task.entry(algorithm).or_default();
        let run = Run(&record.evaluations);
        runs.insert(format!("seed_{}", record.cell.seed), run);
    }
    serde_json::to_writer(&mut *writer, &BTreeMap::from([(suite, tasks)]))?;
    writer.write_all(b"\n")
}

/// The evaluations of a run. They are written as they are read: all of them as one value would take ten times the memory.
struct Run<'r>(&'r [Evaluation]);

impl Serialize for Run<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let evaluations = self.0.chunk_by(|a, b| a.step == b.step);
        let mut map = serializer.serialize_map(None)?;
        let mut last = Step::default();
        for (place, episodes) in evaluations.enumerate() {
            last = Step {
                step_count: Some(episodes[0].step),
                returns: episodes.iter().map(|episode| episode.total).collect(),
            };
            map.serialize_entry(&format!("step_{place}"), &last)?;
        }
        last.step_count = None;
        map.serialize_entry("absolute_metrics", &last)?;
        map.end()
    }
}

/// The returns of an evaluation.
#[derive(Default, serde::Serialize)]
struct Step {
    #[serde(skip_serializing_if = "Option::is_none")]
    step_count: Option<u64>,
    #[serde(rename = "return")]
    returns: Vec<f64>,
}
