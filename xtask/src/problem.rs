//! Errors for the user: one line that says what went wrong and what to do about it.
use std::{fmt, io, path::Path};

/// An error, as one line for the user.
#[derive(Debug)]
pub struct Problem(String);

/// A result whose error is one line for the user.
pub type Outcome<T = ()> = Result<T, Problem>;

impl Problem {
    pub fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Adds to an I/O error what was being done and to which file.
pub trait About<T> {
    fn about(self, doing: &str, path: &Path) -> Outcome<T>;
}

impl<T, E: Into<io::Error>> About<T> for Result<T, E> {
    fn about(self, doing: &str, path: &Path) -> Outcome<T> {
        self.map_err(|error| {
            let error = error.into();
            let remedy = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    ": free some disk space and run this again"
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    ": make the folder writable for you and run this again"
                }
                _ => "",
            };
            Problem(format!(
                "cannot {doing} {}: {error}{remedy}",
                path.display()
            ))
        })
    }
}
