//! Why a record cannot be read or written.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::run::record::contents::FORMAT;

/// The store cannot be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file system refused an operation.
    #[error("failed to {action} {}: {source}", path.display())]
    Io {
        /// The operation.
        action: &'static str,
        /// The file or folder that it was tried on.
        path: PathBuf,
        /// The reason that the system gave.
        source: io::Error,
    },
    /// The suite has never been run here.
    #[error("there is no folder {}; `spikebench run` creates it", path.display())]
    Absent {
        /// The folder of the suite.
        path: PathBuf,
    },
    /// The folder holds no suite.
    #[error(
        "{} is neither the folder of a suite nor a results folder with such folders: it has no runs",
        path.display()
    )]
    NoSuite {
        /// The folder.
        path: PathBuf,
    },
    /// The contents of a record differ from what was once written.
    #[error("the record {} is damaged: {reason}; move it away to run its cell again", path.display())]
    Damaged {
        /// The folder of the record.
        path: PathBuf,
        /// The file that does not fit, and how.
        reason: String,
    },
    /// A newer version has written the record.
    #[error(
        "the record {} was written by a newer version, in format {found}; this version reads formats up to {FORMAT}",
        path.display()
    )]
    Newer {
        /// The folder of the record.
        path: PathBuf,
        /// The number of its format.
        found: u64,
    },
}

impl StoreError {
    /// The error of an `action` that the file system refused on `path`.
    pub(in crate::run) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}
