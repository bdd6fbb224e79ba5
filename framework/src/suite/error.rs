//! The errors of a suite file, with the place of each.

use std::io;

use thiserror::Error;

use crate::api::ParameterError;

/// A suite cannot be read or is not valid.
#[derive(Debug, Error)]
pub enum SuiteError {
    /// The file system does not give the file.
    #[error("{file}: {source}")]
    Unreadable {
        /// The file, as it was named.
        file: String,
        /// The reason that the system gave.
        source: io::Error,
    },
    /// The contents of the file are not a valid suite.
    #[error("{file}{}: {}{message}", suffix(.line), prefix(.path))]
    Invalid {
        /// The file, as it was named.
        file: String,
        /// The line, counted from one.
        line: Option<usize>,
        /// The key, as in `matrix.surrogate[1].trapezoidal.inner`; empty for the whole file.
        path: String,
        /// What is wrong, with the offending value and the known alternatives.
        message: String,
    },
}

fn suffix(line: &Option<usize>) -> String {
    line.map(|line| format!(":{line}")).unwrap_or_default()
}

fn prefix(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!("{path}: ")
    }
}

/// What is wrong with a suite, and the path of the key.
#[derive(Debug)]
pub struct Invalid {
    /// The key, as in [`SuiteError::Invalid`].
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl From<ParameterError> for Invalid {
    fn from(error: ParameterError) -> Self {
        Self {
            path: error.field,
            message: error.message,
        }
    }
}

/// The error that the value at `path` is not valid.
pub fn invalid<T>(path: impl Into<String>, message: impl Into<String>) -> Result<T, Invalid> {
    Err(Invalid {
        path: path.into(),
        message: message.into(),
    })
}
