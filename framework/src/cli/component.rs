//! Components as they are written on the command line.

use crate::api::{Component, Kind, ParameterError};
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::registry::Registry;
use crate::suite::read_component;

/// Reads a component that is written as in a suite, with every default filled in. `argument` is its name in messages.
pub fn component(
    registry: &Registry,
    kind: Kind,
    argument: &str,
    written: &str,
) -> Result<Component, Failure> {
    read_component(written, kind, registry).map_err(|error| {
        let message = format!("{argument}: {}", sentence(&error));
        Failure::new(exit::USAGE, message)
    })
}

/// The failure of a component whose parameters are not valid.
pub fn invalid(error: &ParameterError) -> Failure {
    Failure::new(exit::BAD_DATA, sentence(error))
}

fn sentence(error: &ParameterError) -> String {
    match error.field.as_str() {
        "" => error.message.clone(),
        field => format!("{field}: {}", error.message),
    }
}
