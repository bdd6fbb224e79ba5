//! From a YAML file to a [`Suite`]: everything that can be wrong with it is found here, before anything runs.

mod outline;
mod wire;
mod yaml;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::api::{Component, Fault, Kind};
use crate::registry::Registry;
use crate::stats::correction::Correction;

/// A checked suite: components are resolved, labels are unique, seeds are distinct.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// Also the name of the folder with its results.
    pub name: String,
    /// In the author's words.
    pub description: String,
    /// One replica of every combination for each.
    pub seeds: Vec<u64>,
    /// How long each run trains, and how often it is looked at.
    pub budget: Budget,
    /// Seconds after which a run is stopped. Not part of a cell: it does not change what is computed.
    pub time_limit: Option<f64>,
    /// What is crossed.
    pub matrix: Matrix,
    /// Combinations that are left out.
    pub exclude: Vec<Exclusion>,
    /// What is compared.
    pub compare: Compare,
}

/// How long a run trains, and how often it is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Environment steps of training.
    pub steps: u64,
    /// Steps between evaluations; divides `steps`.
    pub evaluate_every: u64,
    /// Episodes of each evaluation.
    pub evaluation_episodes: u64,
}

/// The axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Empty if no actor spikes.
    pub surrogate: Vec<Entry>,
    /// Policy networks.
    pub actor: Vec<Entry>,
    /// Algorithms.
    pub agent: Vec<Entry>,
    /// Tasks.
    pub environment: Vec<Entry>,
}

/// One place on an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What tables call it; unique on its axis.
    pub label: String,
    /// With every default filled in.
    pub component: Component,
    /// Does it use a surrogate? True for spiking actors only.
    pub spiking: bool,
}

/// The cells that match all that is given here.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exclusion {
    /// A label of the surrogate axis.
    pub surrogate: Option<String>,
    /// A label of the actor axis.
    pub actor: Option<String>,
    /// A label of the agent axis.
    pub agent: Option<String>,
    /// A label of the environment axis.
    pub environment: Option<String>,
    /// A seed.
    pub seed: Option<u64>,
}

/// What the report compares, and how.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compare {
    /// The axis whose entries are compared.
    pub factor: Factor,
    /// The label every other entry is compared with.
    pub baseline: String,
    /// What is tested; the first one is the main one.
    pub metrics: Vec<Metric>,
    /// The test.
    pub test: Test,
    /// The correction for several comparisons.
    pub correction: Correction,
    /// The accepted probability of a false alarm in a family.
    pub alpha: f64,
}

/// An axis that can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Factor {
    /// The surrogates.
    Surrogate,
    /// The policy networks.
    Actor,
    /// The algorithms.
    Agent,
}

/// One number for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Mean return of the last evaluation.
    Final,
    /// Mean return of the best evaluation.
    Best,
    /// Area under the curve of mean returns over steps, divided by the range of steps.
    Auc,
}

/// A test of two groups of runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Test {
    /// Welch's t test, two-sided.
    #[default]
    Welch,
}

impl fmt::Display for Factor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Surrogate => "surrogate",
            Self::Actor => "actor",
            Self::Agent => "agent",
        })
    }
}

/// What is wrong with a suite file, and where.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{file}{}: {}{message}", at(.line), below(.path))]
pub struct SuiteError {
    /// The file, as it was named.
    pub file: String,
    /// Counted from one.
    pub line: Option<usize>,
    /// The key, as in `matrix.surrogate[1].trapezoidal.inner`; empty for the whole file.
    pub path: String,
    /// What is wrong, with the offending value and the known alternatives.
    pub message: String,
}

fn at(line: &Option<usize>) -> String {
    line.map(|line| format!(":{line}")).unwrap_or_default()
}

fn below(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!("{path}: ")
    }
}

/// A path within the suite and what is wrong there.
type Wrong = (String, String);

fn wrong<T>(path: impl Into<String>, message: impl Into<String>) -> Result<T, Wrong> {
    Err((path.into(), message.into()))
}

