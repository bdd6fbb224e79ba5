//! What is asked of the engine of a cluster.

use std::io;
use std::path::Path;

use serde::Serialize;
use thiserror::Error;

use super::submission::Submission;

/// The engine of a cluster: it starts workers on machines, and starts them again.
pub trait Engine {
    /// The script of one task, whose last command becomes the worker.
    fn script(&self, submission: &Submission) -> String;

    /// The command that submits a script, as separate arguments: no shell reads them.
    fn command(&self, submission: &Submission, script: &Path) -> Vec<String>;

    /// Submits all workers of a submission at once, and returns the engine's name for the job.
    ///
    /// # Errors
    /// If the engine refuses.
    fn submit(&self, submission: &Submission, script: &Path) -> Result<String, EngineError>;

    /// The tasks of this user's submissions that wait or run.
    ///
    /// # Errors
    /// If the engine cannot be asked.
    fn alive(&self) -> Result<Vec<Task>, EngineError>;

    /// Takes waiting tasks out of the queue, and asks those that run to stop with checkpoints, or ends them `now`.
    ///
    /// # Errors
    /// If the engine cannot be asked.
    fn cancel(&self, tasks: &[Task], now: bool) -> Result<(), EngineError>;
}

/// A task of a submission that waits or runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Task {
    /// The submission that it belongs to.
    #[serde(skip)]
    pub submission: String,
    /// The engine's name for it.
    pub name: String,
    /// What it does.
    #[serde(flatten)]
    pub state: TaskState,
}

/// What becomes of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TaskState {
    /// It waits, for this reason.
    Pending {
        /// The engine's word for the reason.
        reason: String,
    },
    /// It runs or is about to end.
    Running {
        /// The machine.
        node: String,
    },
}

/// The engine cannot be asked, or refuses.
#[derive(Debug, Error)]
pub enum EngineError {
    /// One of its programs cannot be started.
    #[error("cannot run {program}: {source}")]
    Absent {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// One of its programs failed.
    #[error("{program} refused: {message}")]
    Refused {
        /// The program.
        program: String,
        /// What it wrote to standard error.
        message: String,
    },
    /// More workers than the engine takes in one submission.
    #[error(
        "{workers} workers are more than the cluster takes in one array, {most} (MaxArraySize)"
    )]
    TooMany {
        /// The number asked for.
        workers: u32,
        /// The largest number.
        most: u32,
    },
}
