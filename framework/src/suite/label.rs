//! The labels of the entries of an axis.

use crate::suite::error::{Invalid, invalid};
use crate::suite::matrix::Entry;

/// Whether a suite has a label at `path`, be it given to an entry or named by it.
pub fn is_label(path: &str) -> bool {
    let steps: Vec<&str> = path.split('.').collect();
    match steps[..] {
        ["matrix", _, "as"] | ["compare", "baseline"] => true,
        [item, "surrogate" | "actor" | "agent" | "environment"] => item.starts_with("exclude["),
        _ => false,
    }
}

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
