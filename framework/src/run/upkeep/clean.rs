//! Removing what a store does not need any more.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::run::record::{Status, Store, StoreError};
use crate::run::upkeep::disk::bytes_on_disk;

/// What may be removed besides what nothing can need again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removable {
    /// The records that were set aside.
    pub set_aside: bool,
    /// The kept checkpoints of finished runs, without which a longer run begins anew.
    pub checkpoints: bool,
}

/// Something that was removed, or that would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// The file or folder.
    pub path: PathBuf,
    /// What it is, in words.
    pub what: &'static str,
    /// The space that it took on disk.
    pub bytes: u64,
}

/// Removes what is not needed from a store: attempts to train cells that have a whole record and did not crash, expired
/// leases, and what was left half-written. Of a cell without a record only the lease goes, never a checkpoint. What a live lease holds stays: its
/// cell's attempts, and, as its cell may be continued from one of them, all kept checkpoints of the store. With `dry_run`
/// nothing is removed, only found.
///
/// # Errors
///
/// A folder cannot be listed, or something cannot be removed. What was removed before that stays removed.
pub fn clean(
    store: &Store,
    removable: Removable,
    dry_run: bool,
) -> Result<Vec<Cleaned>, StoreError> {
    let mut cleaning = Cleaning {
        dry_run,
        cleaned: Vec::new(),
    };
    for id in store.attempted()? {
        // The checkpoint of a crashed cell is where a retry continues.
        let is_done = store.read(&id).is_ok_and(|record| {
            record.is_some_and(|record| record.outcome.status != Status::Crashed)
        });
        if store.holder(&id)?.is_none() && is_done {
            cleaning.remove(&store.attempts(&id), "attempts of a cell that has a record")?;
        }
    }
    let mut is_in_use = false;
    for id in store.leased()? {
        if store.holder(&id)?.is_some() {
            is_in_use = true;
        } else {
            cleaning.remove_lease(store, &id)?;
        }
    }
    for path in store.leftovers() {
        cleaning.remove(&path, "a record or lease that was never completed")?;
    }
    if removable.set_aside {
        for path in inside(&store.aside())? {
            cleaning.remove(&path, "a record that was set aside")?;
        }
    }
    if removable.checkpoints && !is_in_use {
        for path in inside(&store.kept_checkpoints())? {
            cleaning.remove(&path, "a kept checkpoint")?;
        }
    }
    Ok(cleaning.cleaned)
}

struct Cleaning {
    dry_run: bool,
    cleaned: Vec<Cleaned>,
}

impl Cleaning {
    fn remove(&mut self, path: &Path, what: &'static str) -> Result<(), StoreError> {
        let bytes = bytes_on_disk(path);
        if !self.dry_run {
            let removed = match fs::symlink_metadata(path) {
                Ok(about) if about.is_dir() => fs::remove_dir_all(path),
                Ok(_) => fs::remove_file(path),
                Err(error) => Err(error),
            };
            match removed {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                other => other.map_err(|source| StoreError::io("remove", path, source))?,
            }
        }
        self.note(path, what, bytes);
        Ok(())
    }

    /// Somebody may claim the cell at this moment, so that its lease is not simply deleted.
    fn remove_lease(&mut self, store: &Store, id: &str) -> Result<(), StoreError> {
        let path = store.lease(id);
        let bytes = bytes_on_disk(&path);
        if self.dry_run || store.clear_lease(id)? {
            self.note(&path, "an expired lease", bytes);
        }
        Ok(())
    }

    fn note(&mut self, path: &Path, what: &'static str, bytes: u64) {
        let path = path.to_owned();
        self.cleaned.push(Cleaned { path, what, bytes });
    }
}

fn inside(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(StoreError::io("read", folder, source)),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}
