//! The plugin that a component came from, as records state it.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// A plugin that a cell used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginOrigin {
    /// The file of the library.
    pub file: String,
    /// The BLAKE3 hash of its contents.
    pub blake3: String,
    /// Those of its components that the cell used: `surrogate my-triangle`.
    pub components: Vec<String>,
}

impl PluginOrigin {
    /// The name of the file and the beginning of its hash.
    pub fn short(&self) -> String {
        let name = Path::new(&self.file).file_name().unwrap_or_default();
        let hash = self.blake3.get(..12).unwrap_or(&self.blake3);
        format!("{} (blake3:{hash})", name.display())
    }
}