/// A larger file is no suite.
const MAX_FILE_BYTES: u64 = 1 << 20;

impl Suite {
    /// Reads and checks a file. More than `max_cells` combinations are refused before they are made.
    pub fn read(path: &Path, registry: &Registry, max_cells: u64) -> Result<Self, SuiteError> {
        let file = path.display().to_string();
        let whole = |message: String| SuiteError {
            file: file.clone(),
            line: None,
            path: String::new(),
            message,
        };
        let size = std::fs::metadata(path)
            .map_err(|error| whole(error.to_string()))?
            .len();
        if size > MAX_FILE_BYTES {
            return Err(whole(format!(
                "{size} bytes are too many for a suite; at most {MAX_FILE_BYTES} are read"
            )));
        }
        let text = std::fs::read_to_string(path).map_err(|error| whole(error.to_string()))?;
        Self::parse(&file, &text, registry, max_cells)
    }

    /// Checks the text of a suite; `file` is for messages.
    pub fn parse(
        file: &str,
        text: &str,
        registry: &Registry,
        max_cells: u64,
    ) -> Result<Self, SuiteError> {
        let (value, outline) = yaml::read(text).map_err(|misfit| SuiteError {
            file: file.to_owned(),
            line: Some(misfit.line),
            path: misfit.path,
            message: misfit.message,
        })?;
        let located = |(path, message): Wrong| SuiteError {
            file: file.to_owned(),
            line: outline.line(&path),
            path,
            message,
        };
        let wire = typed(value).map_err(located)?;
        checked(wire, registry, max_cells).map_err(located)
    }
}

fn typed(value: Value) -> Result<wire::Suite, Wrong> {
    if !value.is_object() {
        return wrong(
            "",
            "is not a map; expected the keys name, seeds, budget, matrix and so on",
        );
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let fault = Fault::of_type(
            if path == "." { "" } else { &path },
            &error.inner().to_string(),
        );
        (fault.field, fault.message)
    })
}

fn checked(wire: wire::Suite, registry: &Registry, max_cells: u64) -> Result<Suite, Wrong> {
    check_name(&wire.name)?;
    let (budget, time_limit) = check_budget(&wire.budget)?;
    let matrix = Matrix {
        surrogate: axis(registry, Kind::Surrogate, wire.matrix.surrogate)?,
        actor: axis(registry, Kind::Actor, wire.matrix.actor)?,
        agent: axis(registry, Kind::Agent, wire.matrix.agent)?,
        environment: axis(registry, Kind::Environment, wire.matrix.environment)?,
    };
    for (name, axis) in [
        ("actor", &matrix.actor),
        ("agent", &matrix.agent),
        ("environment", &matrix.environment),
    ] {
        if axis.is_empty() {
            return wrong(
                format!("matrix.{name}"),
                "is empty, expected at least one entry",
            );
        }
    }
    if let Some(spiking) = matrix.actor.iter().find(|actor| actor.spiking)
        && matrix.surrogate.is_empty()
    {
        return wrong(
            "matrix.surrogate",
            format!(
                "is empty, but the actor {} spikes and needs one",
                spiking.label
            ),
        );
    }
    let seeds = check_seeds(wire.seeds, &matrix, max_cells)?;
    let exclude = check_exclusions(wire.exclude, &matrix, &seeds)?;
    let compare = check_compare(wire.compare, &matrix)?;
    Ok(Suite {
        name: wire.name,
        description: wire.description,
        seeds,
        budget,
        time_limit,
        matrix,
        exclude,
        compare,
    })
}

fn check_name(name: &str) -> Result<(), Wrong> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.chars().all(plain) {
        return wrong(
            "name",
            format!(
                "\"{name}\" cannot name a folder; expected at most 64 of A-Z a-z 0-9 . _ - and no dot at the front"
            ),
        );
    }
    Ok(())
}

