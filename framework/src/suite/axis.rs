//! One axis of a suite: its components are resolved, and its labels are checked.

use std::collections::HashMap;

use serde_json::Value;

use crate::api::{Component, Kind, ParameterError};
use crate::registry::Registry;
use crate::suite::error::{Invalid, invalid};
use crate::suite::matrix::Entry;
use crate::suite::wire;

/// The most entries on an axis. Every one of them is made before cells are counted.
const MOST_ENTRIES: usize = 1000;

/// Resolves the entries of an axis and gives each a label that is unique on the axis.
pub fn axis(
    registry: &Registry,
    kind: Kind,
    written: Vec<wire::Entry>,
) -> Result<Vec<Entry>, Invalid> {
    if written.len() > MOST_ENTRIES {
        let message = format!(
            "has {} entries; at most {MOST_ENTRIES} are allowed",
            written.len()
        );
        return invalid(format!("matrix.{kind}"), message);
    }
    let mut entries: Vec<Entry> = Vec::with_capacity(written.len());
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut labels: HashMap<String, usize> = HashMap::new();
    for (index, wire::Entry { component, label }) in written.into_iter().enumerate() {
        let path = format!("matrix.{kind}[{index}]");
        let below = |error: ParameterError| error.below(&path);
        let label = label_of(&path, label, &component)?;
        let component = registry.resolve(kind, &component).map_err(below)?;
        let spiking = kind == Kind::Actor && registry.actor(&component).map_err(below)?.0.spiking();
        if let Some(first) = known.insert(identity(&component), index) {
            let other = &entries[first].label;
            let message = format!("is the same as matrix.{kind}[{first}]: {other}");
            return invalid(path, message);
        }
        if let Some(first) = labels.insert(label.clone(), index) {
            let message = format!(
                "has the same label as matrix.{kind}[{first}], {label}; give one of them another label with `as`"
            );
            return invalid(path, message);
        }
        entries.push(Entry {
            label,
            component: component.into(),
            spiking,
        });
    }
    Ok(entries)
}

/// Resolved components are the same if this text is.
fn identity(component: &Component) -> String {
    let parameters = Value::Object(component.parameters.clone());
    format!("{parameters}{}", component.name)
}

fn label_of(path: &str, label: Option<String>, component: &Component) -> Result<String, Invalid> {
    match label {
        Some(label) if label.is_empty() || label.chars().any(char::is_control) => {
            invalid(format!("{path}.as"), format!("{label:?} is not a label"))
        }
        Some(label) => Ok(label),
        None => Ok(default_label(component)),
    }
}

/// The name and the parameters that were given, as in `trapezoidal(inner=0.5,outer=1)`.
fn default_label(given: &Component) -> String {
    if given.parameters.is_empty() {
        return given.name.clone();
    }
    let parameters: Vec<String> = given
        .parameters
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    format!("{}({})", given.name, parameters.join(",").replace('"', ""))
}
