//! `spikebench run`: every cell that has no record yet.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use clap::Args;

use crate::registry::Registry;
use crate::run::record::{Outcome, Status, Store};
use crate::run::train;
use crate::run::worker::{self, Job};
use crate::suite::Suite;
use crate::suite::plan::{Cell, Plan};

use super::progress::Progress;
use super::{DEFAULT_RESULTS, Failure, SuiteArguments, exit, tell};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    suite: SuiteArguments,
    /// Where the records go
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    results: PathBuf,
    /// Cells that run at the same time, each on one core [default: the number of cores]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Only the cells whose id begins so; may be given more than once
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Where the tensors live: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu")]
    device: String,
    /// Run cells again whose record is not a finished one; the old record is set aside
    #[arg(long)]
    retry: bool,
}

pub fn run(arguments: &Arguments, registry: &Registry, revision: &str) -> Result<u8, Failure> {
    let suite = arguments.suite.read(registry)?;
    worker::device(&arguments.device).map_err(|error| Failure::new(exit::USAGE, error))?;
    let plan = Plan::of(&suite);
    let cells = select(&plan, &arguments.only)?;
    let store = Store::new(&arguments.results, &suite.name);
    let _alone = store.lock()?;
    store.sweep()?;

    let mut ended: Vec<(&Cell, Outcome)> = Vec::new();
    let mut missing = Vec::new();
    for cell in cells {
        match store.read(&cell.id)? {
            Some(record) if arguments.retry && record.outcome.status != Status::Finished => {
                store.set_aside(&cell.id)?;
                missing.push(cell);
            }
            Some(record) => ended.push((cell, record.outcome)),
            None => missing.push(cell),
        }
    }
    rehearse(&missing, registry)?;
    store.probe()?;
    store.keep_suite(&arguments.suite.suite)?;
    if !ended.is_empty() {
        tell(format_args!(
            "{} of {} cells have a record already",
            ended.len(),
            ended.len() + missing.len()
        ));
    }

    let stop = stop_on_interrupt()?;
    let pool = Pool {
        suite: &suite,
        registry,
        store: &store,
        device: &arguments.device,
        revision,
        stop,
    };
    let jobs = arguments
        .jobs
        .or_else(|| thread::available_parallelism().ok())
        .map_or(1, NonZeroUsize::get);
    ended.extend(pool.run(&missing, jobs)?);
    Ok(summarise(
        &ended,
        &missing,
        &store,
        stop.load(Ordering::SeqCst),
    ))
}

fn select<'p>(plan: &'p Plan, only: &[String]) -> Result<Vec<&'p Cell>, Failure> {
    for prefix in only {
        if !plan.cells.iter().any(|cell| cell.id.starts_with(prefix)) {
            let message =
                format!("no cell of this suite is called {prefix}; spikebench plan lists them");
            return Err(Failure::new(exit::USAGE, message));
        }
    }
    let chosen =
        |cell: &&Cell| only.is_empty() || only.iter().any(|prefix| cell.id.starts_with(prefix));
    Ok(plan.cells.iter().filter(chosen).collect())
}

/// Makes every combination once, so that what cannot work fails before the first training step.
fn rehearse(cells: &[&Cell], registry: &Registry) -> Result<(), Failure> {
    let mut seen = HashSet::new();
    for cell in cells {
        if seen.insert(&cell.labels) {
            train::prepare(cell, registry, tch::Device::Cpu)
                .map_err(|broken| Failure::new(exit::BAD_DATA, format!("{}: {broken}", cell.id)))?;
        }
    }
    Ok(())
}

/// The first Ctrl-C asks to stop; the second does not ask.
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

#[derive(Debug)]
struct Pool<'a> {
    suite: &'a Suite,
    registry: &'a Registry,
    store: &'a Store,
    device: &'a str,
    revision: &'a str,
    stop: &'a AtomicBool,
}

impl Pool<'_> {
    /// Runs the cells in turn, `jobs` at a time. What stands in the result has its record in the store.
    fn run<'c>(
        &self,
        cells: &[&'c Cell],
        jobs: usize,
    ) -> Result<Vec<(&'c Cell, Outcome)>, Failure> {
        let progress = Progress::new(cells.len(), self.suite.budget.steps);
        let next = AtomicUsize::new(0);
        let ended = Mutex::new(Vec::new());
        let result = thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs.min(cells.len()))
                .map(|_| {
                    scope.spawn(|| {
                        while let Some(&cell) = cells.get(next.fetch_add(1, Ordering::SeqCst)) {
                            if self.stop.load(Ordering::SeqCst) {
                                break;
                            }
                            if let Some(outcome) = self.one(cell, &progress)? {
                                ended
                                    .lock()
                                    .unwrap_or_else(|poisoned| poisoned.into_inner())
                                    .push((cell, outcome));
                            }
                        }
                        Ok(())
                    })
                })
                .collect();
            workers.into_iter().try_for_each(|worker| {
                worker.join().unwrap_or_else(|_| {
                    Err(Failure::new(exit::IO, "a supervising thread panicked"))
                })
            })
        });
        progress.finish();
        result?;
        Ok(ended
            .into_inner()
            .unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    fn one(&self, cell: &Cell, progress: &Progress) -> Result<Option<Outcome>, Failure> {
        let job = Job {
            cell: cell.clone(),
            device: self.device.to_owned(),
        };
        let mut running = progress.start(cell);
        let mut hear = |message: &worker::Message| running.hear(message);
        let limit = self.suite.time_limit;
        let record = worker::supervise(
            &job,
            self.registry,
            self.revision,
            limit,
            self.stop,
            &mut hear,
        )?;
        if let Some(record) = &record {
            self.store.commit(record)?;
        }
        let outcome = record.map(|record| record.outcome);
        running.end(outcome.as_ref());
        Ok(outcome)
    }
}

/// Says how it went; gives the exit code.
fn summarise(
    ended: &[(&Cell, Outcome)],
    missing: &[&Cell],
    store: &Store,
    interrupted: bool,
) -> u8 {
    let bad: Vec<_> = ended
        .iter()
        .filter(|(_, outcome)| outcome.status != Status::Finished)
        .collect();
    let left = missing
        .iter()
        .filter(|cell| !ended.iter().any(|(ended, _)| ended.id == cell.id))
        .count();
    tell(format_args!(
        "{} finished, {} did not, {left} left to run; records in {}",
        ended.len() - bad.len(),
        bad.len(),
        store.root().join("runs").display()
    ));
    for (cell, outcome) in &bad {
        tell(format_args!(
            "  {} {}: {}",
            cell.id,
            outcome.status.name(),
            outcome.reason.as_deref().unwrap_or("no reason")
        ));
    }
    if interrupted && left > 0 {
        tell("interrupted; the same command goes on");
        exit::INTERRUPTED
    } else if bad.is_empty() {
        0
    } else {
        tell("--retry runs these again");
        exit::RUN_FAILED
    }
}
