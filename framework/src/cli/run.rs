//! `spikebench run` and `spikebench work`: train the cells of a suite that have no record yet.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;

use crate::cli::drift::drift;
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::tell;
use crate::cli::progress::ProgressDisplay;
use crate::cli::suite::{DEFAULT_RESULTS, SuiteArguments};
use crate::cli::wall_time::{WallTime, last_moment};
use crate::registry::Registry;
use crate::run::cluster::Job;
use crate::run::memory;
use crate::run::record::{Status, Store};
use crate::run::scheduler::{Notice, RunSettings, Scheduler, Summary};
use crate::run::signals;
use crate::run::tensorboard::EventFiles;
use crate::suite::plan::{Cell, Plan};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// How many cells run at the same time, each on one core [default: the number of cores]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Run the cells again that have a record but did not finish; the old records are set aside
    #[arg(long)]
    retry: bool,
}

#[derive(Debug, Args)]
pub struct WorkArguments {
    #[command(flatten)]
    common: Common,
    /// How many cells run at the same time, each on one core
    #[arg(long, value_name = "N", default_value = "1")]
    jobs: NonZeroUsize,
    /// The folder of the submission whose task this is; `submit` writes it into the script
    #[arg(long, value_name = "DIR", hide = true)]
    submission: Option<PathBuf>,
}

/// The options of everything that trains.
#[derive(Debug, Args)]
struct Common {
    #[command(flatten)]
    suite: SuiteArguments,
    /// The folder that the records go to; any number of processes and machines may share it
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    results: PathBuf,
    /// Run only the cells whose identifiers begin with ID; may be given more than once
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// The device that the tensors live on: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu")]
    device: String,
    /// Minutes between two checkpoints of a cell
    #[arg(long, value_name = "MINUTES", default_value = "10", value_parser = minutes)]
    checkpoint: Duration,
    /// Keep the last checkpoint of every cell, so that a run with more steps can continue from it
    #[arg(long)]
    keep_checkpoints: bool,
    /// Minutes without a step after which a cell is stopped as hanging
    #[arg(long, value_name = "MINUTES", default_value = "30", value_parser = minutes)]
    stall: Duration,
    /// Minutes without a sign of life after which another worker counts as dead and its cells are taken over
    #[arg(long, value_name = "MINUTES", default_value = "10", value_parser = minutes)]
    lease: Duration,
    /// Write event files for TensorBoard into this folder, a run for each cell
    #[arg(long, value_name = "DIR")]
    tensorboard: Option<PathBuf>,
    #[command(flatten)]
    wall_time: WallTime,
}

impl Common {
    fn settings(&self, revision: &str) -> Result<RunSettings, Failure> {
        Ok(RunSettings {
            device: self.device.clone(),
            only: self.only.clone(),
            suite_file: Some(self.suite.file.clone()),
            revision: revision.to_owned(),
            checkpoint_every: self.checkpoint,
            keep_checkpoints: self.keep_checkpoints,
            stall: self.stall,
            lease: self.lease,
            until: self.wall_time.end()?,
            ..RunSettings::default()
        })
    }
}

/// Reads a positive number of minutes.
fn minutes(text: &str) -> Result<Duration, String> {
    let minutes = text.parse::<f64>().ok().filter(|&minutes| minutes > 0.0);
    minutes
        .and_then(|minutes| Duration::try_from_secs_f64(minutes * 60.0).ok())
        .ok_or_else(|| "expected a positive number of minutes".to_owned())
}

pub fn run(arguments: &Arguments, registry: &Registry, revision: &str) -> Result<u8, Failure> {
    let settings = arguments.common.settings(revision)?;
    let settings = RunSettings {
        jobs: arguments.jobs.unwrap_or(settings.jobs),
        retry: arguments.retry,
        ..settings
    };
    train(&arguments.common, settings, registry)
}

