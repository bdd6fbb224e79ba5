//! The JSON that marl-eval and BenchMARL read: environment, task, algorithm, run, then one object for each evaluation with
//! every episode's return.
//!
//! `absolute_metrics` are meant for a long evaluation of the best policy. There is none here: they hold the last
//! evaluation, so that nothing is chosen by looking.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::run::record::{Record, Status};

/// Task, algorithm, run.
type Tree = BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>;

/// The finished runs of a suite. marl-eval wants as many runs of every algorithm.
pub fn json(suite: &str, records: &[&Record]) -> String {
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
        runs.insert(format!("seed_{}", record.cell.seed), run(record));
    }
    format!("{:#}\n", json!({ suite: tasks }))
}

fn run(record: &Record) -> Value {
    let mut run = Map::new();
    let mut last = Vec::new();
    let evaluations = record.evaluations.chunk_by(|a, b| a.step == b.step);
    for (place, episodes) in evaluations.enumerate() {
        last = episodes.iter().map(|episode| episode.total).collect();
        run.insert(
            format!("step_{place}"),
            json!({ "step_count": episodes[0].step, "return": last }),
        );
    }
    run.insert("absolute_metrics".into(), json!({ "return": last }));
    Value::Object(run)
}
