//! `spikebench pack`: one archive of a suite's records.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::show;
use crate::cli::place::RecordedSuite;
use crate::registry::Registry;
use crate::report::status::size;
use crate::run::upkeep::pack;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    suite: RecordedSuite,
    /// The archive [default: the suite's name with .tar.zst]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Make an archive even though cells have no record yet
    #[arg(long)]
    partial: bool,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let (plan, store) = arguments.suite.read(registry)?;
    let missing = plan
        .cells
        .iter()
        .filter(|cell| !store.has(&cell.id))
        .count();
    if missing > 0 && !arguments.partial {
        let message = format!(
            "{missing} of {} cells have no record yet; --partial makes an archive of the others",
            plan.cells.len()
        );
        return Err(Failure::new(exit::INTERRUPTED, message));
    }
    let path = arguments
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}.tar.zst", plan.suite)));
    let count = pack(&store, &plan.suite, &path)?;
    let bytes = fs::metadata(&path).map_or(0, |file| file.len());
    show(&format!(
        "{}: {count} records, {}\n",
        path.display(),
        size(bytes)
    ))
}
