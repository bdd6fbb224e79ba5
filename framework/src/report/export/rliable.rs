//! Score matrices for rliable: runs × tasks for each method.
//!
//! ```python
//! tables = json.load(open("rliable.json"))
//! scores = {name: np.array(rows, dtype=float) for name, rows in tables[0]["scores"].items()}
//! rliable.library.get_interval_estimates(scores, metrics.aggregate_iqm)
//! ```

use serde_json::{Map, Value, json};

use crate::analysis::{Across, MethodAggregate};

use super::super::names::name;
use super::super::study::Study;

/// One object for each context. A run that failed is `null`, which numpy reads as NaN; its place is after the others.
pub fn json(study: &Study) -> String {
    let across = study.analysis.across.iter();
    let tables: Vec<Value> = across.map(|across| table(study, across)).collect();
    format!("{:#}\n", Value::Array(tables))
}

fn table(study: &Study, across: &Across) -> Value {
    let methods = &across.aggregate.methods;
    let matrices = |tasks_of: fn(&MethodAggregate) -> &Vec<Vec<f64>>| {
        let named = methods
            .iter()
            .map(|method| (method.name.clone(), matrix(tasks_of(method))));
        Value::Object(named.collect::<Map<_, _>>())
    };
    let bounds = across
        .scales
        .iter()
        .flatten()
        .map(|scale| json!([scale.bounds.low, scale.bounds.high]));
    json!({
        "context": across.context.split(" · ").collect::<Vec<_>>(),
        "metric": name(study, across.metric),
        "tasks": across.aggregate.tasks,
        "bounds": bounds.collect::<Vec<_>>(),
        "scores": matrices(|method| &method.normalised),
        "raw": matrices(|method| &method.scores),
    })
}

fn matrix(tasks: &[Vec<f64>]) -> Value {
    let runs = tasks.iter().map(Vec::len).max().unwrap_or(0);
    let row = |run: usize| tasks.iter().map(|scores| json!(scores.get(run))).collect();
    (0..runs).map(|run| Value::Array(row(run))).collect()
}
