//! From a suite to its cells: a pure function, always in the same order.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::Component;
use crate::suite::{Budget, Combination, Suite};

/// One combination with one seed: nothing is left to decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Readable, and ends in a hash of everything that determines the result.
    pub id: String,
    /// What the suite calls its parts.
    pub labels: Labels,
    /// Absent for a network without spikes.
    pub surrogate: Option<Component>,
    /// The policy network.
    pub actor: Component,
    /// The algorithm.
    pub agent: Component,
    /// The task.
    pub environment: Component,
    /// How long it trains.
    pub budget: Budget,
    /// From which all its randomness comes.
    pub seed: u64,
}

/// The labels of a cell on the axes of its suite.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// Absent for a network without spikes.
    pub surrogate: Option<String>,
    /// Of the actor.
    pub actor: String,
    /// Of the agent.
    pub agent: String,
    /// Of the environment.
    pub environment: String,
}

/// The cells of a suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The suite.
    pub suite: String,
    /// In the order in which they are run.
    pub cells: Vec<Cell>,
    /// Combinations that the suite leaves out.
    pub excluded: usize,
}

/// Raised by hand when the same resolved cell gives other results than before, so that old records are not reused.
const RESULT_EPOCH: u32 = 7;

impl Plan {
    /// Seeds vary slowest, so that an interrupted suite has every combination rather than some of them.
    pub fn of(suite: &Suite) -> Self {
        let mut plan = Self {
            suite: suite.name.clone(),
            cells: Vec::new(),
            excluded: 0,
        };
        let combinations = suite.matrix.combinations();
        for &seed in &suite.seeds {
            for combination in &combinations {
                if suite
                    .exclude
                    .iter()
                    .any(|exclusion| exclusion.covers(combination, seed))
                {
                    plan.excluded += 1;
                } else {
                    plan.cells.push(Cell::new(combination, &suite.budget, seed));
                }
            }
        }
        plan
    }
}

impl Cell {
    fn new(combination: &Combination<'_>, budget: &Budget, seed: u64) -> Self {
        let Combination {
            surrogate,
            actor,
            agent,
            environment,
        } = *combination;
        let mut cell = Self {
            id: String::new(),
            labels: Labels {
                surrogate: surrogate.map(|entry| entry.label.clone()),
                actor: actor.label.clone(),
                agent: agent.label.clone(),
                environment: environment.label.clone(),
            },
            surrogate: surrogate.map(|entry| entry.component.clone()),
            actor: actor.component.clone(),
            agent: agent.component.clone(),
            environment: environment.component.clone(),
            budget: budget.clone(),
            seed,
        };
        let surrogate = cell
            .surrogate
            .as_ref()
            .map_or("none", |surrogate| &surrogate.name);
        cell.id = format!(
            "{}.{}.{}.{surrogate}.s{seed}-{}",
            cell.environment.name,
            cell.actor.name,
            cell.agent.name,
            cell.hash()
        );
        cell
    }

    /// Twelve hexadecimal digits of a hash of everything that determines the result. Labels do not.
    fn hash(&self) -> String {
        let determining = serde_json::json!({
            "epoch": RESULT_EPOCH,
            "surrogate": self.surrogate,
            "actor": self.actor,
            "agent": self.agent,
            "environment": self.environment,
            "budget": self.budget,
            "seed": self.seed,
        });
        let mut hasher = blake3::Hasher::new_derive_key("spikebench cell v1");
        hasher.update(canonical(&determining).as_bytes());
        hasher.finalize().to_hex()[..12].to_owned()
    }
}

/// JSON with sorted keys, whatever order this build of `serde_json` keeps.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries: Vec<String> = entries
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::String(key.clone()), canonical(value)))
                .collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        plain => plain.to_string(),
    }
}
