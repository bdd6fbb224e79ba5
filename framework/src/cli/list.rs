//! `spikebench list`: lists the known components.

use clap::Args;
use serde_json::{Value, json};

use crate::api::{Component, DEFAULT_U_AT_REST, Kind, SurrogateProfile};
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::{show, show_json};
use crate::registry::Registry;

#[derive(Debug, Args)]
pub struct Arguments {
    /// List only this kind: surrogate, neuron, encoder, decoder, actor, agent or environment
    #[arg(value_parser = kind)]
    kind: Option<Kind>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Reads the name of a kind.
pub fn kind(name: &str) -> Result<Kind, String> {
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
                .map_err(|error| {
                    Failure::new(exit::BAD_DATA, format!("{}: {error}", entry.name))
                })?;
            let summary = entry.summary.trim();
            let mut one = json!({
                "kind": kind,
                "name": entry.name,
                "aliases": entry.aliases,
                "summary": summary,
                "cites": entry.cites,
                "parameters": defaults.parameters,
                "origin": { "package": entry.origin.0, "file": entry.origin.1, "line": entry.origin.2 },
            });
            let aliases: String = entry
                .aliases
                .iter()
                .map(|alias| format!(" | {alias}"))
                .collect();
            text.push_str(&format!(
                "{kind} {}{aliases}\n{}",
                entry.name,
                below(summary)
            ));
            if kind == Kind::Surrogate {
                let (surrogate, _) = registry.surrogate(&defaults).map_err(|error| {
                    Failure::new(exit::BAD_DATA, format!("{}: {error}", entry.name))
                })?;
                let facts = SurrogateProfile::of(surrogate.as_ref(), DEFAULT_U_AT_REST);
                text.push_str(&below(&in_words(&facts)));
                one["facts"] = json!(facts);
            }
            all.push(one);
            for (key, value) in &defaults.parameters {
                text.push_str(&below(&format!("{key}: {}", plain(value))));
            }
            text.push('\n');
        }
    }
    if arguments.json {
        show_json(&Value::Array(all))
    } else {
        show(&text)
    }
}

/// Wraps a text at 80 columns below the head of an entry. Continued lines are indented further, so that
/// a parameter can still be pasted into a suite.
fn below(text: &str) -> String {
    let options = textwrap::Options::new(80)
        .initial_indent("    ")
        .subsequent_indent("        ")
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    let words: Vec<&str> = text.split_whitespace().collect();
    textwrap::fill(&words.join(" "), options) + "\n"
}

/// The profile of a surrogate in one line.
fn in_words(facts: &SurrogateProfile) -> String {
    let or = |value: Option<f64>, none: &str| value.map_or(none.to_owned(), significant);
    format!(
        "peak {}, half-width {}, area {}, at u = {}: {}",
        significant(facts.peak),
        or(facts.half_width, "infinite"),
        or(facts.area, "divergent"),
        facts.u_at_rest,
        significant(facts.at_rest)
    )
}

/// A number with four significant digits.
fn significant(value: f64) -> String {
    if value == 0.0 || (0.001..1000.0).contains(&value.abs()) {
        let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
        rounded.to_string()
    } else {
        format!("{value:.2e}")
    }
}

/// A value as it is written in a suite.
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
