//! How a cell ended.

use serde::{Deserialize, Serialize};

/// How a cell ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Trained to the last step.
    Finished,
    /// A loss or an action was not finite.
    Diverged,
    /// An error or a panic, with its message.
    Failed,
    /// The process died without a word of its own.
    Crashed,
    /// Stopped by the time limit.
    TimedOut,
}

impl Status {
    /// As it is written in records.
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

/// How a cell ended, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How.
    pub status: Status,
    /// Why, unless it finished.
    pub reason: Option<String>,
}

impl Outcome {
    /// Trained to the last step.
    pub fn finished() -> Self {
        Self {
            status: Status::Finished,
            reason: None,
        }
    }

    /// Ended otherwise, for this reason.
    pub fn because(status: Status, reason: impl Into<String>) -> Self {
        Self {
            status,
            reason: Some(reason.into()),
        }
    }
}
