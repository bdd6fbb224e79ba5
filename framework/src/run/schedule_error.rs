//! Why a run cannot begin or continue.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::api::ComponentError;
use crate::run::device::DeviceError;
use crate::run::record::StoreError;

/// A run cannot begin or continue.
#[derive(Debug, Error)]
pub enum ScheduleError {
    /// The device is not known or not available.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// No cell of the suite has an identifier that begins like this.
    #[error("no cell of this suite begins with {prefix}; `spikebench plan` lists them")]
    NoSuchCell {
        /// The beginning that was asked for.
        prefix: String,
    },
    /// A component of the suite cannot be made on this machine.
    #[error(transparent)]
    Plan(ComponentError),
    /// A component of a cell cannot be made on this machine.
    #[error("{cell}: {source}")]
    Component {
        /// The identifier of the cell.
        cell: String,
        /// What cannot be made, and why.
        source: ComponentError,
    },
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store refused a record again and again, so the record was saved elsewhere.
    #[error("{source}; the record of {cell} was saved in {}: move its folder into {}", saved.display(), runs.display())]
    SavedElsewhere {
        /// Why the store refused the record.
        source: Box<StoreError>,
        /// The identifier of the cell.
        cell: String,
        /// The folder that holds the record now.
        saved: PathBuf,
        /// The folder that the record belongs in.
        runs: PathBuf,
    },
    /// The disk refuses the checkpoints or measurements of a cell.
    #[error(
        "failed to write what {cell} has computed to {}: {reason}; make room on its disk or mend it, and the same command continues from the last checkpoint",
        folder.display()
    )]
    Refused {
        /// The identifier of the cell.
        cell: String,
        /// The folder of the suite.
        folder: PathBuf,
        /// The reason that the system gave.
        reason: String,
    },
    /// A child process cannot be started or watched.
    #[error("failed to run {cell}: {source}")]
    Process {
        /// The identifier of the cell.
        cell: String,
        /// The reason that the system gave.
        source: io::Error,
    },
    /// Somebody asked for a stop before the first step of training.
    #[error("stopped before the first step")]
    Interrupted,
    /// A thread of the scheduler panicked.
    #[error("a thread of the scheduler panicked")]
    Panic,
}
