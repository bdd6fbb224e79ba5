//! The store of a suite's records: a folder for each cell, written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::run::record::contents::Record;
use crate::run::record::error::StoreError;
use crate::run::record::files::{MANIFEST, files};
use crate::run::record::lease::{self, Claim, Holder, Lease};
use crate::run::record::reading::{end_mark, read_record};
use crate::suite::plan::Cell;

/// The records of one suite.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// Name of the copy of the suite, as it was last run, that lies beside its records.
    pub const SUITE: &str = "suite.yaml";

    /// The store in the folder `results/suite`, which need not exist yet.
    pub fn new(results: &Path, suite: &str) -> Self {
        Self {
            root: results.join(suite),
        }
    }

    /// The store in the folder `results/suite`, if the suite has been run at least once.
    pub fn existing(results: &Path, suite: &str) -> Result<Self, StoreError> {
        Self::at(&results.join(suite))
    }

    /// The store in the folder `root`, which must exist.
    pub fn at(root: &Path) -> Result<Self, StoreError> {
        let path = root.to_owned();
        match fs::read_dir(&path) {
            Ok(_) => Ok(Self { root: path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(StoreError::Absent { path })
            }
            Err(source) => Err(StoreError::io("read", &path, source)),
        }
    }

    /// The folder of the suite.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that holds the folders of the records.
    pub fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    pub(super) fn staging(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(super) fn folder(&self, id: &str) -> PathBuf {
        self.runs().join(id)
    }

    /// Reads the record of a cell, if there is one, and checks its files against the hashes of its manifest.
    pub fn read(&self, id: &str) -> Result<Option<Record>, StoreError> {
        let folder = self.folder(id);
        match fs::symlink_metadata(&folder) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::io("read", &folder, source)),
        }
        read_record(&folder, id).map(Some)
    }

    /// Whether the cell has a record, whole or not.
    pub fn has(&self, id: &str) -> bool {
        fs::symlink_metadata(self.folder(id)).is_ok()
    }

    /// Fails if records could not be committed here. It is better to know this before hours of training than after.
    pub fn probe(&self) -> Result<(), StoreError> {
        for folder in [self.runs(), self.staging()] {
            create_folder(&folder)?;
            let probe = folder.join(".probe");
            fs::write(&probe, [])
                .and_then(|()| fs::remove_file(&probe))
                .map_err(|source| StoreError::io("write", &probe, source))?;
        }
        Ok(())
    }

    /// Writes a record so that it is there whole or not at all, whatever happens meanwhile: files, manifest, sync, rename.
    /// A record that the cell already has stays. After an error nothing half-written is left behind.
    pub fn commit(&self, record: &Record) -> Result<(), StoreError> {
        self.commit_as(record, &uuid::Uuid::new_v4().simple().to_string())
    }

    /// Writes the record of an attempt, which holds the lease of the cell: [`sweep`](Self::sweep) spares its files.
    pub fn commit_as(&self, record: &Record, attempt: &str) -> Result<(), StoreError> {
        let (runs, staging) = (self.runs(), self.staging());
        create_folder(&runs)?;
        create_folder(&staging)?;
        let temporary = create_free_folder(&staging, &record.cell.id, attempt)?;
        let committed = write_files(&temporary, record)
            .and_then(|()| self.publish(&temporary, &record.cell.id));
        if committed.is_err() {
            // The error that is reported is the one that came first.
            let _ = fs::remove_dir_all(&temporary);
        }
        committed.and_then(|()| sync(&runs))
    }

    /// Moves a complete record to its place.
    fn publish(&self, temporary: &Path, id: &str) -> Result<(), StoreError> {
        let folder = self.folder(id);
        match fs::rename(temporary, &folder) {
            Ok(()) => Ok(()),
            // A rename onto a folder that is not empty fails, so the first commit wins without a lock.
            Err(_) if folder.join(MANIFEST).exists() => {
                // Should it stay, the next sweep removes it.
                let _ = fs::remove_dir_all(temporary);
                Ok(())
            }
            Err(source) => Err(StoreError::io("rename to", &folder, source)),
        }
    }

    /// Keeps a copy of the suite file beside the records, so that the folder shows what was planned.
    pub fn keep_suite(&self, file: &Path) -> Result<(), StoreError> {
        let name = format!(".{}.{}", Self::SUITE, uuid::Uuid::new_v4().simple());
        let temporary = self.root.join(name);
        let kept = self.root.join(Self::SUITE);
        fs::copy(file, &temporary)
            .and_then(|_| fs::rename(&temporary, &kept))
            .map_err(|source| StoreError::io("write", &kept, source))
    }

    /// Moves the record of a cell aside, so that the cell can be run again.
    pub fn set_aside(&self, id: &str) -> Result<(), StoreError> {
        let aside = self.root.join("set-aside");
        create_folder(&aside)?;
        let free = (1u32..)
            .map(|number| aside.join(format!("{id}.{number}")))
            .find(|path| !path.exists())
            .unwrap_or_else(|| aside.join(id));
        fs::rename(self.folder(id), &free)
            .map_err(|source| StoreError::io("rename to", &free, source))
    }

    /// Claims the right to train a cell. Who claims shows signs of life ([`Lease::beat`]) or loses it `expires_after` the
    /// last one.
    pub fn claim(&self, id: &str, expires_after: Duration) -> Result<Claim, StoreError> {
        create_folder(&self.leases())?;
        Lease::claim(&self.leases().join(id), expires_after)
    }

    /// Who is training a cell, if anybody is.
    pub fn holder(&self, id: &str) -> Result<Option<Holder>, StoreError> {
        let path = self.leases().join(id);
        lease::held(&path).map_err(|source| StoreError::io("read", &path, source))
    }

    pub(super) fn leases(&self) -> PathBuf {
        self.root.join("lease")
    }

    /// The folder of all attempts to train a cell.
    pub fn attempts(&self, id: &str) -> PathBuf {
        self.root.join("work").join(id)
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
        self.root.join("checkpoints")
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

    /// Copies the record of a cell into another store, byte for byte, and removes it here. A record that is there already
    /// stays.
    pub fn bring(&self, id: &str, to: &Self) -> Result<(), StoreError> {
        self.copy(id, to)?;
        let folder = self.folder(id);
        fs::remove_dir_all(&folder).map_err(|source| StoreError::io("remove", &folder, source))
    }

    /// Copies the record of a cell into another store, byte for byte. It must be whole; one that is there already stays.
    pub fn copy(&self, id: &str, to: &Self) -> Result<(), StoreError> {
        let folder = self.folder(id);
        read_record(&folder, id)?;
        create_folder(&to.runs())?;
        create_folder(&to.staging())?;
        let attempt = uuid::Uuid::new_v4().simple().to_string();
        let temporary = create_free_folder(&to.staging(), id, &attempt)?;
        let copied = copy_files(&folder, &temporary).and_then(|()| to.publish(&temporary, id));
        if copied.is_err() {
            let _ = fs::remove_dir_all(&temporary);
        }
        copied.and_then(|()| sync(&to.runs()))
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

    /// Removes what former commits left half-written: the folders of attempts that do not hold the lease of their cell.
    pub fn sweep(&self) -> Result<(), StoreError> {
        for path in self.leftovers() {
            match fs::remove_dir_all(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::io("remove", &path, source));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn create_folder(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder).map_err(|source| StoreError::io("create", folder, source))
}

/// Creates a folder for the files of a record, named by the cell and the attempt.
fn create_free_folder(staging: &Path, id: &str, attempt: &str) -> Result<PathBuf, StoreError> {
    let folder = staging.join(format!("{id}.{attempt}"));
    match fs::create_dir(&folder) {
        // What a former commit of the same attempt has left behind.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_dir_all(&folder).and_then(|()| fs::create_dir(&folder))
        }
        other => other,
    }
    .map_err(|source| StoreError::io("create", &folder, source))?;
    Ok(folder)
}

fn write_files(folder: &Path, record: &Record) -> Result<(), StoreError> {
    let mut manifest = String::new();
    let encoded = files(record).map_err(|source| StoreError::io("encode", folder, source))?;
    for (name, bytes) in encoded {
        manifest.push_str(&format!("{}  {name}\n", blake3::hash(&bytes).to_hex()));
        write_synced(&folder.join(name), &bytes)?;
    }
    let mark = end_mark(&manifest);
    write_synced(&folder.join(MANIFEST), (manifest + &mark).as_bytes())?;
    sync(folder)
}

/// Copies all files of a folder.
fn copy_files(from: &Path, to: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::io("copy", from, source);
    for entry in fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if let Some(name) = path.file_name() {
            let bytes = fs::read(&path).map_err(failed)?;
            write_synced(&to.join(name), &bytes)?;
        }
    }
    sync(to)
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let write = || {
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|source| StoreError::io("write", path, source))
}

fn sync(folder: &Path) -> Result<(), StoreError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| StoreError::io("sync", folder, source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::record::contents::FORMAT;
    use crate::run::record::files::RECORD;

    fn record() -> Record {
        Record::example("cell")
    }

    fn staged(store: &Store) -> usize {
        fs::read_dir(store.staging()).map_or(0, Iterator::count)
    }

    #[test]
    fn a_committed_record_is_read_back_and_a_second_commit_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "suite");
        assert_eq!(store.read("cell").unwrap(), None);
        store.commit(&record()).unwrap();
        let other = Record {
            log: "another process".to_owned(),
            ..record()
        };
        store.commit(&other).unwrap();
        assert_eq!(store.read("cell").unwrap(), Some(record()));
        assert_eq!(staged(&store), 0);
    }

    #[test]
    fn a_sweep_removes_all_leftovers_but_those_of_an_attempt_that_holds_the_lease_of_its_cell() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "suite");
        let Claim::Granted(lease) = store.claim("a.cell", Duration::from_secs(100)).unwrap() else {
            panic!("the cell is free");
        };
        let alive = format!("a.cell.{}", lease.attempt());
        for name in [
            alive.as_str(),
            "a.cell.former",
            "another.cell.former",
            "odd",
        ] {
            fs::create_dir_all(store.staging().join(name)).unwrap();
        }
        store.sweep().unwrap();
        assert!(store.staging().join(&alive).exists());
        assert_eq!(staged(&store), 1);
        lease.release();
        store.sweep().unwrap();
        assert_eq!(staged(&store), 0);
    }

    #[test]
    fn a_manifest_that_was_cut_anywhere_makes_a_damaged_record() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "suite");
        store.commit(&record()).unwrap();
        let path = store.folder("cell").join(MANIFEST);
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let read = store.read("cell");
            assert!(
                matches!(read, Err(StoreError::Damaged { .. })),
                "{length}: {read:?}"
            );
        }
        fs::write(&path, &whole).unwrap();
        assert!(store.read("cell").unwrap().is_some());
    }

    #[test]
    fn a_record_that_cannot_be_read_does_not_count_as_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "suite");
        fs::create_dir_all(store.runs()).unwrap();
        std::os::unix::fs::symlink("nowhere", store.folder("cell")).unwrap();
        assert!(matches!(
            store.read("cell"),
            Err(StoreError::Damaged { .. })
        ));
    }

    #[test]
    fn a_record_of_a_newer_version_is_not_called_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "suite");
        store.commit(&record()).unwrap();
        let path = store.folder("cell").join(RECORD);
        let text = fs::read_to_string(&path).unwrap();
        let newer = text.replace(&format!("\"format\": {FORMAT}"), "\"format\": 99");
        fs::write(&path, newer).unwrap();
        let message = store.read("cell").unwrap_err().to_string();
        assert!(
            message.contains("newer version") && message.contains("format 99"),
            "{message}"
        );
    }

    #[test]
    fn a_commit_that_fails_leaves_nothing_half_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "suite");
        // A file in the place of the record's folder stops the commit at its last step.
        fs::create_dir_all(store.runs()).unwrap();
        fs::write(store.folder("cell"), "in the way").unwrap();
        let error = store.commit(&record()).unwrap_err().to_string();
        assert!(error.starts_with("failed to rename to "), "{error}");
        assert_eq!(staged(&store), 0);
    }
}
