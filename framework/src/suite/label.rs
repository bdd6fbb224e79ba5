//! The labels of the entries of an axis.

use crate::suite::error::{Invalid, invalid};
use crate::suite::matrix::Entry;

/// Checks that a label at `path` is one of those on an axis.
pub fn check_label(path: &str, label: &str, axis: &[Entry]) -> Result<(), Invalid> {
    if axis.iter().any(|entry| entry.label == label) {
        return Ok(());
    }
    let known: Vec<&str> = axis.iter().map(|entry| entry.label.as_str()).collect();
    let known = known.join(", ");
    invalid(
        path,
        format!("\"{label}\" is not on this axis; known: {known}"),
    )
}
