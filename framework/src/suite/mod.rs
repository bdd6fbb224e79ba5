//! From a YAML file to a [`Suite`]: everything that can be wrong with it is found here, before anything runs.

mod check;
mod combination;
mod keyed;
mod outline;
mod remainder;
mod wire;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::api::{Component, Fault};
use crate::registry::Registry;
pub use crate::scores::Failed;
use crate::stats::aggregate::Bounds;
use crate::stats::correction::Correction;
use crate::stats::family::Family;
pub use crate::stats::two_sample::Test;

use check::{Wrong, checked};
pub use combination::Combination;
use keyed::Keyed;

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

impl Compare {
    /// The margin within which entries are to be shown equal, where that is asked: then a small p says that they are.
    pub fn equivalence(&self) -> Option<f64> {
        self.margin.filter(|_| self.test == Test::Tost)
    }

    /// The test that tells entries apart: the chosen one, or Welch's where that one shows them equal.
    pub fn telling_apart(&self) -> Test {
        match self.test {
            Test::Tost => Test::Welch,
            test => test,
        }
    }
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
    /// What equivalence means to [`Test::Tost`], in the unit of the metric.
    pub margin: Option<f64>,
    /// The correction for several comparisons.
    pub correction: Correction,
    /// Which comparisons of one metric are a family.
    pub family: Family,
    /// The accepted probability of a false alarm in a family.
    pub alpha: f64,
    /// What runs that did not finish count as.
    pub failed: Failed,
    /// What scores are normalised by, by the label of the environment; need not name all of them.
    pub bounds: BTreeMap<String, Bounds>,
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
#[derive(Debug, Error)]
pub enum SuiteError {
    /// The file system has no such file, or does not give it.
    #[error("{file}: {source}")]
    Unreadable {
        /// The file, as it was named.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// What it says is no suite.
    #[error("{file}{}: {}{message}", at(.line), below(.path))]
    Wrong {
        /// The file, as it was named.
        file: String,
        /// Counted from one.
        line: Option<usize>,
        /// The key, as in `matrix.surrogate[1].trapezoidal.inner`; empty for the whole file.
        path: String,
        /// What is wrong, with the offending value and the known alternatives.
        message: String,
    },
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

/// A larger file is no suite.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// What some editors put in front of a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

impl Suite {
    /// Reads and checks a file. More than `max_cells` combinations are refused before they are made.
    pub fn read(path: &Path, registry: &Registry, max_cells: u64) -> Result<Self, SuiteError> {
        let file = path.display().to_string();
        let wrong = |line: Option<usize>, message: &str| SuiteError::Wrong {
            file: file.clone(),
            line,
            path: String::new(),
            message: message.to_owned(),
        };
        let mut bytes = Vec::new();
        // A device has no length to ask for beforehand.
        File::open(path)
            .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|source| SuiteError::Unreadable {
                file: file.clone(),
                source,
            })?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(wrong(None, "more than 1 MiB is too much for a suite"));
        }
        let text = str::from_utf8(&bytes).map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
            wrong(Some(line), "is not text in UTF-8")
        })?;
        Self::parse(&file, text, registry, max_cells)
    }

    /// Checks the text of a suite; `file` is for messages.
    pub fn parse(
        file: &str,
        text: &str,
        registry: &Registry,
        max_cells: u64,
    ) -> Result<Self, SuiteError> {
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let (value, outline) = yaml::read(text).map_err(|misfit| SuiteError::Wrong {
            file: file.to_owned(),
            line: Some(misfit.line),
            path: misfit.path,
            message: misfit.message,
        })?;
        let located = |(path, message): Wrong| SuiteError::Wrong {
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
    let suite: Result<Keyed<_>, _> = serde_path_to_error::deserialize(value);
    suite.map(|Keyed(suite)| suite).map_err(|error| {
        let path = error.path().to_string();
        let fault = Fault::of_type(
            if path == "." { "" } else { &path },
            &error.inner().to_string(),
        );
        (fault.field, fault.message)
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
