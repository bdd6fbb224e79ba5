//! Running a suite: the cells that have no record yet, several at a time, each in a process of its own.
//!
//! ```no_run
//! use std::path::Path;
//! use std::process::ExitCode;
//! use std::sync::atomic::AtomicBool;
//!
//! use spikebench::registry::Registry;
//! use spikebench::run::record::Store;
//! use spikebench::run::scheduler::{RunSettings, Scheduler};
//! use spikebench::run::worker;
//! use spikebench::suite::Suite;
//!
//! fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
//!     let registry = Registry::linked()?;
//!     // The scheduler starts this very program again for every cell.
//!     if let Some(code) = worker::serve_if_asked(&registry) {
//!         return Ok(code);
//!     }
//!     let suite = Suite::read(Path::new("suites/quickstart.yaml"), &registry, 10_000)?;
//!     let store = Store::new(Path::new("results"), &suite.name);
//!     let scheduler = Scheduler::new(&suite, &registry, &store, RunSettings::default());
//!     let summary = scheduler
//!         .prepare()?
//!         .run(&AtomicBool::new(false), &|_notice| {})?;
//!     for (cell, outcome) in &summary.ended {
//!         println!("{} {}", cell.id, outcome.status.name());
//!     }
//!     Ok(ExitCode::SUCCESS)
//! }
//! ```

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::thread;

use crate::registry::Registry;
use crate::run::device::device;
use crate::run::pool::Pool;
pub use crate::run::pool::{Notice, Observer};
use crate::run::record::{Lock, Outcome, Record, Status, Store};
pub use crate::run::schedule_error::ScheduleError;
use crate::run::supervisor::{Supervisor, this_program};
use crate::run::train;
use crate::suite::Suite;
use crate::suite::plan::{Cell, Plan};

/// The choices of a run that do not change its results.
#[derive(Debug, Clone)]
pub struct RunSettings {
    /// Number of cells that run at the same time, each on one core. Default: the number of cores.
    pub jobs: NonZeroUsize,
    /// The device for every cell: `cpu` (the default), `cuda` or `cuda:N`.
    pub device: String,
    /// Only cells whose identifiers begin with one of these are run; all of them if it is empty, as by default.
    pub only: Vec<String>,
    /// Whether cells that have a record but did not finish are run again. Their old records are set aside.
    pub retry: bool,
    /// The suite file to copy beside the records, so that `spikebench report` can be given the folder alone.
    pub suite_file: Option<PathBuf>,
    /// The Git revision that is written into every record; empty by default.
    pub revision: String,
    /// The program that is started as a worker. Default: this one, which has to call
    /// [`serve_if_asked`](crate::run::worker::serve_if_asked).
    pub program: Option<PathBuf>,
}

impl Default for RunSettings {
    fn default() -> Self {
        Self {
            jobs: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            device: "cpu".to_owned(),
            only: Vec::new(),
            retry: false,
            suite_file: None,
            revision: String::new(),
            program: None,
        }
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Summary {
    /// The cells that have a record, from this run or a former one, with their outcomes.
    pub ended: Vec<(Cell, Outcome)>,
    /// Number of cells that are left to run because the run was stopped.
    pub left: usize,
}

/// Runs the cells of a suite.
#[derive(Debug)]
pub struct Scheduler<'a> {
    suite: &'a Suite,
    registry: &'a Registry,
    store: &'a Store,
    settings: RunSettings,
}

impl<'a> Scheduler<'a> {
    /// A scheduler that leaves the records of `suite` in `store`.
    pub fn new(
        suite: &'a Suite,
        registry: &'a Registry,
        store: &'a Store,
        settings: RunSettings,
    ) -> Self {
        Self {
            suite,
            registry,
            store,
            settings,
        }
    }

