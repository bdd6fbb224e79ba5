//! The private format in which a supervisor and its worker talk: the job as one line of JSON on standard input, then one
//! message a line on standard output.

use serde::{Deserialize, Serialize};

use crate::run::record::Outcome;
use crate::run::train::Event;
use crate::suite::plan::Cell;

/// The work of one child process.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerJob {
    /// The cell to train.
    pub cell: Cell,
    /// The name of the device: `cpu`, `cuda` or `cuda:N`.
    pub device: String,
}

/// A message from a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Something happened in training.
    Event(Event),
    /// Training ended; this is the last message.
    Outcome(Outcome),
}
