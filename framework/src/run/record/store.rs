//! The store of a suite's records: a folder for each cell, written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::run::record::contents::Record;
use crate::run::record::error::StoreError;
use crate::run::record::files::{LOG, MANIFEST, files};
use crate::run::record::manifest::end_mark;
use crate::run::record::reading::{Tables, read_record};
use crate::stats::parallel;
use crate::suite::plan::Cell;

/// The records of one suite.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// Name of the copy of the suite, as it was last run, that lies beside its records.
    pub const SUITE: &str = "suite.yaml";
    /// Name of the file of a record that holds what its training wrote.
    pub const LOG: &str = LOG;

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

    /// Creates the folder of the suite, unless it is there.
    pub fn create(&self) -> Result<(), StoreError> {
        create_folder(&self.root)
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
        self.read_tables(id, Tables::All)
    }

    /// Reads the records of these cells, in the same order, of their diagnostics only what a report needs. What a record shares with its cell is
    /// in memory once.
    pub fn read_scores(&self, cells: &[Cell]) -> Result<Vec<Option<Record>>, StoreError> {
        let read = |place: usize| {
            let cell: &Cell = &cells[place];
            let mut record = self.read_tables(&cell.id, Tables::Scores)?;
            if let Some(record) = record.as_mut().filter(|record| record.cell == *cell) {
                record.cell = cell.clone();
            }
            Ok(record)
        };
        parallel::map(cells.len(), read).into_iter().collect()
    }

    fn read_tables(&self, id: &str, tables: Tables) -> Result<Option<Record>, StoreError> {
        let folder = self.folder(id);
        match fs::symlink_metadata(&folder) {
            Ok(_) => {}
            // A file in the place of the folder of all records is for whoever writes to notice.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(source) => return Err(StoreError::io("read", &folder, source)),
        }
        read_record(&folder, id, tables).map(Some)
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
    pub(super) fn publish(&self, temporary: &Path, id: &str) -> Result<(), StoreError> {
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
}

pub(super) fn create_folder(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder).map_err(|source| StoreError::io("create", folder, source))
}

/// Creates a folder for the files of a record, named by the cell and the attempt.
pub(super) fn create_free_folder(
    staging: &Path,
    id: &str,
    attempt: &str,
) -> Result<PathBuf, StoreError> {
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

pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let write = || {
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|source| StoreError::io("write", path, source))
}

pub(super) fn sync(folder: &Path) -> Result<(), StoreError> {
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
