//! A suite that was checked and can be planned.

use serde::{Deserialize, Serialize};

use crate::suite::compare::Compare;
use crate::suite::matrix::{Combination, Entry, Matrix};

/// A checked suite: components are resolved, labels are unique, seeds are distinct.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// Name of the suite and of the folder with its results.
    pub name: String,
    /// Description by the author.
    pub description: String,
    /// The seeds; every combination is run once with each.
    pub seeds: Vec<u64>,
    /// How long each cell trains and how often it is evaluated.
    pub budget: Budget,
    /// Seconds after which a cell is stopped. This is not part of a cell, because it does not change what is computed.
    pub time_limit: Option<f64>,
    /// The axes that are crossed.
    pub matrix: Matrix,
    /// The combinations that are left out.
    pub exclude: Vec<Exclusion>,
    /// The comparison that the report makes.
    pub compare: Compare,
}

/// How long a cell trains and how often it is evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Environment steps of training.
    pub steps: u64,
    /// Environment steps between evaluations; divides `steps`.
    pub evaluate_every: u64,
    /// Number of episodes in each evaluation.
    pub evaluation_episodes: u64,
}

/// Leaves out the cells that match everything that is given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exclusion {
    /// A label on the axis of surrogates.
    pub surrogate: Option<String>,
    /// A label on the axis of actors.
    pub actor: Option<String>,
    /// A label on the axis of agents.
    pub agent: Option<String>,
    /// A label on the axis of environments.
    pub environment: Option<String>,
    /// A seed.
    pub seed: Option<u64>,
}

impl Exclusion {
    /// Whether this combination is left out with this seed.
    pub fn covers(&self, combination: &Combination<'_>, seed: u64) -> bool {
        let matches = |wanted: &Option<String>, entry: Option<&Entry>| match wanted {
            None => true,
            Some(wanted) => entry.is_some_and(|entry| entry.label == *wanted),
        };
        matches(&self.surrogate, combination.surrogate)
            && matches(&self.actor, Some(combination.actor))
            && matches(&self.agent, Some(combination.agent))
            && matches(&self.environment, Some(combination.environment))
            && self.seed.is_none_or(|wanted| wanted == seed)
    }
}
