//! What goes wrong, as one line with its remedy.
use std::{fmt, io, path::Path};

/// One line for the user.
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

/// Says which file an I/O error is about.
pub trait About<T> {
    fn about(self, doing: &str, path: &Path) -> Outcome<T>;
}

impl<T, E: Into<io::Error>> About<T> for Result<T, E> {
    fn about(self, doing: &str, path: &Path) -> Outcome<T> {
        self.map_err(|error| {
            let error = error.into();
            let remedy = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    ": free some disk space and run this again, it continues where it stopped"
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
