//! The arguments of every verb that reads a suite.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::analysis::option;
use crate::cli::failure::Failure;
use crate::registry::Registry;
use crate::run::record::Store;
use crate::suite::{Suite, SuiteError};

/// The folder of the records unless another one is given.
pub const DEFAULT_RESULTS: &str = "results";

#[derive(Debug, Args)]
pub struct SuiteArguments {
    /// The suite file
    #[arg(value_name = "SUITE")]
    pub file: PathBuf,
    #[command(flatten)]
    limit: CellLimit,
}

/// The limit on the size of a suite, for every verb that reads one.
#[derive(Debug, Clone, Copy, Args)]
pub struct CellLimit {
    /// Refuse a suite of more than N cells; no suite may have more than 100000
    #[arg(long, value_name = "N", default_value_t = USUAL_LIMIT)]
    pub max_cells: u64,
}

const USUAL_LIMIT: u64 = 10_000;

impl CellLimit {
    /// The words of a command that say the same, where it is not usual.
    pub fn words(self) -> Vec<String> {
        match self.max_cells {
            USUAL_LIMIT => Vec::new(),
            limit => option("max-cells", limit.to_string()),
        }
    }
}

impl SuiteArguments {
    /// The largest number of cells that the suite may have.
    pub fn max_cells(&self) -> u64 {
        self.limit.max_cells
    }

    /// Reads the suite; its records would lie in the folder `results`.
    pub fn read(&self, registry: &Registry, results: &Path) -> Result<Suite, Failure> {
        read(&self.file, registry, self.limit, results)
    }
}

/// Reads a suite. The error about a component that is not known says which plugin the records in the folder `results` had it
/// from, if they had.
pub fn read(
    file: &Path,
    registry: &Registry,
    limit: CellLimit,
    results: &Path,
) -> Result<Suite, Failure> {
    Suite::read(file, registry, limit.max_cells).map_err(|mut error| {
        if let SuiteError::Invalid { message, .. } = &mut error
            && let Some((kind, name)) = Registry::not_known(message)
        {
            let component = format!("{kind} {name}");
            let stores = Store::all_in(results).unwrap_or_default();
            let plugin = stores
                .iter()
                .find_map(|store| store.former_plugin(&component));
            if let Some(plugin) = plugin {
                message.push_str(&format!(
                    "\na record of an earlier run had it from a plugin: --plugin {}=blake3:{}",
                    plugin.file, plugin.blake3
                ));
            }
        }
        error.into()
    })
}
