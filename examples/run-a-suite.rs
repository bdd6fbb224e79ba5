//! Runs a suite from Rust, without the command line, and prints its comparison:
//!
//! ```text
//! cargo run --release --example run-a-suite -- suites/quickstart.yaml
//! ```
//!
//! Records go to `results/`, as with `spikebench run`, and cells that have a record are not trained again.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use spikebench::registry::Registry;
use spikebench::report::{Format, Study, render};
use spikebench::run::record::Store;
use spikebench::run::scheduler::{Notice, RunSettings, Scheduler};
use spikebench::run::worker;
use spikebench::suite::Suite;
use spikebench::suite::plan::Plan;
// Links the built-in components: Rust drops a crate that nothing mentions.
use spikebench_plugins as _;

const MOST_CELLS: u64 = 10_000;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let registry = Registry::linked()?;
    // Every cell is trained in a process of its own, and that process is this program again.
    if let Some(code) = worker::serve_if_asked(&registry) {
        return Ok(code);
    }
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let file = arguments
        .next()
        .ok_or("usage: run-a-suite SUITE [RESULTS]")?;
    let results = arguments.next().unwrap_or_else(|| "results".into());

    let suite = Suite::read(&file, &registry, MOST_CELLS)?;
    let plan = Plan::of(&suite, &registry)?;
    let store = Store::new(&results, &suite.name);

    let scheduler = Scheduler::new(&suite, &registry, &store, RunSettings::default());
    let queue = scheduler.prepare()?;
    eprintln!(
        "{} of {} cells to train",
        queue.missing().len(),
        plan.cells.len()
    );
    let summary = queue.run(&AtomicBool::new(false), &|notice| {
        if let Notice::Ended(cell, Some(outcome)) = notice {
            eprintln!("{}: {}", cell.id, outcome.status.name());
        }
    });
    if let Some(failure) = summary.failure {
        return Err(failure.into());
    }

    let records: Vec<_> = plan
        .cells
        .iter()
        .map(|cell| store.read(&cell.id))
        .collect::<Result<_, _>>()?;
    let study = Study::of_suite(&suite, &plan, &records)?;
    print!("{}", render(&study, "run-a-suite", Format::Text));
    Ok(ExitCode::SUCCESS)
}
