//! What a reviewer asks for: every hyperparameter of every component, and what differs between the entries of an axis.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::analysis::Standing;
use crate::suite::{Entry, Matrix};

use super::study::Study;
use super::table::{Cell, Kind, Table, slug};
use super::{markdown, methods, provenance};

/// One table for each axis: a line for each parameter with its value in every entry, in bold where the entries differ.
pub fn tables(study: &Study) -> Vec<Table> {
    let Some(matrix) = &study.matrix else {
        return Vec::new();
    };
    let Matrix {
        surrogate,
        actor,
        agent,
        environment,
    } = matrix;
    let axes = [
        ("surrogate", surrogate),
        ("actor", actor),
        ("agent", agent),
        ("environment", environment),
    ];
    let filled = axes.into_iter().filter(|(_, entries)| !entries.is_empty());
    filled.map(|(axis, entries)| table(axis, entries)).collect()
}

fn table(axis: &str, entries: &[Entry]) -> Table {
    let flat: Vec<BTreeMap<String, String>> = entries.iter().map(parameters).collect();
    let mut keys: Vec<&String> = flat.iter().flat_map(BTreeMap::keys).collect();
    keys.sort_unstable();
    keys.dedup();
    let row = |key: &&String| {
        let values: Vec<Option<&String>> =
            flat.iter().map(|parameters| parameters.get(*key)).collect();
        let differs = values.iter().any(|value| *value != values[0]);
        let standing = if differs {
            Standing::Best
        } else {
            Standing::Plain
        };
        let cell = |value: &Option<&String>| {
            let text = value.map_or(super::numbers::NONE, String::as_str);
            Cell::text(text).standing(standing)
        };
        [Cell::text(key.trim())]
            .into_iter()
            .chain(values.iter().map(cell))
            .collect()
    };
    let labels = entries
        .iter()
        .map(|entry| (entry.label.as_str(), Kind::Label));
    let columns: Vec<(&str, Kind)> = [("parameter", Kind::Label)]
        .into_iter()
        .chain(labels)
        .collect();
    Table::new(
        format!("parameters-{}", slug(axis)),
        format!("every parameter: {axis}"),
        &columns,
        keys.iter().map(row).collect(),
    )
}

/// The parameters of an entry by their paths, such as `neuron.lif.tau`, its name among them.
fn parameters(entry: &Entry) -> BTreeMap<String, String> {
    let mut flat = BTreeMap::from([(" name".to_owned(), entry.component.name.clone())]);
    flatten("", &entry.component.parameters, &mut flat);
    flat
}

fn flatten(path: &str, parameters: &Map<String, Value>, flat: &mut BTreeMap<String, String>) {
    for (key, value) in parameters {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        match value {
            Value::Object(inner) if !inner.is_empty() => flatten(&path, inner, flat),
            Value::String(text) => {
                flat.insert(path, text.clone());
            }
            other => {
                flat.insert(path, other.to_string());
            }
        }
    }
}

/// The command and the versions, as paragraphs.
pub fn made_by(study: &Study, command: &str) -> Vec<String> {
    let mut paragraphs = vec![format!("Command: {command} (data {}).", study.data_hash)];
    if let Some(training) = study.training {
        paragraphs.push(format!(
            "Budget: {} environment steps a run, {} episodes an evaluation.",
            training.steps, training.evaluation_episodes
        ));
    }
    paragraphs.push(provenance::provenance(&study.provenance));
    paragraphs.push(methods::methods(study));
    paragraphs
}

/// The appendix as Markdown; `None` for a file of scores, which does not tell how they came about.
pub fn markdown(study: &Study, command: &str) -> Option<String> {
    let tables = tables(study);
    if tables.is_empty() {
        return None;
    }
    let mut text = format!("# Appendix: {}\n", markdown::escape(&study.name));
    for paragraph in made_by(study, command) {
        text.push_str(&format!("\n{}\n", markdown::escape(&paragraph)));
    }
    text.push_str("\nIn bold: what differs between the entries of an axis.\n");
    text.extend(tables.iter().map(markdown::draw));
    Some(text)
}
