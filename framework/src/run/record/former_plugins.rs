//! The plugins that the components of a store's records came from.

use std::fs;

use serde::Deserialize;

use crate::registry::plugin::PluginOrigin;
use crate::run::record::store::Store;

/// As much of a record as states its plugins.
#[derive(Deserialize)]
struct Written {
    provenance: WrittenProvenance,
}

#[derive(Deserialize)]
struct WrittenProvenance {
    #[serde(default)]
    plugins: Vec<PluginOrigin>,
}

impl Store {
    /// The plugins of a record; none if it cannot be read.
    pub fn plugins_of(&self, id: &str) -> Vec<PluginOrigin> {
        let text = fs::read(self.record(id).join("record.json")).unwrap_or_default();
        let written: Option<Written> = serde_json::from_slice(&text).ok();
        written.map_or_else(Vec::new, |written| written.provenance.plugins)
    }

    /// The plugin of a record that had this component (`surrogate my-triangle`).
    pub fn former_plugin(&self, component: &str) -> Option<PluginOrigin> {
        let records = self.recorded().unwrap_or_default().into_iter();
        let mut plugins = records.flat_map(|id| self.plugins_of(&id));
        plugins.find(|plugin| plugin.components.iter().any(|one| one == component))
    }
}
