//! The cells of a suite: a pure function of the suite, always in the same order.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Component, ComponentError};
use crate::registry::Registry;
use crate::suite::definition::{Budget, Suite};
use crate::suite::fingerprint::{Fingerprinter, Fingerprints};
use crate::suite::identity::Identity;
use crate::suite::matrix::Combination;

/// One combination with one seed, in which nothing is left to decide. The cells of a plan share their components.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Readable identifier that ends in a hash of everything that determines the result.
    pub id: String,
    /// Labels of its components in the suite.
    pub labels: Labels,
    /// The surrogate; absent for a network without spikes.
    pub surrogate: Option<Arc<Component>>,
    /// The policy network.
    pub actor: Arc<Component>,
    /// The learning algorithm.
    pub agent: Arc<Component>,
    /// The task.
    pub environment: Arc<Component>,
    /// How long the cell trains and how often it is evaluated.
    pub budget: Budget,
    /// The seed that all randomness of the cell comes from.
    pub seed: u64,
    /// What the components computed when the cell was planned. Records that are older than fingerprints have none.
    #[serde(default)]
    pub fingerprints: Fingerprints,
}

/// The labels of a cell on the axes of its suite.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// Label of the surrogate; absent for a network without spikes.
    pub surrogate: Option<String>,
    /// Label of the actor.
    pub actor: String,
    /// Label of the agent.
    pub agent: String,
    /// Label of the environment.
    pub environment: String,
}

/// The cells of a suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Name of the suite.
    pub suite: String,
    /// The cells, in the order in which they run.
    pub cells: Vec<Cell>,
    /// Number of combinations, with their seeds, that the suite leaves out.
    pub excluded: usize,
}

/// Raised by hand when the same resolved cell gives other results than before and no fingerprint shows it, so that old records
/// are not reused.
const RESULT_EPOCH: u32 = 8;

impl Plan {
    /// Plans a suite. Seeds vary slowest, so that an interrupted run has some seeds of every combination rather than all seeds
    /// of some. Fails if a component cannot be made on this machine, because what it computes is part of a cell's identity.
    pub fn of(suite: &Suite, registry: &Registry) -> Result<Self, ComponentError> {
        let mut plan = Self {
            suite: suite.name.clone(),
            cells: Vec::new(),
            excluded: 0,
        };
        let fingerprinter = Fingerprinter::new(registry);
        let mut combinations: Vec<(Combination<'_>, Option<Template>)> = suite
            .matrix
            .combinations()
            .into_iter()
            .map(|combination| (combination, None))
            .collect();
        for &seed in &suite.seeds {
            for (combination, known) in &mut combinations {
                if suite
                    .exclude
                    .iter()
                    .any(|exclusion| exclusion.covers(combination, seed))
                {
                    plan.excluded += 1;
                } else {
                    // A combination that is left out with every seed may be one that cannot run.
                    let template = match known {
                        Some(known) => known,
                        None => {
                            let fingerprints = fingerprints(combination, &fingerprinter)?;
                            known.insert(Template::of(combination, &suite.budget, fingerprints))
                        }
                    };
                    plan.cells.push(template.cell(seed));
                }
            }
        }
        Ok(plan)
    }
}

fn fingerprints(
    combination: &Combination<'_>,
    fingerprinter: &Fingerprinter<'_>,
) -> Result<Fingerprints, ComponentError> {
    fingerprinter.of(
        combination.surrogate.map(|entry| &*entry.component),
        &combination.actor.component,
        &combination.agent.component,
        &combination.environment.component,
    )
}

/// The cell of a combination with a seed that is still to be chosen.
struct Template {
    cell: Cell,
    identity: Identity,
}

impl Template {
    fn of(combination: &Combination<'_>, budget: &Budget, fingerprints: Fingerprints) -> Self {
        let Combination {
            surrogate,
            actor,
            agent,
            environment,
        } = *combination;
        let cell = Cell {
            id: String::new(),
            labels: Labels {
                surrogate: surrogate.map(|entry| entry.label.clone()),
                actor: actor.label.clone(),
                agent: agent.label.clone(),
                environment: environment.label.clone(),
            },
            surrogate: surrogate.map(|entry| Arc::clone(&entry.component)),
            actor: Arc::clone(&actor.component),
            agent: Arc::clone(&agent.component),
            environment: Arc::clone(&environment.component),
            budget: budget.clone(),
            seed: 0,
            fingerprints,
        };
        Self {
            identity: Identity::of(&cell.determining(json!(cell.budget), true)),
            cell,
        }
    }

    fn cell(&self, seed: u64) -> Cell {
        let mut cell = self.cell.clone();
        cell.seed = seed;
        cell.id = cell.identifier(&self.identity.hash(seed));
        cell
    }
}

impl Cell {
    fn identifier(&self, hash: &str) -> String {
        let surrogate = self.surrogate.as_ref();
        format!(
            "{}.{}.{}.{}.s{}-{hash}",
            self.environment.name,
            self.actor.name,
            self.agent.name,
            surrogate.map_or("none", |surrogate| &surrogate.name),
            self.seed,
        )
    }

    /// A hash of everything that determines what is computed, except for the number of steps: twelve hexadecimal digits. Two
    /// cells with the same key compute the same up to the end of the shorter one, provided that nothing in them depends on the
    /// length of training, as an annealed surrogate does.
    pub fn training_key(&self) -> String {
        let mut budget = json!(self.budget);
        if let Some(budget) = budget.as_object_mut() {
            budget.remove("steps");
        }
        Identity::of(&self.determining(budget, true)).hash(self.seed)
    }

    /// The identifier as it would be without fingerprints. It names the data of a report, which holds the returns themselves.
    pub(crate) fn settings_id(&self) -> String {
        let determining = self.determining(json!(self.budget), false);
        self.identifier(&Identity::of(&determining).hash(self.seed))
    }

    /// Everything that determines the result but the seed; labels do not.
    fn determining(&self, budget: Value, with_fingerprints: bool) -> Value {
        let mut determining = json!({
            "epoch": RESULT_EPOCH,
            "surrogate": self.surrogate,
            "actor": self.actor,
            "agent": self.agent,
            "environment": self.environment,
            "budget": budget,
        });
        if with_fingerprints {
            determining["fingerprints"] = json!(self.fingerprints);
        }
        determining
    }
}
