//! The axes of a suite and their combinations.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::api::Component;

/// The axes of a suite.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// The surrogates; empty if no actor spikes.
    pub surrogate: Vec<Entry>,
    /// The policy networks.
    pub actor: Vec<Entry>,
    /// The learning algorithms.
    pub agent: Vec<Entry>,
    /// The tasks.
    pub environment: Vec<Entry>,
}

/// One place on an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Name in tables and figures; unique on its axis.
    pub label: String,
    /// The component, with every default filled in.
    pub component: Arc<Component>,
    /// Whether the component uses a surrogate, which is true for spiking actors only.
    pub spiking: bool,
}

/// An axis whose entries can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Factor {
    /// The surrogates.
    Surrogate,
    /// The policy networks.
    Actor,
    /// The learning algorithms.
    Agent,
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

/// One entry of each axis.
#[derive(Debug, Clone, Copy)]
pub struct Combination<'s> {
    /// The surrogate; absent for a network without spikes.
    pub surrogate: Option<&'s Entry>,
    /// The policy network.
    pub actor: &'s Entry,
    /// The learning algorithm.
    pub agent: &'s Entry,
    /// The task.
    pub environment: &'s Entry,
}

impl Matrix {
    /// The entries of the axis that is compared.
    pub fn axis(&self, factor: Factor) -> &[Entry] {
        match factor {
            Factor::Surrogate => &self.surrogate,
            Factor::Actor => &self.actor,
            Factor::Agent => &self.agent,
        }
    }

    /// All combinations, grouped by environment.
    pub fn combinations(&self) -> Vec<Combination<'_>> {
        let mut all = Vec::new();
        for environment in &self.environment {
            for agent in &self.agent {
                for actor in &self.actor {
                    let surrogates = self.surrogates(actor).into_iter();
                    all.extend(surrogates.map(|surrogate| Combination {
                        surrogate,
                        actor,
                        agent,
                        environment,
                    }));
                }
            }
        }
        all
    }

    /// The surrogates that an actor is combined with. One without spikes is combined with none, once.
    fn surrogates(&self, actor: &Entry) -> Vec<Option<&Entry>> {
        if actor.spiking {
            self.surrogate.iter().map(Some).collect()
        } else {
            vec![None]
        }
    }
}

impl Combination<'_> {
    /// The label of the combination on an axis; none for the surrogate of a network without spikes.
    pub fn level(&self, factor: Factor) -> Option<&str> {
        let entry = match factor {
            Factor::Surrogate => self.surrogate,
            Factor::Actor => Some(self.actor),
            Factor::Agent => Some(self.agent),
        };
        entry.map(|entry| entry.label.as_str())
    }
}
