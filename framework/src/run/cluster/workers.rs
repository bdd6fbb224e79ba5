//! What has become of the workers of each submission.

use serde::Serialize;

use super::engine::Task;
use super::submission::Submission;

/// The workers of a submission.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Workers {
    /// The submission's identifier.
    pub submission: String,
    /// The engine's name for the job, as far as it is known.
    pub job: Option<String>,
    /// Whether the submission was cancelled.
    pub cancelled: bool,
    /// The tasks that wait or run.
    pub alive: Vec<Task>,
    /// The number of workers that have ended by themselves.
    pub ended: usize,
    /// The number of workers of which neither the engine nor their own notes know anything: killed, timed out, or never started.
    /// What they had begun goes on from its checkpoints with any other worker.
    pub lost: usize,
}

/// The workers of these submissions, given all tasks that the engine knows.
pub fn workers(submissions: &[Submission], tasks: &[Task]) -> Vec<Workers> {
    let of = |submission: &Submission| {
        let own = tasks
            .iter()
            .filter(|task| task.submission == submission.id());
        let alive: Vec<Task> = own.cloned().collect();
        let (all, ended) = (
            submission.state.request.workers as usize,
            submission.ended(),
        );
        let cancelled = submission.is_cancelled();
        Workers {
            submission: submission.id().to_owned(),
            job: submission.state.job.clone(),
            cancelled,
            lost: if cancelled {
                0
            } else {
                all.saturating_sub(ended + alive.len())
            },
            alive,
            ended,
        }
    };
    submissions.iter().map(of).collect()
}
