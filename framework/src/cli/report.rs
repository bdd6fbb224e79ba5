//! `spikebench report`: the tables.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::compare::Comparison;
use crate::plan::Plan;
use crate::record::Store;
use crate::registry::Registry;
use crate::report::{Format, render};

use super::{DEFAULT_RESULTS, Failure, SuiteArguments, show};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    suite: SuiteArguments,
    /// Where the records lie
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    results: PathBuf,
    /// How to show them
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let suite = arguments.suite.read(registry)?;
    let plan = Plan::of(&suite);
    let store = Store::existing(&arguments.results, &suite.name)?;
    let records = plan
        .cells
        .iter()
        .map(|cell| store.read(&cell.id))
        .collect::<Result<Vec<_>, _>>()?;
    let comparison = Comparison::of(&suite, &plan, &records);
    show(&render(&comparison, &arguments.command(), arguments.format))
}

impl Arguments {
    /// The command that makes this report again.
    fn command(&self) -> String {
        let mut command = format!("spikebench report {}", self.suite.suite.display());
        if self.results != Path::new(DEFAULT_RESULTS) {
            command.push_str(&format!(" --results {}", self.results.display()));
        }
        if let Some(format) = self
            .format
            .to_possible_value()
            .filter(|_| self.format != Format::Text)
        {
            command.push_str(&format!(" --format {}", format.get_name()));
        }
        command
    }
}