fn check_budget(wire: &wire::Budget) -> Result<(Budget, Option<f64>), Wrong> {
    for (key, value) in [
        ("budget.steps", wire.steps),
        ("budget.evaluate_every", wire.evaluate_every),
        ("budget.evaluation_episodes", wire.evaluation_episodes),
    ] {
        if value == 0 {
            return wrong(key, "0 must be positive");
        }
    }
    if !wire.steps.is_multiple_of(wire.evaluate_every) {
        return wrong(
            "budget.evaluate_every",
            format!(
                "{} does not divide steps ({}), so the last step would not be evaluated",
                wire.evaluate_every, wire.steps
            ),
        );
    }
    if let Some(limit) = wire.time_limit
        && limit <= 0.0
    {
        return wrong(
            "budget.time_limit",
            format!("{limit} must be positive (seconds)"),
        );
    }
    let budget = Budget {
        steps: wire.steps,
        evaluate_every: wire.evaluate_every,
        evaluation_episodes: wire.evaluation_episodes,
    };
    Ok((budget, wire.time_limit))
}

fn axis(registry: &Registry, kind: Kind, wire: Vec<wire::Entry>) -> Result<Vec<Entry>, Wrong> {
    let mut entries: Vec<Entry> = Vec::with_capacity(wire.len());
    let mut known: HashMap<String, usize> = HashMap::new();
    for (
        index,
        wire::Entry {
            component: given,
            label,
        },
    ) in wire.into_iter().enumerate()
    {
        let path = format!("matrix.{kind}[{index}]");
        let fault = |fault: Fault| {
            let fault = fault.below(&path);
            (fault.field, fault.message)
        };
        let component = registry.resolve(kind, &given).map_err(fault)?;
        let spiking = kind == Kind::Actor && registry.actor(&component).map_err(fault)?.0.spiking();
        if let Some(first) = known.insert(
            Value::Object(component.parameters.clone()).to_string() + &component.name,
            index,
        ) {
            return wrong(
                path,
                format!(
                    "is the same as matrix.{kind}[{first}]: {}",
                    entries[first].label
                ),
            );
        }
        let label = match label {
            Some(label) if label.is_empty() || label.chars().any(char::is_control) => {
                return wrong(format!("{path}.as"), format!("{label:?} is not a label"));
            }
            Some(label) => label,
            None => default_label(&given),
        };
        if let Some(first) = entries.iter().position(|entry| entry.label == label) {
            return wrong(
                path,
                format!(
                    "is called {label} like matrix.{kind}[{first}]; give one another name with `as`"
                ),
            );
        }
        entries.push(Entry {
            label,
            component,
            spiking,
        });
    }
    Ok(entries)
}

/// The name, and the parameters that were given: `trapezoidal(inner=0.5,outer=1)`.
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

fn check_seeds(wire: wire::Seeds, matrix: &Matrix, max_cells: u64) -> Result<Vec<u64>, Wrong> {
    let count = match &wire {
        wire::Seeds::Count(count) => *count,
        wire::Seeds::List(list) => list.len() as u64,
    };
    if count == 0 {
        return wrong("seeds", "there is none, expected at least one");
    }
    let spiking = matrix.actor.iter().filter(|actor| actor.spiking).count() as u64;
    let networks = spiking * matrix.surrogate.len() as u64 + (matrix.actor.len() as u64 - spiking);
    let cells = [
        networks,
        matrix.agent.len() as u64,
        matrix.environment.len() as u64,
        count,
    ]
    .iter()
    .try_fold(1u64, |product, &length| product.checked_mul(length));
    match cells {
        Some(cells) if cells <= max_cells => {}
        Some(cells) => {
            return wrong(
                "",
                format!(
                    "{cells} cells are more than {max_cells}; allow them with --max-cells {cells}"
                ),
            );
        }
        None => {
            return wrong(
                "seeds",
                format!("{count} makes more cells than can be counted"),
            );
        }
    }
    match wire {
        wire::Seeds::Count(count) => Ok((0..count).collect()),
        wire::Seeds::List(list) => {
            for (index, seed) in list.iter().enumerate() {
                if list[..index].contains(seed) {
                    return wrong(format!("seeds[{index}]"), format!("{seed} is given twice"));
                }
            }
            Ok(list)
        }
    }
}

