//! `spikebench list`: the components.

use clap::Args;
use serde_json::{Value, json};

use crate::api::{Component, Kind};
use crate::registry::Registry;

use super::{Failure, exit, show};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Only this kind: surrogate, neuron, encoder, decoder, actor, agent or environment
    #[arg(value_parser = kind)]
    kind: Option<Kind>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

fn kind(name: &str) -> Result<Kind, String> {
    let known: Vec<String> = Kind::ALL.iter().map(Kind::to_string).collect();
    let found = Kind::ALL.into_iter().find(|kind| kind.to_string() == name);
    found.ok_or_else(|| format!("known: {}", known.join(", ")))
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let mut text = String::new();
    let mut all = Vec::new();
    for kind in Kind::ALL
        .into_iter()
        .filter(|kind| arguments.kind.is_none_or(|only| only == *kind))
    {
        for entry in registry.of(kind) {
            let defaults = registry
                .resolve(kind, &Component::named(entry.name))
                .map_err(|fault| {
                    Failure::new(exit::BAD_DATA, format!("{}: {fault}", entry.name))
                })?;
            let summary = entry.summary.trim();
            all.push(json!({
                "kind": kind,
                "name": entry.name,
                "summary": summary,
                "parameters": defaults.parameters,
                "origin": { "package": entry.origin.0, "file": entry.origin.1, "line": entry.origin.2 },
            }));
            text.push_str(&format!("{kind} {}\n    {summary}\n", entry.name));
            for (key, value) in &defaults.parameters {
                text.push_str(&format!("    {key}: {}\n", plain(value)));
            }
            text.push('\n');
        }
    }
    if arguments.json {
        show(&format!("{:#}\n", Value::Array(all)))
    } else {
        show(&text)
    }
}

/// A value as a suite writes it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{key}: {}", plain(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(plain).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}
