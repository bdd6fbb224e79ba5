//! The workers on a cluster, as `spikebench status` shows them.

use std::collections::BTreeMap;

use super::text::wrapped;
use crate::report::printable::one_line;
use crate::run::cluster::{TaskState, Workers};

/// A paragraph for each submission that has workers which wait, run or were lost; nothing where none has.
pub fn workers_text(all: &[Workers]) -> String {
    let told = all.iter().filter(|of| !of.alive.is_empty() || of.lost > 0);
    let mut text: String = told.map(|of| wrapped("  ", &line(of))).collect();
    if !text.is_empty() {
        text.insert_str(0, "\nworkers\n");
    }
    text
}

fn line(workers: &Workers) -> String {
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for task in &workers.alive {
        let group = match &task.state {
            TaskState::Running { node } => format!("running on {}", one_line(node)),
            TaskState::Pending { reason } => format!("pending ({})", one_line(reason)),
        };
        *groups.entry(group).or_default() += 1;
    }
    let job = workers.job.as_deref().unwrap_or("of an unknown number");
    let mut parts: Vec<String> = groups
        .into_iter()
        .rev()
        .map(|(group, count)| format!("{count} {group}"))
        .collect();
    if workers.ended > 0 {
        parts.push(format!("{} ended", workers.ended));
    }
    if workers.lost > 0 {
        parts.push(format!("{} lost", workers.lost));
    }
    let cancelled = if workers.cancelled { ", cancelled" } else { "" };
    format!("job {}: {}{cancelled}", one_line(job), parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::cluster::Task;

    #[test]
    fn workers_are_counted_by_what_they_do() {
        let pending = || TaskState::Pending {
            reason: "Priority".to_owned(),
        };
        let running = |node: &str| TaskState::Running {
            node: node.to_owned(),
        };
        let states = [
            pending(),
            running("n1"),
            running("n1"),
            pending(),
            running("n2"),
        ];
        let alive = states.into_iter().zip(0..).map(|(state, task)| Task {
            submission: "ab".to_owned(),
            name: format!("7_{task}"),
            state,
        });
        let busy = Workers {
            submission: "ab".to_owned(),
            job: Some("7".to_owned()),
            cancelled: false,
            alive: alive.collect(),
            ended: 1,
            lost: 2,
        };
        let over = Workers {
            alive: Vec::new(),
            ended: 8,
            lost: 0,
            ..busy.clone()
        };
        insta::assert_snapshot!(workers_text(&[over, busy]), @r"

        workers
          job 7: 1 running on n2, 2 running on n1, 2 pending (Priority), 1 ended, 2 lost
        ");
        assert_eq!(workers_text(&[]), "");
    }
}
