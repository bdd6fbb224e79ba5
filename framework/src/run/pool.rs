//! The threads of a run: each takes a cell, supervises it, and commits its record.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::run::record::{Outcome, Record, Store, StoreError};
use crate::run::schedule_error::ScheduleError;
use crate::run::supervisor::Supervisor;
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
}

/// Receives the notices of a run.
pub type Observer<'a> = &'a (dyn Fn(Notice<'_>) + Sync);

/// Threads that each take the next cell until there is none left.
pub struct Pool<'a> {
    supervisor: Supervisor<'a>,
    store: &'a Store,
    observe: Observer<'a>,
    next: AtomicUsize,
    has_failed: AtomicBool,
    ended: Mutex<Vec<(Cell, Outcome)>>,
}

impl<'a> Pool<'a> {
    /// A pool whose records go to `store`.
    pub fn new(supervisor: Supervisor<'a>, store: &'a Store, observe: Observer<'a>) -> Self {
        Self {
            supervisor,
            store,
            observe,
            next: AtomicUsize::new(0),
            has_failed: AtomicBool::new(false),
            ended: Mutex::default(),
        }
    }

    /// Runs the cells, `jobs` at a time. Every cell in the result has its record in the store.
    pub fn run(self, cells: &[Cell], jobs: usize) -> Result<Vec<(Cell, Outcome)>, ScheduleError> {
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
            source: Box::new(source),
            cell: record.cell.id.clone(),
            saved: refuge.runs().join(&record.cell.id),
            runs: store.runs(),
        },
        Err(_) => source.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_the_store_refuses_is_saved_elsewhere_and_the_error_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "suite");
        let record = Record::example("saved-elsewhere");
        let refused = StoreError::Absent {
            path: folder.path().to_owned(),
        };
        let error = save_elsewhere(&record, &store, refused);
        let message = error.to_string();
        let ScheduleError::SavedElsewhere { saved, .. } = error else {
            panic!("{message}")
        };
        let refuge = Store::at(saved.parent().and_then(|runs| runs.parent()).unwrap()).unwrap();
        assert_eq!(refuge.read(&record.cell.id).unwrap(), Some(record));
        let remedy = format!(
            "saved in {}: move its folder into {}",
            saved.display(),
            store.runs().display()
        );
        assert!(message.contains(&remedy), "{message}");
        std::fs::remove_dir_all(refuge.root()).unwrap();
    }
}
