//! `spikebench report`: the tables.

use std::path::PathBuf;

use clap::Args;

use crate::compare::Comparison;
use crate::plan::Plan;
use crate::record::Store;
use crate::registry::Registry;
use crate::report::{Format, render};

use super::{Failure, SuiteArguments, show};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    suite: SuiteArguments,
    /// Where the records lie
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
    /// How to show them
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let suite = arguments.suite.read(registry)?;
    let plan = Plan::of(&suite);
    let store = Store::new(&arguments.results, &suite.name);
    let records = plan
        .cells
        .iter()
        .map(|cell| store.read(&cell.id))
        .collect::<Result<Vec<_>, _>>()?;
    let comparison = Comparison::of(&suite, &plan, &records);
    let command = format!("spikebench report {}", arguments.suite.suite.display());
    show(&render(&comparison, &command, arguments.format))
}