fn check_exclusions(
    wire: Vec<wire::Exclusion>,
    matrix: &Matrix,
    seeds: &[u64],
) -> Result<Vec<Exclusion>, Wrong> {
    let mut exclusions = Vec::with_capacity(wire.len());
    for (index, one) in wire.into_iter().enumerate() {
        let path = format!("exclude[{index}]");
        let axes = [
            ("surrogate", &one.surrogate, &matrix.surrogate),
            ("actor", &one.actor, &matrix.actor),
            ("agent", &one.agent, &matrix.agent),
            ("environment", &one.environment, &matrix.environment),
        ];
        for (name, label, axis) in axes {
            if let Some(label) = label {
                check_label(&format!("{path}.{name}"), label, axis)?;
            }
        }
        if let Some(seed) = one.seed
            && !seeds.contains(&seed)
        {
            return wrong(
                format!("{path}.seed"),
                format!("{seed} is not one of the seeds"),
            );
        }
        let exclusion = Exclusion {
            surrogate: one.surrogate,
            actor: one.actor,
            agent: one.agent,
            environment: one.environment,
            seed: one.seed,
        };
        if exclusion == Exclusion::default() {
            return wrong(path, "names nothing, and would leave out every cell");
        }
        exclusions.push(exclusion);
    }
    Ok(exclusions)
}

fn check_label(path: &str, label: &str, axis: &[Entry]) -> Result<(), Wrong> {
    if axis.iter().any(|entry| entry.label == label) {
        return Ok(());
    }
    let known: Vec<&str> = axis.iter().map(|entry| entry.label.as_str()).collect();
    wrong(
        path,
        format!(
            "\"{label}\" is not on this axis; known: {}",
            known.join(", ")
        ),
    )
}

fn check_compare(wire: wire::Compare, matrix: &Matrix) -> Result<Compare, Wrong> {
    let factor = wire.factor.unwrap_or(if matrix.surrogate.len() > 1 {
        Factor::Surrogate
    } else if matrix.actor.len() > 1 {
        Factor::Actor
    } else if matrix.agent.len() > 1 {
        Factor::Agent
    } else {
        Factor::Surrogate
    });
    let axis = matrix.axis(factor);
    let baseline = match wire.baseline {
        Some(baseline) => {
            check_label("compare.baseline", &baseline, axis)?;
            baseline
        }
        None => axis
            .first()
            .map(|entry| entry.label.clone())
            .unwrap_or_default(),
    };
    let metrics = wire.metrics.unwrap_or_else(|| vec![Metric::Final]);
    if metrics.is_empty() {
        return wrong(
            "compare.metrics",
            "is empty, expected at least one of final, best, auc",
        );
    }
    for (index, metric) in metrics.iter().enumerate() {
        if metrics[..index].contains(metric) {
            return wrong(format!("compare.metrics[{index}]"), "is given twice");
        }
    }
    let alpha = wire.alpha.unwrap_or(0.05);
    if !(alpha > 0.0 && alpha < 1.0) {
        return wrong("compare.alpha", format!("{alpha} must lie between 0 and 1"));
    }
    let correction = wire.correction.unwrap_or(Correction::Holm);
    Ok(Compare {
        factor,
        baseline,
        metrics,
        test: wire.test,
        correction,
        alpha,
    })
}

impl Matrix {
    /// The entries that are compared.
    pub fn axis(&self, factor: Factor) -> &[Entry] {
        match factor {
            Factor::Surrogate => &self.surrogate,
            Factor::Actor => &self.actor,
            Factor::Agent => &self.agent,
        }
    }
}