pub fn work(arguments: &WorkArguments, registry: &Registry, revision: &str) -> Result<u8, Failure> {
    let settings = RunSettings {
        jobs: arguments.jobs,
        waits: false,
        ..arguments.common.settings(revision)?
    };
    let Some(folder) = &arguments.submission else {
        return train(&arguments.common, settings, registry);
    };
    let job = Job::here(folder)?;
    let settings = RunSettings {
        until: settings.until.or(job.time_left().map(last_moment)),
        ..settings
    };
    let ended = train(&arguments.common, settings, registry);
    let code = ended
        .as_ref()
        .map_or_else(|failure| failure.code, |&code| code);
    if code == exit::INTERRUPTED {
        match job.requeue() {
            Ok(true) => {
                tell("this worker will be started again");
                return ended;
            }
            Ok(false) => {}
            // Other workers go on with its cells.
            Err(error) => tell(format_args!(
                "this worker will not be started again: {error}"
            )),
        }
    }
    job.note_end(code)?;
    ended
}

fn train(common: &Common, settings: RunSettings, registry: &Registry) -> Result<u8, Failure> {
    let stop = stop_on_signals()?;
    let suite = common.suite.read(registry, &common.results)?;
    memory::check(&suite, registry)?;
    let store = Store::new(&common.results, &suite.name);
    let (waits, until) = (settings.waits, settings.until);
    let scheduler = Scheduler::new(&suite, registry, &store, settings);
    let queue = scheduler.prepare()?;
    let plan = Plan::of(&suite, registry)?;
    drift(&store, &plan, registry)?.iter().for_each(tell);
    let (recorded, missing) = (queue.recorded().len(), queue.missing().len());
    if queue.brought_home() > 0 {
        tell(format_args!(
            "{} records that could not be written here before were brought back",
            queue.brought_home()
        ));
    }
    if recorded > 0 {
        tell(format_args!(
            "{recorded} of {} cells have a record already",
            recorded + missing
        ));
    }
    let there = queue.recorded().iter().map(|(cell, _)| cell);
    let chosen: Vec<&Cell> = there.chain(queue.missing()).collect();
    let display = ProgressDisplay::new(&chosen, recorded, suite.budget.steps);
    let board = common.tensorboard.as_deref().map(Board::new);
    let summary = queue.run(&stop, &|notice| {
        display.show(&notice);
        if let Some(board) = &board {
            board.show(&notice, &display);
        }
    });
    display.finish();
    let stopped_by_time = until.is_some_and(|until| Instant::now() >= until);
    let was_stopped = stop.load(Ordering::SeqCst) || stopped_by_time;
    let code = conclude(&summary, &store, !waits && !was_stopped);
    match summary.failure {
        Some(failure) => Err(failure.into()),
        None => Ok(code),
    }
}

/// The files for TensorBoard.
struct Board(Mutex<EventFiles>, AtomicBool);

impl Board {
    fn new(folder: &Path) -> Self {
        Self(Mutex::new(EventFiles::new(folder)), AtomicBool::new(false))
    }

    /// Writes what a notice tells. The first failure is told, and training goes on.
    fn show(&self, notice: &Notice<'_>, display: &ProgressDisplay) {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match notice {
            Notice::Event(cell, event) => {
                if let Err(error) = files.write(&cell.id, event)
                    && !self.1.swap(true, Ordering::SeqCst)
                {
                    display.print(&format!(
                        "failed to write the files for TensorBoard: {error}"
                    ));
                }
            }
            Notice::Ended(cell, _) => files.close(&cell.id),
            _ => {}
        }
    }
}

/// The first signal that asks for it stops the run, with a checkpoint of every cell; a second one ends the program at once.
fn stop_on_signals() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    signals::exit_at_second_stop(&stop, exit::INTERRUPTED.into())
        .and_then(|()| signals::set_at_stop(&stop))
        .map_err(|error| Failure::new(exit::IO, error))?;
    Ok(stop)
}

/// Prints how the run went and gives the exit code.
fn conclude(summary: &Summary, store: &Store, is_left_to_others: bool) -> u8 {
    let Summary { ended, left, .. } = summary;
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
    if *left > 0 && !is_left_to_others {
        tell("the same command continues the run where it is");
        return exit::INTERRUPTED;
    }
    if *left > 0 {
        tell("the rest is being trained by others");
    }
    if unfinished.is_empty() {
        exit::DONE
    } else {
        tell("--retry runs these again");
        exit::RUN_FAILED
    }
}