    /// Locks the store, reads the records that are there, and makes every combination of components once, so that whatever
    /// cannot work fails before the first step of training.
    pub fn prepare(&self) -> Result<Queue<'_>, ScheduleError> {
        device(&self.settings.device)?;
        let plan = Plan::of(self.suite, self.registry).map_err(ScheduleError::Plan)?;
        let cells = self.select(plan.cells)?;
        let lock = self.store.lock()?;
        self.store.sweep(&lock)?;
        let (mut recorded, mut missing) = (Vec::new(), Vec::new());
        for cell in cells {
            match self.store.read(&cell.id)? {
                Some(record) if self.is_to_run_again(&record) => {
                    self.store.set_aside(&cell.id)?;
                    missing.push(cell);
                }
                Some(record) => recorded.push((cell, record.outcome)),
                None => missing.push(cell),
            }
        }
        self.rehearse(&missing)?;
        self.store.probe()?;
        if let Some(file) = &self.settings.suite_file {
            self.store.keep_suite(file)?;
        }
        Ok(Queue {
            scheduler: self,
            recorded,
            missing,
            _lock: lock,
        })
    }

    fn select(&self, cells: Vec<Cell>) -> Result<Vec<Cell>, ScheduleError> {
        let only = &self.settings.only;
        let begins = |cell: &Cell, prefix: &String| cell.id.starts_with(prefix);
        for prefix in only {
            if !cells.iter().any(|cell| begins(cell, prefix)) {
                return Err(ScheduleError::NoSuchCell {
                    prefix: prefix.clone(),
                });
            }
        }
        let is_selected =
            |cell: &Cell| only.is_empty() || only.iter().any(|prefix| begins(cell, prefix));
        Ok(cells.into_iter().filter(is_selected).collect())
    }

    fn is_to_run_again(&self, record: &Record) -> bool {
        self.settings.retry && record.outcome.status != Status::Finished
    }

    fn rehearse(&self, cells: &[Cell]) -> Result<(), ScheduleError> {
        let mut rehearsed = HashSet::new();
        for cell in cells {
            if rehearsed.insert(&cell.labels) {
                train::prepare(cell, self.registry, tch::Device::Cpu).map_err(|source| {
                    ScheduleError::Component {
                        cell: cell.id.clone(),
                        source,
                    }
                })?;
            }
        }
        Ok(())
    }
}

/// The cells of a run that is about to begin. No other run can use the store while the queue exists.
#[derive(Debug)]
pub struct Queue<'a> {
    scheduler: &'a Scheduler<'a>,
    recorded: Vec<(Cell, Outcome)>,
    missing: Vec<Cell>,
    _lock: Lock,
}

impl Queue<'_> {
    /// The cells that have a record already, with their outcomes.
    pub fn recorded(&self) -> &[(Cell, Outcome)] {
        &self.recorded
    }

    /// The cells that will run, in this order.
    pub fn missing(&self) -> &[Cell] {
        &self.missing
    }

    /// Runs the cells until all have a record or `stop` becomes true, which ends the running cells without one. After an
    /// error no new cell starts; those that are running still end and leave their records.
    pub fn run(self, stop: &AtomicBool, observe: Observer<'_>) -> Result<Summary, ScheduleError> {
        let Self {
            scheduler,
            recorded: mut ended,
            missing,
            _lock,
        } = self;
        let settings = &scheduler.settings;
        let program = match &settings.program {
            Some(program) => program.clone(),
            None => this_program().map_err(|source| ScheduleError::Process {
                cell: scheduler.suite.name.clone(),
                source,
            })?,
        };
        let supervisor = Supervisor {
            registry: scheduler.registry,
            program: &program,
            device: &settings.device,
            revision: &settings.revision,
            time_limit: scheduler.suite.time_limit,
            stop,
        };
        let pool = Pool::new(supervisor, scheduler.store, observe);
        let trained = pool.run(&missing, settings.jobs.get())?;
        let left = missing.len() - trained.len();
        ended.extend(trained);
        Ok(Summary { ended, left })
    }
}
