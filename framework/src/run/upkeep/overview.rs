//! How far the cells of a suite have come, seen from outside of the processes that train them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::api::ComponentError;
use crate::registry::Registry;
use crate::run::checkpoint::checkpoints;
use crate::run::record::{Holder, Record, Status, Store, StoreError, mean_curve};
use crate::run::upkeep::attempts::{Attempted, attempted};
use crate::run::upkeep::disk::bytes_on_disk;
use crate::run::upkeep::speed::{Estimates, Speeds};
use crate::suite::plan::{Cell, Labels, Plan};

/// How far the cells of a suite have come.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overview {
    /// The name of the suite.
    pub suite: String,
    /// The folder with its records.
    pub folder: PathBuf,
    /// How many cells there are in each state.
    pub counts: Counts,
    /// The space that the folder takes on disk.
    pub disk_bytes: u64,
    /// Seconds that the cells without a record still need together, on one core each. They are computed from the speed of cells
    /// with the same components that are running or have finished, and estimated for components that nobody has trained yet.
    pub core_seconds_left: f64,
    /// The cells, in the order of the plan.
    pub cells: Vec<CellOverview>,
}

/// How many cells there are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All cells of the plan.
    pub planned: usize,
    /// Cells that were trained to their last step.
    pub finished: usize,
    /// Cells that have a record but did not finish.
    pub failed: usize,
    /// Cells whose record is damaged or cannot be read.
    pub unreadable: usize,
    /// Cells that somebody is training.
    pub running: usize,
    /// Cells without a record that nobody is training.
    pub waiting: usize,
}

impl Counts {
    /// Whether every cell has ended in one way or the other, so that nothing is left to wait for.
    pub fn is_over(&self) -> bool {
        self.running + self.waiting == 0
    }
}

/// How far a cell has come.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CellOverview {
    /// Its identifier.
    pub id: String,
    /// Its labels on the axes of the suite.
    pub labels: Labels,
    /// Its seed.
    pub seed: u64,
    /// The steps that it is to take.
    pub steps: u64,
    /// The steps that are done, as far as is known.
    pub step: u64,
    /// The mean return of its last evaluation.
    pub last_return: Option<f64>,
    /// What becomes of it.
    #[serde(flatten)]
    pub state: State,
    /// The mean return of every evaluation, by step.
    #[serde(skip)]
    pub curve: Vec<(u64, f64)>,
}

/// What becomes of a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// It was trained to its last step.
    Finished,
    /// It ended before its last step.
    Failed {
        /// The way in which it ended.
        status: Status,
        /// The reason.
        reason: String,
    },
    /// Its record is damaged or cannot be read.
    Unreadable {
        /// The reason.
        reason: String,
    },
    /// Somebody is training it.
    Running {
        /// The name of the machine.
        host: String,
        /// The number of the process on that machine.
        pid: u32,
        /// Its speed since it began, with evaluations; unknown before the first steps.
        steps_per_second: Option<f64>,
        /// How long it will take at this speed.
        seconds_left: Option<f64>,
    },
    /// Nobody is training it.
    Waiting {
        /// The step of the checkpoint that it will continue from, if there is one.
        checkpoint: Option<u64>,
    },
}

/// The time after which the space on disk is measured again.
const DISK_INTERVAL: Duration = Duration::from_secs(30);

/// Looks at a suite again and again. Records never change, so that each is read once.
#[derive(Debug)]
pub struct Watcher<'a> {
    plan: &'a Plan,
    store: &'a Store,
    estimates: Estimates<'a>,
    /// The cells that have a record, with the seconds that they took.
    recorded: HashMap<String, (CellOverview, f64)>,
    disk: Option<(Instant, u64)>,
}

impl<'a> Watcher<'a> {
    /// Will look at the cells of `plan` in `store`, which need not exist yet.
    pub fn new(plan: &'a Plan, store: &'a Store, registry: &'a Registry) -> Self {
        Self {
            plan,
            store,
            estimates: Estimates::new(registry),
            recorded: HashMap::new(),
            disk: None,
        }
    }

    /// Looks at all cells. Nothing that cannot be read is an error: it is a cell's state.
    ///
    /// # Errors
    ///
    /// A component of a cell cannot be made on this machine, so that its time cannot be estimated.
    pub fn look(&mut self) -> Result<Overview, ComponentError> {
        let mut speeds = Speeds::default();
        let mut cells = Vec::with_capacity(self.plan.cells.len());
        for cell in &self.plan.cells {
            let (seen, seconds) = self.cell(cell);
            match &seen.state {
                State::Finished => speeds.add(cell, seen.steps, seconds),
                State::Running { .. } | State::Waiting { .. } => {
                    speeds.add(cell, seen.step, seconds);
                }
                _ => {}
            }
            cells.push(seen);
        }
        let mut core_seconds_left = 0.0;
        for (cell, seen) in self.plan.cells.iter().zip(&cells) {
            let left = match &seen.state {
                State::Running {
                    seconds_left: Some(seconds),
                    ..
                } => *seconds,
                State::Running { .. } | State::Waiting { .. } => {
                    let per_step = match speeds.seconds_per_step(cell) {
                        Some(measured) => measured,
                        None => self.estimates.seconds_per_step(cell)?,
                    };
                    seen.steps.saturating_sub(seen.step) as f64 * per_step
                }
                _ => 0.0,
            };
            core_seconds_left += left;
        }
        Ok(Overview {
            suite: self.plan.suite.clone(),
            folder: self.store.root().to_owned(),
            counts: counts(&cells),
            disk_bytes: self.disk(),
            core_seconds_left,
            cells,
        })
    }

