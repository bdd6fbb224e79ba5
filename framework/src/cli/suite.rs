//! The arguments of every verb that reads a suite.

use std::path::PathBuf;

use clap::Args;

use crate::registry::Registry;
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
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub max_cells: u64,
}

impl SuiteArguments {
    /// The largest number of cells that the suite may have.
    pub fn max_cells(&self) -> u64 {
        self.limit.max_cells
    }

    pub fn read(&self, registry: &Registry) -> Result<Suite, SuiteError> {
        Suite::read(&self.file, registry, self.limit.max_cells)
    }
}
