//! How the run of a cell ended.

use serde::{Deserialize, Serialize};

/// The ways in which the run of a cell can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The cell was trained to its last step.
    Finished,
    /// A loss, an action or a return was not finite.
    Diverged,
    /// Training ended in an error or a panic, whose message is the reason.
    Failed,
    /// The process died without reporting an outcome.
    Crashed,
    /// The time limit of the suite stopped the cell.
    TimedOut,
}

impl Status {
    /// The name of the status in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Diverged => "diverged",
            Self::Failed => "failed",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed_out",
        }
    }
}

/// How the run of a cell ended, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The way in which it ended.
    pub status: Status,
    /// The reason, unless the cell finished.
    pub reason: Option<String>,
}

impl Outcome {
    /// The outcome of a cell that was trained to its last step.
    pub fn finished() -> Self {
        Self {
            status: Status::Finished,
            reason: None,
        }
    }

    /// The outcome of a cell that ended before its last step.
    pub fn because(status: Status, reason: impl Into<String>) -> Self {
        Self {
            status,
            reason: Some(reason.into()),
        }
    }
}
