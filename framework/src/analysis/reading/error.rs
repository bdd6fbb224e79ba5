//! What is wrong with a file of scores, and where.

use std::io;

use thiserror::Error;

/// What is wrong with a file of scores, and where.
#[derive(Debug, Error)]
pub enum ScoreError {
    /// The file cannot be read.
    #[error("{file}: {source}")]
    Unreadable {
        /// The file, as it was named.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// The file does not hold scores.
    #[error("{place}: {message}")]
    Wrong {
        /// The file, as it was named, with the line where there are lines.
        place: String,
        /// What is wrong, with the offending value.
        message: String,
    },
}

impl ScoreError {
    /// Something wrong with a whole file, or with a folder.
    pub(super) fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self::Wrong {
            place: file.to_owned(),
            message: message.into(),
        }
    }

    /// Something wrong on a line, counted from one.
    pub(super) fn of_line(file: &str, line: u64, message: impl Into<String>) -> Self {
        Self::of_file(&format!("{file}:{line}"), message)
    }
}