    fn disk(&mut self) -> u64 {
        match self.disk {
            Some((then, bytes)) if then.elapsed() < DISK_INTERVAL => bytes,
            _ => {
                let bytes = bytes_on_disk(self.store.root());
                self.disk = Some((Instant::now(), bytes));
                bytes
            }
        }
    }

    /// What is known about a cell, and the seconds that it has taken.
    fn cell(&mut self, cell: &Cell) -> (CellOverview, f64) {
        if !self.store.has(&cell.id) {
            self.recorded.remove(&cell.id);
            let holder = self.store.holder(&cell.id);
            // The cell may have ended between the two looks.
            if !self.store.has(&cell.id) {
                return self.without_record(cell, holder);
            }
        }
        if let Some(known) = self.recorded.get(&cell.id) {
            return known.clone();
        }
        let seen = match self.store.read(&cell.id) {
            Ok(Some(record)) => of_record(cell, &record),
            Ok(None) => return self.without_record(cell, Ok(None)),
            Err(error) => return (unreadable(cell, &error), 0.0),
        };
        self.recorded.insert(cell.id.clone(), seen.clone());
        seen
    }

    fn without_record(
        &self,
        cell: &Cell,
        holder: Result<Option<Holder>, StoreError>,
    ) -> (CellOverview, f64) {
        let holder = match holder {
            Ok(holder) => holder,
            Err(error) => return (unreadable(cell, &error), 0.0),
        };
        let attempts = self.store.attempts_of(&cell.id);
        let Attempted {
            step,
            seconds,
            measurements,
        } = attempted(
            &attempts,
            holder.as_ref().map(|holder| holder.attempt.as_str()),
        );
        let seen = |step, state| CellOverview {
            curve: mean_curve(&measurements.evaluations),
            last_return: measurements.last_return(),
            ..blank(cell, step, state)
        };
        let Some(holder) = holder else {
            let checkpoint = self.checkpoint(cell, &attempts);
            let state = State::Waiting { checkpoint };
            // The attempt had come farther than its checkpoint, at the same speed.
            let kept = checkpoint.unwrap_or(0);
            let seconds = seconds * kept as f64 / step.max(kept).max(1) as f64;
            return (seen(kept, state), seconds);
        };
        let steps_per_second = (step > 0 && seconds > 0.0).then(|| step as f64 / seconds);
        let left = cell.budget.steps.saturating_sub(step) as f64;
        let state = State::Running {
            host: holder.host,
            pid: holder.pid,
            steps_per_second,
            seconds_left: steps_per_second.map(|speed| left / speed),
        };
        (seen(step, state), seconds)
    }

    /// The step of the newest checkpoint that a cell can continue from, if it is whole.
    fn checkpoint(&self, cell: &Cell, attempts: &[PathBuf]) -> Option<u64> {
        let mut folders = attempts.to_vec();
        if self.store.kept_checkpoints().exists() {
            folders.extend(self.store.kept_checkpoints_of(&cell.training_key()));
        }
        let steps = folders.iter().flat_map(|folder| checkpoints(folder));
        let steps = steps.map(|(step, _)| step);
        steps.filter(|&step| step <= cell.budget.steps).max()
    }
}

fn counts(cells: &[CellOverview]) -> Counts {
    let mut counts = Counts {
        planned: cells.len(),
        ..Counts::default()
    };
    for cell in cells {
        let count = match cell.state {
            State::Finished => &mut counts.finished,
            State::Failed { .. } => &mut counts.failed,
            State::Unreadable { .. } => &mut counts.unreadable,
            State::Running { .. } => &mut counts.running,
            State::Waiting { .. } => &mut counts.waiting,
        };
        *count += 1;
    }
    counts
}

fn blank(cell: &Cell, step: u64, state: State) -> CellOverview {
    CellOverview {
        id: cell.id.clone(),
        labels: cell.labels.clone(),
        seed: cell.seed,
        steps: cell.budget.steps,
        step,
        last_return: None,
        state,
        curve: Vec::new(),
    }
}

fn unreadable(cell: &Cell, error: &StoreError) -> CellOverview {
    let reason = match error {
        StoreError::Damaged { reason, .. } => reason.clone(),
        other => other.to_string(),
    };
    blank(cell, 0, State::Unreadable { reason })
}

fn of_record(cell: &Cell, record: &Record) -> (CellOverview, f64) {
    let curve = mean_curve(&record.evaluations);
    let last = curve.last().copied();
    let state = match &record.outcome.status {
        Status::Finished => State::Finished,
        status => State::Failed {
            status: *status,
            reason: record
                .outcome
                .reason
                .clone()
                .unwrap_or_else(|| "no reason".to_owned()),
        },
    };
    let seen = CellOverview {
        last_return: last.map(|(_, mean)| mean),
        curve,
        ..blank(cell, last.map_or(0, |(step, _)| step), state)
    };
    (seen, record.wall_seconds)
}
