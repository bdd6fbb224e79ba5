//! The entries of `works.json`, which the peers read too: each is work for an agent, in updates on random transitions or in
//! steps of a whole training loop.

use std::collections::BTreeMap;

use serde::Deserialize;
use spikebench::api::Component;

/// An agent, its actor, and its task: a registered environment, or nothing but sizes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    pub agent: Component,
    pub actor: Component,
    pub environment: Option<Component>,
    /// The number of observed values.
    pub observation: Option<usize>,
    /// The dimensions of a continuous action.
    pub actions: Option<usize>,
    /// The number of discrete actions.
    pub choices: Option<usize>,
    /// How many learners learn side by side, as a GPU would have them; one unless this is given.
    #[serde(default = "one")]
    pub replicas: u64,
}

fn one() -> u64 {
    1
}

impl Work {
    /// The entry of this name, or the one that is written out instead of a name.
    pub fn find(name: &str) -> Option<Self> {
        if name.starts_with('{') {
            return serde_json::from_str(name).ok();
        }
        let all = include_str!("works.json");
        let mut all: BTreeMap<String, Self> = serde_json::from_str(all).expect("works.json");
        all.remove(name)
    }

    /// Answers requests.
    pub fn serve(&self) {
        match &self.environment {
            Some(environment) => super::training::steps(self, environment),
            None => self.updates(),
        }
    }
}
