//! The failure of a command: a message, and the exit code of each kind of error.

use std::error::Error;
use std::io;

use crate::api::ComponentError;
use crate::cli::exit;
use crate::run::film::FilmError;
use crate::run::policy_files::PolicyError;
use crate::run::record::StoreError;
use crate::run::scheduler::ScheduleError;
use crate::suite::SuiteError;

/// An error message with its exit code.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    /// The message, with the causes of the error.
    pub message: String,
}

impl Failure {
    /// A failure with the message of an error and its causes.
    pub fn new(code: u8, error: impl Into<Box<dyn Error>>) -> Self {
        let error: Box<dyn Error> = error.into();
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            // Some messages include their cause already.
            if !message.contains(&cause.to_string()) {
                message.push_str(&format!(": {cause}"));
            }
            source = cause.source();
        }
        Self {
            code,
            message: shortened(message),
        }
    }
}

/// The longest message in characters. One that quotes a name of half a megabyte would hide what is wrong.
const LONGEST: usize = 8000;

/// The message without its middle, if it is too long.
fn shortened(message: String) -> String {
    if message.chars().count() <= LONGEST {
        return message;
    }
    let begin: String = message.chars().take(LONGEST / 2).collect();
    let left = message.chars().count().saturating_sub(LONGEST / 2);
    let end: String = message.chars().skip(left.max(LONGEST / 2)).collect();
    format!("{begin} … {end}")
}

impl From<SuiteError> for Failure {
    fn from(error: SuiteError) -> Self {
        let code = match error {
            SuiteError::Unreadable { .. } => exit::IO,
            SuiteError::Invalid { .. } => exit::BAD_DATA,
        };
        Self::new(code, error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Io { .. } | StoreError::Absent { .. } | StoreError::NoSuite { .. } => {
                exit::IO
            }
            StoreError::Damaged { .. } | StoreError::Newer { .. } => exit::BAD_DATA,
        };
        Self::new(code, error)
    }
}

impl From<ScheduleError> for Failure {
    fn from(error: ScheduleError) -> Self {
        let code = match error {
            ScheduleError::Store(error) => return error.into(),
            ScheduleError::Device(_) | ScheduleError::NoSuchCell { .. } => exit::USAGE,
            ScheduleError::Plan(_) | ScheduleError::Component { .. } => exit::BAD_DATA,
            ScheduleError::Interrupted => exit::INTERRUPTED,
            ScheduleError::SavedElsewhere { .. }
            | ScheduleError::Refused { .. }
            | ScheduleError::Process { .. }
            | ScheduleError::Panic => exit::IO,
        };
        Self::new(code, error)
    }
}

impl From<PolicyError> for Failure {
    fn from(error: PolicyError) -> Self {
        let code = match error {
            PolicyError::Io { .. } => exit::IO,
            _ => exit::BAD_DATA,
        };
        Self::new(code, error)
    }
}

impl From<FilmError> for Failure {
    fn from(error: FilmError) -> Self {
        let code = match error {
            FilmError::Name { .. } => exit::USAGE,
            FilmError::NoSimulator { .. } | FilmError::NoPainter(_) | FilmError::NoEncoder(_) => {
                exit::BAD_DATA
            }
            FilmError::Io { .. } => exit::IO,
        };
        Self::new(code, error)
    }
}

impl From<ComponentError> for Failure {
    fn from(error: ComponentError) -> Self {
        Self::new(exit::BAD_DATA, error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(exit::IO, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_too_long_loses_its_middle() {
        let failure = Failure::new(exit::IO, format!("begin{}end", "δ".repeat(300_000)));
        assert!(failure.message.chars().count() < LONGEST + 10);
        assert!(failure.message.starts_with("begin") && failure.message.ends_with("end"));
        assert_eq!(Failure::new(exit::IO, "short").message, "short");
    }
}
