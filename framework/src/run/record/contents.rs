//! The record of a cell: what it was, how it ended, what was measured, and what produced it.

use serde::{Deserialize, Serialize};

use crate::registry::plugin::PluginOrigin;
use crate::run::policy_files::PolicyFiles;
use crate::run::record::machine::Machine;
use crate::run::record::outcome::{Outcome, Status};
use crate::suite::plan::Cell;

/// One episode of one evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Environment steps of training before the evaluation.
    pub step: u64,
    /// Number of the episode within the evaluation, from zero.
    pub episode: u64,
    /// Sum of the rewards.
    #[serde(rename = "return")]
    pub total: f64,
    /// Number of steps in the episode.
    pub length: u64,
}

/// One number that was measured at an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Environment steps of training before the evaluation.
    pub step: u64,
    /// Name of the quantity, such as `firing_rate.layer.0`.
    pub name: String,
    /// Value of the quantity.
    pub value: f64,
}

impl Diagnostic {
    /// Whether it says what an inference of the network takes: firing rates, neurons without a gradient, operations.
    pub fn is_of_activity(&self) -> bool {
        let name = self.name.as_str();
        let is_of_layer = name.starts_with("firing_rate.") || name.starts_with("dead.");
        is_of_layer || matches!(name, "synaptic_operations" | "multiply_accumulates")
    }
}

/// How long training had taken by the time of an evaluation.
///
/// This is measured, not computed, and differs from one run of a cell to the next. Neither the identity of a cell nor the
/// hash of a report's data depends on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Environment steps of training before the evaluation.
    pub step: u64,
    /// Wall-clock seconds since the first step of training, without the time spent on evaluations and their diagnostics:
    /// how often and how thoroughly a run is evaluated says nothing about the cost of training.
    pub seconds: f64,
}

/// The software and hardware that produced a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of this crate.
    pub spikebench: String,
    /// Git revision that the program was built from.
    pub revision: String,
    /// Version of the LibTorch bindings.
    pub tch: String,
    /// Version of LibTorch that the bindings were built against.
    pub libtorch: String,
    /// Name and version of the simulator behind the environment.
    pub engine: Option<String>,
    /// Device that held the tensors.
    pub device: String,
    /// Number of LibTorch's threads.
    pub threads: i32,
    /// Operating system and processor family.
    pub platform: String,
    /// What the last bits depend on besides. Records that are older than this field lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
    /// Other kinds of machines that computed the beginning of the run, up to a checkpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_machines: Vec<Machine>,
    /// The plugins that the cell's components were loaded from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<PluginOrigin>,
}

/// What one cell left behind. Nothing in it is an aggregate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of the format; see [`FORMAT`].
    pub format: u32,
    /// The cell that was run, with every default filled in.
    pub cell: Cell,
    /// How the run ended.
    pub outcome: Outcome,
    /// The software and hardware that ran the cell.
    pub provenance: Provenance,
    /// Seconds from the start of the cell's process to its end.
    pub wall_seconds: f64,
    /// Every episode of every evaluation; stored in `evaluations.csv`.
    #[serde(skip)]
    pub evaluations: Vec<Evaluation>,
    /// The diagnostics of every evaluation; stored in `diagnostics.csv`.
    #[serde(skip)]
    pub diagnostics: Vec<Diagnostic>,
    /// The time of every evaluation; stored in `timings.csv`. Empty for records that are older than this file.
    #[serde(skip)]
    pub timings: Vec<Timing>,
    /// The policy at the end of a finished cell; stored in `actor.safetensors` and `normaliser.json`. It is written but
    /// never read back, because no table needs it.
    #[serde(skip)]
    pub policy: Option<PolicyFiles>,
    /// Standard error of the process, or the end of it; stored in `log.txt`.
    #[serde(skip)]
    pub log: String,
}

/// The version of the record format that this program reads and writes.
pub const FORMAT: u32 = 2;

impl Record {
    /// How many evaluations a finished run lacks, in words; nothing if it has them all.
    pub fn lacks_evaluations(&self) -> Option<String> {
        let budget = &self.cell.budget;
        let expected = (budget.steps / budget.evaluate_every.max(1))
            .saturating_mul(budget.evaluation_episodes);
        let found = self.evaluations.len() as u64;
        (self.outcome.status == Status::Finished && found != expected)
            .then(|| format!("a finished run has {expected} episodes, but {found} are there"))
    }

    /// An empty record of a cell that is about to run. Until it ends, its outcome is that its process died.
    pub fn started(cell: Cell, provenance: Provenance) -> Self {
        Self {
            format: FORMAT,
            cell,
            outcome: Outcome::because(Status::Crashed, "the process has not ended"),
            provenance,
            wall_seconds: 0.0,
            evaluations: Vec::new(),
            diagnostics: Vec::new(),
            timings: Vec::new(),
            policy: None,
            log: String::new(),
        }
    }
}

#[cfg(test)]
impl Record {
    /// The record of a finished cell, for tests.
    pub(crate) fn example(id: &str) -> Self {
        use std::sync::Arc;

        use crate::api::Component;
        use crate::suite::Budget;
        use crate::suite::plan::Labels;

        let component = Arc::new(Component::named("any"));
        let label = || "any".to_owned();
        let cell = Cell {
            id: id.to_owned(),
            labels: Labels {
                surrogate: None,
                actor: label(),
                agent: label(),
                environment: label(),
            },
            surrogate: None,
            actor: component.clone(),
            agent: component.clone(),
            environment: component,
            budget: Budget {
                steps: 1,
                evaluate_every: 1,
                evaluation_episodes: 1,
            },
            seed: 0,
            fingerprints: Default::default(),
        };
        let provenance = Provenance {
            spikebench: String::new(),
            revision: String::new(),
            tch: String::new(),
            libtorch: String::new(),
            engine: None,
            device: "cpu".to_owned(),
            threads: 1,
            platform: String::new(),
            machine: None,
            earlier_machines: Vec::new(),
            plugins: Vec::new(),
        };
        Self {
            outcome: Outcome::finished(),
            evaluations: vec![Evaluation {
                step: 1,
                episode: 0,
                total: 0.0,
                length: 1,
            }],
            ..Self::started(cell, provenance)
        }
    }
}
