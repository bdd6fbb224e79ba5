//! `spikebench run`: trains every cell of a suite that has no record yet.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::tell;
use crate::cli::progress::ProgressDisplay;
use crate::cli::suite::{DEFAULT_RESULTS, SuiteArguments};
use crate::registry::Registry;
use crate::run::memory;
use crate::run::record::{Status, Store};
use crate::run::scheduler::{RunSettings, Scheduler, Summary};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    suite: SuiteArguments,
    /// The folder that the records go to
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    results: PathBuf,
    /// How many cells run at the same time, each on one core [default: the number of cores]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Run only the cells whose identifiers begin with ID; may be given more than once
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// The device that the tensors live on: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu")]
    device: String,
    /// Run the cells again that have a record but did not finish; the old records are set aside
    #[arg(long)]
    retry: bool,
}

impl Arguments {
    fn settings(&self, revision: &str) -> RunSettings {
        let default = RunSettings::default();
        RunSettings {
            jobs: self.jobs.unwrap_or(default.jobs),
            device: self.device.clone(),
            only: self.only.clone(),
            retry: self.retry,
            suite_file: Some(self.suite.file.clone()),
            revision: revision.to_owned(),
            ..default
        }
    }
}

pub fn run(arguments: &Arguments, registry: &Registry, revision: &str) -> Result<u8, Failure> {
    let suite = arguments.suite.read(registry)?;
    memory::check(&suite, registry)?;
    let store = Store::new(&arguments.results, &suite.name);
    let scheduler = Scheduler::new(&suite, registry, &store, arguments.settings(revision));
    let stop = stop_on_interrupt()?;
    let queue = scheduler.prepare()?;
    let (recorded, missing) = (queue.recorded().len(), queue.missing().len());
    if recorded > 0 {
        tell(format_args!(
            "{recorded} of {} cells have a record already",
            recorded + missing
        ));
    }
    let display = ProgressDisplay::new(missing, suite.budget.steps);
    let result = queue.run(stop, &|notice| display.show(&notice));
    display.finish();
    Ok(conclude(&result?, &store, stop.load(Ordering::SeqCst)))
}

/// The first Ctrl-C stops the run; a second one ends the program at once.
fn stop_on_interrupt() -> Result<&'static AtomicBool, Failure> {
    static STOP: AtomicBool = AtomicBool::new(false);
    ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(exit::INTERRUPTED.into());
        }
    })
    .map_err(|error| Failure::new(exit::IO, error))?;
    Ok(&STOP)
}

/// Prints how the run went and gives the exit code.
fn conclude(summary: &Summary, store: &Store, was_interrupted: bool) -> u8 {
    let Summary { ended, left } = summary;
    let unfinished: Vec<_> = ended
        .iter()
        .filter(|(_, outcome)| outcome.status != Status::Finished)
        .collect();
    tell(format_args!(
        "{} finished, {} did not, {left} left to run; records in {}",
        ended.len() - unfinished.len(),
        unfinished.len(),
        store.runs().display()
    ));
    for (cell, outcome) in &unfinished {
        tell(format_args!(
            "  {} {}: {}",
            cell.id,
            outcome.status.name(),
            outcome.reason.as_deref().unwrap_or("no reason")
        ));
    }
    if was_interrupted && *left > 0 {
        tell("interrupted; the same command continues the run");
        exit::INTERRUPTED
    } else if unfinished.is_empty() {
        exit::DONE
    } else {
        tell("--retry runs these again");
        exit::RUN_FAILED
    }
}
