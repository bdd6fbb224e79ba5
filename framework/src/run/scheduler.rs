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
//!         .run(&AtomicBool::new(false), &|_notice| {});
//!     for (cell, outcome) in &summary.ended {
//!         println!("{} {}", cell.id, outcome.status.name());
//!     }
//!     Ok(ExitCode::SUCCESS)
//! }
//! ```

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use crate::api::ComponentError;
use crate::registry::Registry;
use crate::run::device::device;
use crate::run::pool::Pool;
pub use crate::run::pool::{Notice, Observer};
use crate::run::process::stop::Stop;
use crate::run::process::supervisor::{Rehearsal, Supervisor, this_program};
use crate::run::record::{Outcome, Record, Status, Store};
use crate::run::refuge::bring_home;
pub use crate::run::schedule_error::ScheduleError;
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
    /// [`serve_if_asked`](crate::run::process::worker::serve_if_asked).
    pub program: Option<PathBuf>,
    /// The time between two checkpoints of a cell. Default: 10 minutes.
    pub checkpoint_every: Duration,
    /// Whether the last checkpoint of a cell is kept, so that a run with more steps can continue from it.
    pub keep_checkpoints: bool,
    /// How long a cell may go without a step before it is stopped as hanging. Default: 30 minutes.
    pub stall: Duration,
    /// The time without a sign of life after which the cells of another worker are taken over. Default: 10 minutes.
    pub lease: Duration,
    /// When to stop with a checkpoint; by default when all cells have a record.
    pub until: Option<Instant>,
    /// Whether to wait for the cells that others are training. Default: yes.
    pub waits: bool,
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
            checkpoint_every: Duration::from_secs(600),
            keep_checkpoints: false,
            stall: Duration::from_secs(1800),
            lease: Duration::from_secs(600),
            until: None,
            waits: true,
        }
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Summary {
    /// The cells that have a record, from this run or a former one, with their outcomes.
    pub ended: Vec<(Cell, Outcome)>,
    /// Number of cells that are left to run because the run was stopped, or others are training them.
    pub left: usize,
    /// Why the run could not go on, if it could not.
    pub failure: Option<ScheduleError>,
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

    /// Reads the records that are there, and makes every combination of components once, so that whatever cannot work fails
    /// before the first step of training.
    pub fn prepare(&self) -> Result<Queue<'_>, ScheduleError> {
        device(&self.settings.device)?;
        let plan = Plan::of(self.suite, self.registry).map_err(ScheduleError::Plan)?;
        let cells = self.select(plan.cells)?;
        self.store.create()?;
        let brought_home = bring_home(self.store);
        let (mut recorded, mut missing) = (Vec::new(), Vec::new());
        let mut to_retry = Vec::new();
        for cell in cells {
            match self.store.read(&cell.id)? {
                Some(record) if self.is_to_run_again(&record) => {
                    to_retry.push(cell.id.clone());
                    missing.push(cell);
                }
                Some(record) => {
                    self.clear_up(&cell, &record)?;
                    recorded.push((cell, record.outcome));
                }
                None => missing.push(cell),
            }
        }
        let program = self.program()?;
        self.rehearse(&program, &missing)?;
        self.store.probe()?;
        self.store.sweep()?;
        for id in to_retry {
            self.store.set_aside(&id)?;
        }
        if let Some(file) = &self.settings.suite_file {
            self.store.keep_suite(file)?;
        }
        Ok(Queue {
            scheduler: self,
            program,
            brought_home,
            recorded,
            missing,
        })
    }

    /// Removes what the attempts of a recorded cell have left, should their worker have died before it could.
    fn clear_up(&self, cell: &Cell, record: &Record) -> Result<(), ScheduleError> {
        let may_be_continued = record.outcome.status == Status::Crashed;
        if !may_be_continued
            && self.store.attempts(&cell.id).exists()
            && self.store.holder(&cell.id)?.is_none()
        {
            self.store.remove_attempts(&cell.id, None);
        }
        Ok(())
    }

    fn program(&self) -> Result<PathBuf, ScheduleError> {
        match &self.settings.program {
            Some(program) => Ok(program.clone()),
            None => this_program().map_err(|source| self.broken(source)),
        }
    }

    fn broken(&self, source: std::io::Error) -> ScheduleError {
        ScheduleError::Process {
            cell: self.suite.name.clone(),
            source,
        }
    }

    fn supervisor<'s>(&'s self, program: &'s Path, flag: &'s AtomicBool) -> Supervisor<'s> {
        let settings = &self.settings;
        Supervisor {
            registry: self.registry,
            program,
            device: &settings.device,
            revision: &settings.revision,
            time_limit: self.suite.time_limit,
            stall: settings.stall,
            checkpoint_every: settings.checkpoint_every,
            keep_checkpoints: settings.keep_checkpoints,
            stop: Stop {
                flag,
                at: settings.until,
            },
        }
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

    fn rehearse(&self, program: &Path, cells: &[Cell]) -> Result<(), ScheduleError> {
        let mut seen = HashSet::new();
        let first_of_its_kind = |cell: &&Cell| seen.insert(cell.labels.clone());
        let cells: Vec<Cell> = cells.iter().filter(first_of_its_kind).cloned().collect();
        if cells.is_empty() {
            return Ok(());
        }
        let stop = AtomicBool::new(false);
        let rehearsed = self.supervisor(program, &stop).rehearse(&cells);
        match rehearsed.map_err(|source| self.broken(source))? {
            Rehearsal::Passed => Ok(()),
            Rehearsal::Interrupted => Err(ScheduleError::Interrupted),
            Rehearsal::Failed(number, reason) => Err(ScheduleError::Component {
                cell: cells[number].id.clone(),
                source: ComponentError::new(reason),
            }),
        }
    }
}

/// The cells of a run that is about to begin.
#[derive(Debug)]
pub struct Queue<'a> {
    scheduler: &'a Scheduler<'a>,
    program: PathBuf,
    brought_home: usize,
    recorded: Vec<(Cell, Outcome)>,
    missing: Vec<Cell>,
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

    /// The number of records that an earlier run could not write here and that were brought home from where it saved them.
    pub fn brought_home(&self) -> usize {
        self.brought_home
    }

    /// Runs the cells until all have a record or `stop` becomes true, which ends the running cells with a checkpoint. After an
    /// error no new cell starts; those that are running still end and leave their records.
    pub fn run(self, stop: &AtomicBool, observe: Observer<'_>) -> Summary {
        let Self {
            scheduler,
            program,
            recorded: mut ended,
            missing,
            ..
        } = self;
        let settings = &scheduler.settings;
        let supervisor = scheduler.supervisor(&program, stop);
        let pool = Pool::new(
            supervisor,
            scheduler.store,
            observe,
            settings.lease,
            settings.waits,
        );
        let (trained, failure) = pool.run(&missing, settings.jobs.get());
        let left = missing.len() - trained.len();
        ended.extend(trained);
        Summary {
            ended,
            left,
            failure,
        }
    }
}
