//! What the axes of a suite come to when they are crossed.

use super::{Entry, Exclusion, Factor, Matrix};

/// One entry of each axis.
#[derive(Debug, Clone, Copy)]
pub struct Combination<'s> {
    /// Absent for a network without spikes.
    pub surrogate: Option<&'s Entry>,
    /// Policy network.
    pub actor: &'s Entry,
    /// Algorithm.
    pub agent: &'s Entry,
    /// Task.
    pub environment: &'s Entry,
}

impl Matrix {
    /// All combinations, those of one environment together.
    pub fn combinations(&self) -> Vec<Combination<'_>> {
        let mut all = Vec::new();
        for environment in &self.environment {
            for agent in &self.agent {
                for actor in &self.actor {
                    all.extend(
                        self.surrogates(actor)
                            .into_iter()
                            .map(|surrogate| Combination {
                                surrogate,
                                actor,
                                agent,
                                environment,
                            }),
                    );
                }
            }
        }
        all
    }

    /// An actor without spikes is one cell, not one for each surrogate.
    fn surrogates(&self, actor: &Entry) -> Vec<Option<&Entry>> {
        if actor.spiking {
            self.surrogate.iter().map(Some).collect()
        } else {
            vec![None]
        }
    }
}

impl Combination<'_> {
    /// The label on an axis.
    pub fn level(&self, factor: Factor) -> Option<&str> {
        let entry = match factor {
            Factor::Surrogate => self.surrogate,
            Factor::Actor => Some(self.actor),
            Factor::Agent => Some(self.agent),
        };
        entry.map(|entry| entry.label.as_str())
    }
}

impl Exclusion {
    /// Does it leave out this combination with this seed?
    pub fn covers(&self, combination: &Combination<'_>, seed: u64) -> bool {
        let agrees = |wanted: &Option<String>, entry: Option<&Entry>| match wanted {
            None => true,
            Some(wanted) => entry.is_some_and(|entry| entry.label == *wanted),
        };
        agrees(&self.surrogate, combination.surrogate)
            && agrees(&self.actor, Some(combination.actor))
            && agrees(&self.agent, Some(combination.agent))
            && agrees(&self.environment, Some(combination.environment))
            && self.seed.is_none_or(|wanted| wanted == seed)
    }
}
