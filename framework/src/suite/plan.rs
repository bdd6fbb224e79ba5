//! The cells of a suite: a pure function of the suite, always in the same order.

use std::ptr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Component, ComponentError};
use crate::registry::Registry;
use crate::suite::definition::{Budget, Suite};
use crate::suite::fingerprint::{Fingerprinter, Fingerprints};
use crate::suite::identity::{Identity, canonical};
use crate::suite::matrix::{Combination, Entry};

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
        let fingerprinter = Fingerprinter::new(registry);
        let mut by_seed: Vec<Vec<Cell>> = vec![Vec::new(); suite.seeds.len()];
        let mut excluded = 0;
        let mut group: Option<Group<'_>> = None;
        for combination in suite.matrix.combinations() {
            let is_left_out = |seed: u64| {
                let mut exclusions = suite.exclude.iter();
                exclusions.any(|exclusion| exclusion.covers(&combination, seed))
            };
            let seeds = suite.seeds.iter().copied().zip(&mut by_seed);
            let (left_out, planned): (Vec<_>, Vec<_>) =
                seeds.partition(|(seed, _)| is_left_out(*seed));
            excluded += left_out.len();
            // A combination that is left out with every seed may be one that cannot run.
            if planned.is_empty() {
                continue;
            }
            let mut own = match group.take().filter(|group| group.has(&combination)) {
                Some(group) => group,
                None => Group::of(combination, &suite.budget, &fingerprinter)?,
            };
            let template = own.template(combination.surrogate, &fingerprinter)?;
            for (seed, cells) in planned {
                cells.push(template.cell(seed));
            }
            group = Some(own);
        }
        let mut cells = Vec::with_capacity(by_seed.iter().map(Vec::len).sum());
        by_seed.into_iter().for_each(|own| cells.extend(own));
        Ok(Self {
            suite: suite.name.clone(),
            cells,
            excluded,
        })
    }
}

/// The combinations that differ in their surrogate alone. They follow one another.
struct Group<'s> {
    combination: Combination<'s>,
    /// A cell without surrogate and seed.
    cell: Cell,
    determining: Determining,
}

impl<'s> Group<'s> {
    fn of(
        combination: Combination<'s>,
        budget: &Budget,
        fingerprinter: &Fingerprinter<'_>,
    ) -> Result<Self, ComponentError> {
        let Combination {
            actor,
            agent,
            environment,
            ..
        } = combination;
        let fingerprints = fingerprinter.without_surrogate(
            &actor.component,
            &agent.component,
            &environment.component,
        )?;
        let cell = Cell {
            id: String::new(),
            labels: Labels {
                surrogate: None,
                actor: actor.label.clone(),
                agent: agent.label.clone(),
                environment: environment.label.clone(),
            },
            surrogate: None,
            actor: Arc::clone(&actor.component),
            agent: Arc::clone(&agent.component),
            environment: Arc::clone(&environment.component),
            budget: budget.clone(),
            seed: 0,
            fingerprints,
        };
        Ok(Self {
            combination,
            determining: Determining::of(&cell, &json!(budget)),
            cell,
        })
    }

    fn has(&self, other: &Combination<'_>) -> bool {
        let own = &self.combination;
        ptr::eq(own.actor, other.actor)
            && ptr::eq(own.agent, other.agent)
            && ptr::eq(own.environment, other.environment)
    }

    /// The cell with this surrogate, and with a seed that is still to be chosen.
    fn template(
        &mut self,
        surrogate: Option<&Entry>,
        fingerprinter: &Fingerprinter<'_>,
    ) -> Result<Template, ComponentError> {
        let mut cell = self.cell.clone();
        if let Some(entry) = surrogate {
            cell.fingerprints =
                fingerprinter.with_surrogate(&cell.fingerprints, &entry.component)?;
            cell.labels.surrogate = Some(entry.label.clone());
            cell.surrogate = Some(Arc::clone(&entry.component));
        }
        self.determining.surrogate = canonical(&cell.surrogate);
        let identity = self.determining.identity(Some(&cell.fingerprints));
        Ok(Template { cell, identity })
    }
}

/// The cell of a combination with a seed that is still to be chosen.
struct Template {
    cell: Cell,
    identity: Identity,
}

impl Template {
    fn cell(&self, seed: u64) -> Cell {
        let mut cell = self.cell.clone();
        cell.seed = seed;
        cell.id = cell.identifier(&self.identity.hash(seed));
        cell
    }
}

/// Everything that determines the results of a cell but its seed, as canonical JSON; labels do not.
struct Determining {
    surrogate: Vec<u8>,
    actor: Vec<u8>,
    agent: Vec<u8>,
    environment: Vec<u8>,
    budget: Vec<u8>,
}

impl Determining {
    fn of(cell: &Cell, budget: &Value) -> Self {
        Self {
            surrogate: canonical(&cell.surrogate),
            actor: canonical(&cell.actor),
            agent: canonical(&cell.agent),
            environment: canonical(&cell.environment),
            budget: canonical(budget),
        }
    }

    fn identity(&self, fingerprints: Option<&Fingerprints>) -> Identity {
        let epoch = RESULT_EPOCH.to_string();
        let fingerprints = fingerprints.map(canonical);
        let mut members: Vec<(&str, &[u8])> = vec![
            ("epoch", epoch.as_bytes()),
            ("surrogate", &self.surrogate),
            ("actor", &self.actor),
            ("agent", &self.agent),
            ("environment", &self.environment),
            ("budget", &self.budget),
        ];
        members.extend(fingerprints.as_deref().map(|all| ("fingerprints", all)));
        Identity::of(members)
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
        Determining::of(self, &budget)
            .identity(Some(&self.fingerprints))
            .hash(self.seed)
    }

    /// The identifier as it would be without fingerprints. It names the data of a report, which holds the returns themselves.
    pub(crate) fn settings_id(&self) -> String {
        let determining = Determining::of(self, &json!(self.budget));
        self.identifier(&determining.identity(None).hash(self.seed))
    }
}
