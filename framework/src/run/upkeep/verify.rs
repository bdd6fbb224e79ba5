//! Checking everything that a store keeps against the hashes that were written with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::run::checkpoint::{self, About, CheckpointError};
use crate::run::journal;
use crate::run::record::{Store, StoreError};

/// Something that is not as it was written, or that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The folder of a record, or a file.
    pub path: PathBuf,
    /// What is wrong with it; of a record, every file that does not fit.
    pub reason: String,
}

/// What was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// The number of records.
    pub records: usize,
    /// The number of checkpoints, kept ones and those of attempts.
    pub checkpoints: usize,
    /// The number of attempts, each of which has a journal of its measurements.
    pub attempts: usize,
    /// Everything that is wrong.
    pub faults: Vec<Fault>,
}

/// Checks every record, checkpoint and journal of these stores. Whatever it finds, it goes on; what others remove meanwhile is
/// no fault. Records that were set aside are not checked, because nothing uses them.
pub fn verify(stores: &[Store]) -> Verified {
    let mut verified = Verified::default();
    for store in stores {
        verified.records_of(store);
        verified.kept_checkpoints_of(store);
        verified.attempts_of(store);
    }
    verified
}

impl Verified {
    fn fault(&mut self, path: &Path, reason: String) {
        let path = path.to_owned();
        self.faults.push(Fault { path, reason });
    }

    fn listed(&mut self, listed: Result<Vec<String>, StoreError>, folder: &Path) -> Vec<String> {
        listed.unwrap_or_else(|error| {
            self.fault(folder, error.to_string());
            Vec::new()
        })
    }

    fn records_of(&mut self, store: &Store) {
        for id in self.listed(store.recorded(), &store.runs()) {
            match store.read(&id) {
                Ok(Some(_)) => self.records += 1,
                Ok(None) => {}
                Err(error) if store.has(&id) => {
                    self.records += 1;
                    let reason = match error {
                        StoreError::Damaged { reason, .. } => reason,
                        other => other.to_string(),
                    };
                    self.fault(&store.record(&id), reason);
                }
                // It was set aside meanwhile.
                Err(_) => {}
            }
        }
    }

    fn kept_checkpoints_of(&mut self, store: &Store) {
        let folder = store.kept_checkpoints();
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        folders.sort();
        for folder in folders {
            let key = folder
                .file_stem()
                .map(|key| key.to_string_lossy().into_owned());
            self.checkpoints_in(&folder, key.as_deref());
            self.journal_in(&folder);
        }
    }

    fn attempts_of(&mut self, store: &Store) {
        for id in self.listed(store.attempted(), &store.root().join("work")) {
            for folder in store.attempts_of(&id) {
                self.attempts += 1;
                self.checkpoints_in(&folder, None);
                self.journal_in(&folder);
            }
        }
    }

    /// Checks the checkpoints in a folder, which all have the training key `key` if one is given.
    fn checkpoints_in(&mut self, folder: &Path, key: Option<&str>) {
        let mut found = checkpoint::checkpoints(folder);
        found.sort();
        for (step, path) in found {
            let checked = checked(&path).and_then(|about| fits(&about, step, key).map(|()| about));
            match checked {
                Ok(about) => {
                    self.checkpoints += 1;
                    let noted = journal::read(folder).evaluations.len();
                    if noted < about.measurements.evaluations.len() && path.exists() {
                        let reason = format!("it lacks evaluations that {step}.checkpoint has");
                        self.fault(&folder.join(journal::FILE), reason);
                    }
                }
                Err(error) if path.exists() => {
                    self.checkpoints += 1;
                    self.fault(&path, error.to_string());
                }
                // Its attempt has written newer ones, or has ended.
                Err(_) => {}
            }
        }
    }

    fn journal_in(&mut self, folder: &Path) {
        if let Err(reason) = journal::check(folder) {
            self.fault(&folder.join(journal::FILE), reason);
        }
    }
}

/// Checks a checkpoint. One whose attempt is being removed loses its rows first, so that a fault is looked at twice.
fn checked(path: &Path) -> Result<About, CheckpointError> {
    checkpoint::check(path).or_else(|_| {
        thread::sleep(Duration::from_millis(100));
        checkpoint::check(path)
    })
}

fn fits(about: &About, step: u64, key: Option<&str>) -> Result<(), CheckpointError> {
    if about.step != step {
        let reason = format!("it is of step {}", about.step);
        return Err(CheckpointError::Misfit(reason));
    }
    match key {
        Some(key) if key != about.training_key => {
            let reason = format!("it belongs to {}", about.training_key);
            Err(CheckpointError::Misfit(reason))
        }
        _ => Ok(()),
    }
}
