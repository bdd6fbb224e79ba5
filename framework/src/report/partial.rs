//! What a report says if runs are in it that have not ended.

use super::study::Study;

/// The first paragraph of a partial report.
pub fn note(study: &Study) -> Option<String> {
    let runs: usize = study.under_way.values().map(|task| task.runs).sum();
    if runs == 0 {
        return None;
    }
    let steps: Vec<String> = study
        .under_way
        .iter()
        .map(|(task, so_far)| format!("step {} on {task}", so_far.last_step))
        .collect();
    Some(format!(
        "PARTIAL REPORT: it includes {} that are not finished, as far as they have come. So that runs of a task can be \
         compared, all of them are cut at the last step that all have reached: {}. What is called final is of that step. \
         These numbers will change.",
        unfinished(runs),
        steps.join(", ")
    ))
}

/// The note at the title of a table about these tasks.
pub fn mark<'s>(study: &Study, tasks: impl IntoIterator<Item = &'s String>) -> Option<String> {
    let tasks = tasks
        .into_iter()
        .filter_map(|task| study.under_way.get(task));
    let runs = tasks.map(|task| task.runs).sum();
    (runs > 0).then(|| format!("includes {}", unfinished(runs)))
}

fn unfinished(runs: usize) -> String {
    let plural = if runs == 1 { "" } else { "s" };
    format!("{runs} unfinished run{plural}")
}
