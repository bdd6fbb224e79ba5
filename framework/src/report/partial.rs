//! What a report says if runs are in it that have not ended.

use std::collections::BTreeMap;

use crate::analysis::Block;

use super::study::Study;

/// The first paragraph of a partial report.
pub fn note(study: &Study) -> Option<String> {
    let runs: usize = study.under_way.values().map(|block| block.runs).sum();
    if runs == 0 {
        return None;
    }
    let tasks = study.under_way.values();
    let tasks: BTreeMap<&str, u64> = tasks
        .map(|block| (block.task.as_str(), block.last_step))
        .collect();
    let steps: Vec<String> = tasks
        .iter()
        .map(|(task, step)| format!("step {step} on {task}"))
        .collect();
    Some(format!(
        "PARTIAL REPORT: it {}, as far as training has come. All runs of a task are cut at the last step that every run under way \
         has reached, so that they can be compared: {}. What is called final is of that step. These numbers will change.",
        includes(runs),
        steps.join(", ")
    ))
}

/// The note at the title of a table about these blocks.
pub fn mark<'s>(study: &Study, blocks: impl IntoIterator<Item = &'s Block>) -> Option<String> {
    let blocks = blocks
        .into_iter()
        .filter_map(|block| study.under_way.get(&block.key));
    let runs = blocks.map(|block| block.runs).sum();
    (runs > 0).then(|| includes(runs))
}

fn includes(runs: usize) -> String {
    let plural = if runs == 1 { "" } else { "s" };
    format!("includes {runs} unfinished run{plural}")
}
