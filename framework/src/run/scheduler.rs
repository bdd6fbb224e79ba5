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
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::api::ComponentError;
use crate::registry::Registry;
use crate::run::device::{DeviceError, device};
use crate::run::record::{Lock, Outcome, Record, Status, Store, StoreError};
use crate::run::supervisor::{Supervisor, this_program};
use crate::run::train::{self, Event};
use crate::suite::Suite;
use crate::suite::plan::{Cell, Plan};

/// What happens to cells that have a record but did not finish.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unfinished {
    /// Their records stay, and they are not run again.
    #[default]
    Keep,
    /// Their records are set aside, and they are run again.
    RunAgain,
}

/// The choices of a run that do not change its results.
#[derive(Debug, Clone)]
pub struct RunSettings {
    /// Number of cells that run at the same time, each on one core. Default: the number of cores.
    pub jobs: NonZeroUsize,
    /// The device for every cell: `cpu` (the default), `cuda` or `cuda:N`.
    pub device: String,
    /// Only cells whose identifiers begin with one of these are run; all of them if it is empty, as by default.
    pub only: Vec<String>,
    /// What happens to cells that have a record but did not finish.
    pub unfinished: Unfinished,
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
            unfinished: Unfinished::default(),
            suite_file: None,
            revision: String::new(),
            program: None,
        }
    }
}

/// A run could not begin or go on.
#[derive(Debug, Error)]
pub enum ScheduleError {
    /// The device is not known or not available.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// No cell of the suite has an identifier that begins like this.
    #[error("no cell of this suite begins with {prefix}; `spikebench plan` lists them")]
    NoSuchCell {
        /// The beginning that was asked for.
        prefix: String,
    },
    /// A component of a cell cannot be made on this machine.
    #[error("{cell}: {source}")]
    Component {
        /// The identifier of the cell.
        cell: String,
        /// What cannot be made, and why.
        source: ComponentError,
    },
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store refused a record again and again, so the record was saved elsewhere.
    #[error("{source}; the record of {cell} was saved in {}: move its folder into {}", saved.display(), runs.display())]
    SavedElsewhere {
        /// Why the store refused the record.
        source: StoreError,
        /// The identifier of the cell.
        cell: String,
        /// The folder that holds the record now.
        saved: PathBuf,
        /// The folder that the record belongs into.
        runs: PathBuf,
    },
    /// A child process cannot be started or watched.
    #[error("failed to run {cell}: {source}")]
    Process {
        /// The identifier of the cell.
        cell: String,
        /// The reason that the system gave.
        source: io::Error,
    },
    /// A thread of the scheduler panicked.
    #[error("a thread of the scheduler panicked")]
    Panic,
}

/// What an observer is told during a run. Notices about different cells come from different threads.
#[derive(Debug)]
pub enum Notice<'a> {
    /// A cell starts.
    Started(&'a Cell),
    /// Something happened in the training of a cell.
    Event(&'a Cell, &'a Event),
    /// A record could not be written; the scheduler waits and tries again.
    Refused(&'a Cell, &'a StoreError),
    /// A cell ended and its record is in the store, or it was interrupted and there is no outcome.
    Ended(&'a Cell, Option<&'a Outcome>),
}

/// Receives the notices of a run.
pub type Observer<'a> = &'a (dyn Fn(Notice<'_>) + Sync);

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
        let cells = self.select(Plan::of(self.suite).cells)?;
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
        self.settings.unfinished == Unfinished::RunAgain
            && record.outcome.status != Status::Finished
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
        let pool = Pool {
            supervisor: Supervisor {
                registry: scheduler.registry,
                program: &program,
                device: &settings.device,
                revision: &settings.revision,
                time_limit: scheduler.suite.time_limit,
                stop,
            },
            store: scheduler.store,
            observe,
            next: AtomicUsize::new(0),
            has_failed: AtomicBool::new(false),
            ended: Mutex::default(),
        };
        let trained = pool.run(&missing, settings.jobs.get())?;
        let left = missing.len() - trained.len();
        ended.extend(trained);
        Ok(Summary { ended, left })
    }
}

/// Threads that each take the next cell until there is none.
struct Pool<'a> {
    supervisor: Supervisor<'a>,
    store: &'a Store,
    observe: Observer<'a>,
    next: AtomicUsize,
    has_failed: AtomicBool,
    ended: Mutex<Vec<(Cell, Outcome)>>,
}

impl Pool<'_> {
    /// Runs the cells, `jobs` at a time. Every cell in the result has its record in the store.
    fn run(self, cells: &[Cell], jobs: usize) -> Result<Vec<(Cell, Outcome)>, ScheduleError> {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..jobs.min(cells.len()))
                .map(|_| scope.spawn(|| self.take_cells(cells)))
                .collect();
            threads
                .into_iter()
                .try_for_each(|thread| thread.join().unwrap_or(Err(ScheduleError::Panic)))
        })?;
        Ok(self
            .ended
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner))
    }

    fn take_cells(&self, cells: &[Cell]) -> Result<(), ScheduleError> {
        let is_over = || {
            self.supervisor.stop.load(Ordering::SeqCst) || self.has_failed.load(Ordering::SeqCst)
        };
        while !is_over()
            && let Some(cell) = cells.get(self.next.fetch_add(1, Ordering::SeqCst))
        {
            let outcome = self.run_cell(cell).inspect_err(|_| {
                self.has_failed.store(true, Ordering::SeqCst);
            })?;
            if let Some(outcome) = outcome {
                let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
                ended.push((cell.clone(), outcome));
            }
        }
        Ok(())
    }

    fn run_cell(&self, cell: &Cell) -> Result<Option<Outcome>, ScheduleError> {
        (self.observe)(Notice::Started(cell));
        let mut observe = |event: &Event| (self.observe)(Notice::Event(cell, event));
        let record =
            self.supervisor
                .run(cell, &mut observe)
                .map_err(|source| ScheduleError::Process {
                    cell: cell.id.clone(),
                    source,
                })?;
        if let Some(record) = &record {
            self.commit(record)?;
        }
        let outcome = record.map(|record| record.outcome);
        (self.observe)(Notice::Ended(cell, outcome.as_ref()));
        Ok(outcome)
    }

    /// Commits a record. What took hours to train is not thrown away because a disk is full: the store is asked again
    /// after some seconds, and if it still refuses, the record goes to the folder for temporary files.
    fn commit(&self, record: &Record) -> Result<(), ScheduleError> {
        const WAITS: [u64; 3] = [1, 4, 15];
        for seconds in WAITS {
            match self.store.commit(record) {
                Ok(()) => return Ok(()),
                Err(error) => (self.observe)(Notice::Refused(&record.cell, &error)),
            }
            self.wait(Duration::from_secs(seconds));
        }
        self.store
            .commit(record)
            .map_err(|error| save_elsewhere(record, self.store, error))
    }

    /// Waits, but not after the run was stopped.
    fn wait(&self, time: Duration) {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline && !self.supervisor.stop.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Saves a record in the system's folder for temporary files, and gives the error that says where it is. If that is
/// impossible too, the error is the store's own.
fn save_elsewhere(record: &Record, store: &Store, source: StoreError) -> ScheduleError {
    let name = format!("spikebench-{}", std::process::id());
    let refuge = Store::new(&std::env::temp_dir(), &name);
    match refuge.commit(record) {
        Ok(()) => ScheduleError::SavedElsewhere {
            source,
            cell: record.cell.id.clone(),
            saved: refuge.runs().join(&record.cell.id),
            runs: store.runs(),
        },
        Err(_) => source.into(),
    }
}
