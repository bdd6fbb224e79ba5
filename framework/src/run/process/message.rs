//! The private format in which a supervisor and its worker talk: the job as one line of JSON on standard input, then one
//! message a line on the worker's [`Channel`](crate::run::process::channel::Channel).

use std::io::{self, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::registry::plugin::PluginOrigin;
use crate::run::measurements::Measurements;
use crate::run::record::{Machine, Outcome};
use crate::run::train::Event;
use crate::suite::plan::Cell;

/// The line on a worker's standard input, after the job, that asks it to write a checkpoint and to end.
pub const STOP: &str = "stop";

/// The work of one child process.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerJob {
    /// Make the components of these cells and nothing more.
    Rehearse(Vec<Cell>),
    /// Train a cell.
    Train(Box<TrainingJob>),
}

impl WorkerJob {
    /// Writes the line that a worker reads.
    pub fn write_to(&self, input: &mut impl Write) -> io::Result<()> {
        writeln!(input, "{}", serde_json::to_string(self)?)
    }
}

/// A cell to train, and where.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingJob {
    /// The cell to train.
    pub cell: Cell,
    /// The name of the device: `cpu`, `cuda` or `cuda:N`.
    pub device: String,
    /// The folder of this attempt.
    pub folder: PathBuf,
    /// Folders that may have a checkpoint to continue from.
    pub former: Vec<PathBuf>,
    /// Seconds between two checkpoints.
    pub checkpoint_every: f64,
    /// Whether a checkpoint is written at the end as well.
    pub keep_last: bool,
}

/// A message from a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// The components of one more cell were made.
    Rehearsed,
    /// Training continues from a checkpoint, or begins.
    Began(Resumption),
    /// Something happened in training.
    Event(Event),
    /// Training ended; this is the last message.
    Outcome(Outcome),
    /// Training was asked to stop and has written a checkpoint; this is the last message.
    Interrupted,
    /// The disk refuses what has to be written, for this reason; this is the last message.
    Refused(String),
}

/// Where training continues.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Resumption {
    /// The number of steps that are done.
    pub step: u64,
    /// Seconds that they took.
    pub seconds: f64,
    /// What was measured in them.
    pub measurements: Measurements,
    /// The kinds of machines that have computed them.
    pub machines: Vec<Machine>,
    /// The plugins that their components came from.
    pub plugins: Vec<PluginOrigin>,
    /// Checkpoints that cannot be used, each with the reason.
    pub skipped: Vec<String>,
}
