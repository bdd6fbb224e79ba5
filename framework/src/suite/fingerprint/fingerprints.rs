//! The fingerprints of the components of a cell.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What the components of a cell compute, by their roles: `surrogate`, `actor`, `agent`, `environment`, and the components
/// within the actor, such as `actor.neuron`. Each fingerprint is sixteen hexadecimal digits.
///
/// Records that were written before there were fingerprints have none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprints(Arc<BTreeMap<String, String>>);

impl Fingerprints {
    /// Adds the fingerprint of a component.
    pub(super) fn insert(&mut self, role: impl Into<String>, fingerprint: String) {
        Arc::make_mut(&mut self.0).insert(role.into(), fingerprint);
    }

    /// The fingerprint of the component in this role, if there is one.
    pub fn get(&self, role: &str) -> Option<&str> {
        self.0.get(role).map(String::as_str)
    }

    /// The roles with their fingerprints, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(role, fingerprint)| (role.as_str(), fingerprint.as_str()))
    }

    /// Whether there are none, as in old records.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
