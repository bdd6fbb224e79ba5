//! Reading suites and single components from YAML, by the same reader and with the same messages.

use std::io;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::analysis::read_input_file;
use crate::api::{Component, Kind, ParameterError};
use crate::registry::Registry;
use crate::suite::check::checked;
use crate::suite::definition::Suite;
use crate::suite::error::{Invalid, SuiteError};
use crate::suite::keyed::Keyed;
use crate::suite::walk::{MAX_BYTES, TOO_LARGE};
use crate::suite::{wire, yaml};

/// Some editors put this in front of a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

impl Suite {
    /// Reads and checks a file. A suite of more than `max_cells` combinations is refused before they are made.
    pub fn read(path: &Path, registry: &Registry, max_cells: u64) -> Result<Self, SuiteError> {
        let file = path.display().to_string();
        let invalid = |line: Option<usize>, message: &str| SuiteError::Invalid {
            file: file.clone(),
            line,
            path: String::new(),
            message: message.to_owned(),
        };
        let bytes =
            read_input_file(path, MAX_BYTES as u64).map_err(|source| match source.kind() {
                io::ErrorKind::FileTooLarge => invalid(None, TOO_LARGE),
                _ => SuiteError::Unreadable {
                    file: file.clone(),
                    source,
                },
            })?;
        let text = str::from_utf8(&bytes).map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
            invalid(Some(line), "is not text in UTF-8")
        })?;
        Self::parse(&file, text, registry, max_cells)
    }

    /// Checks the text of a suite; `file` is its name in messages.
    pub fn parse(
        file: &str,
        text: &str,
        registry: &Registry,
        max_cells: u64,
    ) -> Result<Self, SuiteError> {
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let (value, map) = yaml::read(text).map_err(|error| SuiteError::Invalid {
            file: file.to_owned(),
            line: Some(error.line),
            path: error.path,
            message: error.message,
        })?;
        let located = |Invalid { path, message }| SuiteError::Invalid {
            file: file.to_owned(),
            line: map.line(&path),
            path,
            message,
        };
        let Keyed(wire) = typed::<Keyed<wire::Suite>>(value)
            .map_err(Invalid::from)
            .map_err(located)?;
        checked(wire, registry, max_cells).map_err(located)
    }
}

/// Reads a single component as it is written in a suite, checks it and fills in its defaults.
pub fn read_component(
    text: &str,
    kind: Kind,
    registry: &Registry,
) -> Result<Component, ParameterError> {
    let (value, _) = yaml::read(text).map_err(|error| ParameterError {
        field: error.path,
        message: error.message,
    })?;
    registry.resolve(kind, &typed::<Component>(value)?)
}

/// Gives a value its type; the error names the key that does not fit.
pub fn typed<'de, T: Deserialize<'de>>(value: Value) -> Result<T, ParameterError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = match error.path().to_string() {
            whole if whole == "." => String::new(),
            path => path,
        };
        ParameterError::of_type(path, &error.inner().to_string())
    })
}
