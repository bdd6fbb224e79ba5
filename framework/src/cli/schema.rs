//! `spikebench schema`: prints what an editor needs to complete and to check suites.

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::output::show_json;
use crate::registry::Registry;
use crate::suite::schema;

#[derive(Debug, Args)]
pub struct Arguments {}

pub fn run(_: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    show_json(&schema(registry))
}
