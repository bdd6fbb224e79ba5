//! Score matrices for rliable: for each entry runs × tasks.
//!
//! ```python
//! tables = json.load(open("rliable.json"))
//! scores = {name: np.array(rows, dtype=float) for name, rows in tables[0]["scores"].items()}
//! rliable.library.get_interval_estimates(scores, metrics.aggregate_iqm)
//! ```

use serde_json::{Map, Value, json};

use crate::across::Across;

use super::super::tables::name;

/// One object for each combination of the other axes. A run that did not finish is `null`, which numpy reads as NaN; its
/// place is after the finished ones.
pub fn json(across: &[Across]) -> String {
    let tables: Vec<Value> = across.iter().map(table).collect();
    format!("{:#}\n", Value::Array(tables))
}

fn table(across: &Across) -> Value {
    let matrices = |tasks_of: fn(&crate::across::Aggregate) -> &Vec<Vec<f64>>| {
        let entries = across.entries.iter();
        let named = entries.map(|entry| (entry.label.clone(), matrix(tasks_of(entry))));
        Value::Object(named.collect::<Map<_, _>>())
    };
    let bounds = across
        .bounds
        .iter()
        .map(|bounds| json!([bounds.low, bounds.high]));
    json!({
        "context": across.context,
        "metric": name(across.metric),
        "tasks": across.tasks,
        "bounds": bounds.collect::<Vec<_>>(),
        "scores": matrices(|entry| &entry.normalised),
        "raw": matrices(|entry| &entry.scores),
    })
}

fn matrix(tasks: &[Vec<f64>]) -> Value {
    let runs = tasks.iter().map(Vec::len).max().unwrap_or(0);
    let row = |run: usize| tasks.iter().map(|scores| json!(scores.get(run))).collect();
    (0..runs).map(|run| Value::Array(row(run))).collect()
}
