//! The threads of a run: each claims a cell, supervises its training, and commits its record.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::run::process::supervisor::{Ended, Supervisor};
use crate::run::record::{Claim, Holder, Lease, Outcome, Record, Status, Store, StoreError};
use crate::run::refuge::save_elsewhere;
use crate::run::schedule_error::ScheduleError;
use crate::run::train::Event;
use crate::suite::plan::Cell;

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
    /// Somebody else has trained a cell, and its record is in the store.
    EndedElsewhere(&'a Cell, &'a Outcome),
    /// The lease of a cell has expired, and somebody else has taken the cell over.
    Lost(&'a Cell),
    /// Only cells are left that others are training, this one among them; the scheduler waits for their records.
    Waiting(&'a Cell, &'a Holder),
    /// The run cannot go on; cells that are being trained still end.
    Failed(&'a ScheduleError),
}

/// Receives the notices of a run.
pub type Observer<'a> = &'a (dyn Fn(Notice<'_>) + Sync);

/// How often somebody who waits looks whether others have finished.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Threads that each claim the next cell until there is none left.
pub struct Pool<'a> {
    supervisor: Supervisor<'a>,
    store: &'a Store,
    observe: Observer<'a>,
    /// The time without a sign of life after which a lease expires.
    lease: Duration,
    /// Whether to wait for the cells that others are training.
    waits: bool,
    has_failed: AtomicBool,
    cells: Mutex<Vec<(Cell, Progress)>>,
}

/// How far a cell has come.
enum Progress {
    Waiting,
    Running,
    Ended(Outcome),
}

/// What a thread does next.
enum Next {
    Train(Box<Cell>, Lease),
    Wait(Box<Cell>, Holder),
    Nothing,
}

impl<'a> Pool<'a> {
    /// A pool whose records go to `store`.
    pub fn new(
        supervisor: Supervisor<'a>,
        store: &'a Store,
        observe: Observer<'a>,
        lease: Duration,
        waits: bool,
    ) -> Self {
        Self {
            supervisor,
            store,
            observe,
            lease,
            waits,
            has_failed: AtomicBool::new(false),
            cells: Mutex::default(),
        }
    }

    /// Runs the cells, `jobs` at a time. Every cell in the result has its record in the store. After an error no new cell
    /// starts; the first error is given as well.
    pub fn run(self, cells: &[Cell], jobs: usize) -> (Vec<(Cell, Outcome)>, Option<ScheduleError>) {
        let waiting = cells.iter().map(|cell| (cell.clone(), Progress::Waiting));
        *self.lock() = waiting.collect();
        let failure = thread::scope(|scope| {
            let threads: Vec<_> = (0..jobs.min(cells.len()))
                .map(|_| scope.spawn(|| self.take_cells()))
                .collect();
            // All threads end before the first error is told.
            let results: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
            let results = results.into_iter();
            let mut errors =
                results.map(|result| result.unwrap_or(Err(ScheduleError::Panic)).err());
            errors.find(Option::is_some).flatten()
        });
        let cells = self
            .cells
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let ended = cells
            .into_iter()
            .filter_map(|(cell, progress)| match progress {
                Progress::Ended(outcome) => Some((cell, outcome)),
                _ => None,
            });
        (ended.collect(), failure)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(Cell, Progress)>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, cell: &Cell, progress: Progress) {
        let mut cells = self.lock();
        if let Some(entry) = cells.iter_mut().find(|(other, _)| other.id == cell.id) {
            entry.1 = progress;
        }
    }

    fn is_over(&self) -> bool {
        self.supervisor.stop.is_set() || self.has_failed.load(Ordering::SeqCst)
    }

    fn take_cells(&self) -> Result<(), ScheduleError> {
        self.take_cells_until_over().inspect_err(|error| {
            self.has_failed.store(true, Ordering::SeqCst);
            (self.observe)(Notice::Failed(error));
        })
    }

    fn take_cells_until_over(&self) -> Result<(), ScheduleError> {
        let mut has_told = false;
        while !self.is_over() {
            match self.next()? {
                Next::Train(cell, lease) => {
                    if !self.train(&cell, lease)? {
                        break;
                    }
                }
                Next::Wait(cell, holder) => {
                    if !self.waits {
                        break;
                    }
                    if !std::mem::replace(&mut has_told, true) {
                        (self.observe)(Notice::Waiting(&cell, &holder));
                    }
                    self.wait(LOOK_INTERVAL);
                }
                Next::Nothing => break,
            }
        }
        Ok(())
    }

    /// Claims the next cell that nobody is training and that has no record yet.
    fn next(&self) -> Result<Next, ScheduleError> {
        let mut cells = self.lock();
        let mut held = None;
        for (cell, progress) in cells.iter_mut() {
            if !matches!(progress, Progress::Waiting) {
                continue;
            }
            let claim = if self.store.has(&cell.id) {
                None
            } else {
                Some(self.store.claim(&cell.id, self.lease)?)
            };
            // Others may have committed a record before the claim.
            if self.store.has(&cell.id) {
                if let Some(Claim::Granted(lease)) = claim {
                    lease.release();
                }
                if let Some(record) = self.store.read(&cell.id)? {
                    (self.observe)(Notice::EndedElsewhere(cell, &record.outcome));
                    *progress = Progress::Ended(record.outcome);
                }
                continue;
            }
            match claim {
                Some(Claim::Granted(lease)) => {
                    *progress = Progress::Running;
                    return Ok(Next::Train(Box::new(cell.clone()), lease));
                }
                Some(Claim::Held(holder)) => held = held.or(Some((cell.clone(), holder))),
                None => {}
            }
        }
        Ok(held.map_or(Next::Nothing, |(cell, holder)| {
            Next::Wait(Box::new(cell), holder)
        }))
    }

    /// Trains a cell and commits its record. Gives `false` if this thread is to end.
    fn train(&self, cell: &Cell, mut lease: Lease) -> Result<bool, ScheduleError> {
        let result = self.train_as(cell, &mut lease);
        if result.is_err() {
            (self.observe)(Notice::Ended(cell, None));
        }
        lease.release();
        result
    }

    fn train_as(&self, cell: &Cell, lease: &mut Lease) -> Result<bool, ScheduleError> {
        let attempts = self.store.attempts_of(&cell.id);
        let kept = self.store.kept_checkpoints_of(&cell.training_key());
        let attempt = lease.attempt().to_owned();
        let folder = self.store.attempts(&cell.id).join(&attempt);
        let former = [attempts, kept].concat();
        (self.observe)(Notice::Started(cell));
        let mut observe = |event: &Event| {
            // What was taken over is in the new folder as well. Where something was skipped, all stays until the cell ends.
            if matches!(event, Event::Began { skipped, .. } if skipped.is_empty()) {
                self.store.remove_attempts(&cell.id, Some(attempt.as_str()));
            }
            (self.observe)(Notice::Event(cell, event));
        };
        let ended = self
            .supervisor
            .run(cell, lease, folder, former, &mut observe);
        let ended = ended.map_err(|source| ScheduleError::Process {
            cell: cell.id.clone(),
            source,
        })?;
        match ended {
            Ended::Recorded(record) => {
                self.commit(&record, lease.attempt())?;
                self.clear_up(cell, lease.attempt(), &record.outcome);
                (self.observe)(Notice::Ended(cell, Some(&record.outcome)));
                self.set(cell, Progress::Ended(record.outcome));
                Ok(true)
            }
            Ended::Lost => {
                (self.observe)(Notice::Lost(cell));
                self.set(cell, Progress::Waiting);
                Ok(true)
            }
            Ended::Interrupted => {
                (self.observe)(Notice::Ended(cell, None));
                Ok(false)
            }
            Ended::Refused(reason) => Err(ScheduleError::Refused {
                cell: cell.id.clone(),
                folder: self.store.root().to_owned(),
                reason,
            }),
        }
    }

    /// Removes what the attempts of a recorded cell have left, except the last checkpoint if it is to be kept. That of a
    /// crashed cell stays: should somebody try it again, it continues there.
    fn clear_up(&self, cell: &Cell, attempt: &str, outcome: &Outcome) {
        match outcome.status {
            Status::Crashed => return,
            Status::Finished if self.supervisor.keep_checkpoints => {
                self.store.keep_checkpoint(cell, attempt);
            }
            _ => {}
        }
        self.store.remove_attempts(&cell.id, None);
    }

    /// Commits a record. What took hours to train is not thrown away because a disk is full: the store is asked again
    /// after some seconds, and if it still refuses, the record goes to the folder for temporary files.
    fn commit(&self, record: &Record, attempt: &str) -> Result<(), ScheduleError> {
        const WAITS: [u64; 3] = [1, 4, 15];
        for seconds in WAITS {
            match self.store.commit_as(record, attempt) {
                Ok(()) => return Ok(()),
                Err(error) => (self.observe)(Notice::Refused(&record.cell, &error)),
            }
            self.wait(Duration::from_secs(seconds));
        }
        self.store
            .commit_as(record, attempt)
            .map_err(|error| save_elsewhere(record, self.store, error))
    }

    /// Waits, but not after the run was stopped.
    fn wait(&self, time: Duration) {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline && !self.supervisor.stop.is_set() {
            thread::sleep(Duration::from_millis(50));
        }
    }
}
