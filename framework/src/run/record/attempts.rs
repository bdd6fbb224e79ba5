//! The places of unfinished work: the attempts to train a cell, and the checkpoints that were kept.

use std::fs;
use std::path::PathBuf;

use crate::run::record::store::{Store, create_folder};
use crate::suite::plan::Cell;

impl Store {
    /// The folder of all attempts to train a cell.
    pub fn attempts(&self, id: &str) -> PathBuf {
        self.root().join("work").join(id)
    }

    /// The folders of the attempts to train a cell that have left something.
    pub fn attempts_of(&self, id: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.attempts(id)).into_iter().flatten();
        let mut folders: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        folders.sort();
        folders
    }

    /// The folder for the last checkpoint of a finished run with this training key and so many steps.
    pub fn kept_checkpoint(&self, training_key: &str, steps: u64) -> PathBuf {
        self.kept_checkpoints()
            .join(format!("{training_key}.{steps}"))
    }

    /// The folder of the kept checkpoints.
    pub fn kept_checkpoints(&self) -> PathBuf {
        self.root().join("checkpoints")
    }

    /// The kept checkpoints of finished runs with this training key.
    pub fn kept_checkpoints_of(&self, training_key: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.kept_checkpoints()).into_iter().flatten();
        let of_key = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem == training_key);
        let mut folders: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        folders.retain(of_key);
        folders.sort();
        folders
    }

    /// Keeps the last checkpoint of an attempt that has finished its cell, so that a longer run can continue from it. Failing
    /// that, a longer run begins anew.
    pub fn keep_checkpoint(&self, cell: &Cell, attempt: &str) {
        let kept = self.kept_checkpoint(&cell.training_key(), cell.budget.steps);
        let _ = create_folder(&self.kept_checkpoints());
        let _ = fs::rename(self.attempts(&cell.id).join(attempt), kept);
    }

    /// Removes what the attempts of a cell have left, except the attempt `kept`.
    pub fn remove_attempts(&self, id: &str, kept: Option<&str>) {
        for path in self.attempts_of(id) {
            if path.file_name().and_then(|name| name.to_str()) != kept {
                // What stays costs space and nothing else.
                let _ = fs::remove_dir_all(path);
            }
        }
        if kept.is_none() {
            let _ = fs::remove_dir(self.attempts(id));
        }
    }
}
