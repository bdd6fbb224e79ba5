//! The store of a suite's records: a folder for each cell, written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::run::record::contents::{FORMAT, Record};
use crate::run::record::error::StoreError;
use crate::run::record::files::{
    DIAGNOSTICS, EVALUATIONS, LOG, MANIFEST, RECORD, TIMINGS, files, rows,
};
use crate::run::record::lock::Lock;

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

    fn staging(&self) -> PathBuf {
        self.root.join("tmp")
    }

    fn folder(&self, id: &str) -> PathBuf {
        self.runs().join(id)
    }

    /// Reads the record of a cell, if there is one, and checks its files against the hashes of its manifest.
    pub fn read(&self, id: &str) -> Result<Option<Record>, StoreError> {
        let folder = self.folder(id);
        if !folder.exists() {
            return Ok(None);
        }
        let record = check_manifest(&folder).and_then(|()| read_record(&folder, id));
        record.map(Some).map_err(|reason| StoreError::Damaged {
            path: folder.clone(),
            reason,
        })
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
        let (runs, staging) = (self.runs(), self.staging());
        create_folder(&runs)?;
        create_folder(&staging)?;
        let temporary = create_free_folder(&staging, &record.cell.id)?;
        let committed =
            write_files(&temporary, record).and_then(|()| self.publish(&temporary, record));
        if committed.is_err() {
            // The error that is reported is the one that came first.
            let _ = fs::remove_dir_all(&temporary);
        }
        committed.and_then(|()| sync(&runs))
    }

    /// Moves a complete record to its place.
    fn publish(&self, temporary: &Path, record: &Record) -> Result<(), StoreError> {
        let folder = self.folder(&record.cell.id);
        match fs::rename(temporary, &folder) {
            Ok(()) => Ok(()),
            // A rename onto a folder that is not empty fails, so the first commit wins without a lock.
            Err(_) if folder.join(MANIFEST).exists() => fs::remove_dir_all(temporary)
                .map_err(|source| StoreError::io("remove", temporary, source)),
            Err(source) => Err(StoreError::io("rename to", &folder, source)),
        }
    }

    /// Keeps a copy of the suite file beside the records, so that the folder shows what was planned.
    pub fn keep_suite(&self, file: &Path) -> Result<(), StoreError> {
        let name = format!(".{}.{}", Self::SUITE, std::process::id());
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

    /// Keeps other runs out until the lock is dropped. Reading needs no lock.
    pub fn lock(&self) -> Result<Lock, StoreError> {
        create_folder(&self.root)?;
        Lock::take(&self.root)
    }

    /// Removes what former runs left half-written. Under an exclusive lock nobody else is writing, so everything is a
    /// leftover. Without one, the folders of other living processes stay.
    pub fn sweep(&self, lock: &Lock) -> Result<(), StoreError> {
        let Ok(entries) = fs::read_dir(self.staging()) else {
            return Ok(());
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if lock.is_exclusive() || !belongs_to_another_process(&path) {
                fs::remove_dir_all(&path)
                    .map_err(|source| StoreError::io("remove", &path, source))?;
            }
        }
        Ok(())
    }
}

/// Compares the files of a record with the hashes of its manifest.
fn check_manifest(folder: &Path) -> Result<(), String> {
    for line in read_text(&folder.join(MANIFEST))?.lines() {
        let (hash, name) = line
            .split_once("  ")
            .ok_or_else(|| format!("{MANIFEST} has {line:?}"))?;
        let bytes = fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
        if blake3::hash(&bytes).to_hex().as_str() != hash {
            return Err(format!("{name} was changed"));
        }
    }
    Ok(())
}

/// Reads a record whose files are as they were written.
fn read_record(folder: &Path, id: &str) -> Result<Record, String> {
    let text = read_text(&folder.join(RECORD))?;
    let mut record: Record =
        serde_json::from_str(&text).map_err(|error| format!("{RECORD}: {error}"))?;
    if record.format != FORMAT {
        return Err(format!(
            "its format is {}, but this version reads {FORMAT}",
            record.format
        ));
    }
    if record.cell.id != id {
        return Err(format!("it belongs to another cell, {}", record.cell.id));
    }
    record.evaluations = rows(folder, EVALUATIONS)?;
    // Older records are complete without these two files.
    if folder.join(DIAGNOSTICS).exists() {
        record.diagnostics = rows(folder, DIAGNOSTICS)?;
    }
    if folder.join(TIMINGS).exists() {
        record.timings = rows(folder, TIMINGS)?;
    }
    record.log = read_text(&folder.join(LOG))?;
    Ok(record)
}

fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path)
        .map_err(|source| StoreError::io("read", path, source))
        .map_err(|error| error.to_string())
}

fn create_folder(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder).map_err(|source| StoreError::io("create", folder, source))
}

/// Creates a folder for the files of a record. A name that is taken, by a former process of the same number in another
/// container for example, is no reason to lose what was trained.
fn create_free_folder(staging: &Path, id: &str) -> Result<PathBuf, StoreError> {
    let mut number = 0u32;
    loop {
        let folder = staging.join(format!("{id}.{number}.{}", std::process::id()));
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(source) => return Err(StoreError::io("create", &folder, source)),
        }
    }
}

/// The number of the process stands at the end of the folder's name.
fn belongs_to_another_process(path: &Path) -> bool {
    let owner = path.extension().and_then(|pid| pid.to_str());
    let owner = owner.and_then(|pid| pid.parse::<u32>().ok());
    owner.is_some_and(|pid| {
        pid != std::process::id() && Path::new("/proc").join(pid.to_string()).exists()
    })
}

fn write_files(folder: &Path, record: &Record) -> Result<(), StoreError> {
    let mut manifest = String::new();
    let encoded = files(record).map_err(|source| StoreError::io("encode", folder, source))?;
    for (name, bytes) in encoded {
        manifest.push_str(&format!("{}  {name}\n", blake3::hash(&bytes).to_hex()));
        write_synced(&folder.join(name), &bytes)?;
    }
    write_synced(&folder.join(MANIFEST), manifest.as_bytes())?;
    sync(folder)
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
    fn a_leftover_with_the_number_of_this_process_does_not_block_a_commit() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "suite");
        let leftover = format!("cell.0.{}", std::process::id());
        fs::create_dir_all(store.staging().join(leftover)).unwrap();
        store.commit(&record()).unwrap();
        assert_eq!(store.read("cell").unwrap(), Some(record()));
    }

    #[test]
    fn a_sweep_removes_the_leftovers_of_all_processes_but_without_a_lock_not_those_of_living_ones()
    {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "suite");
        let own = std::process::id();
        let parent = std::os::unix::process::parent_id();
        let leave = || {
            for owner in [own, parent, u32::MAX] {
                fs::create_dir_all(store.staging().join(format!("cell.0.{owner}"))).unwrap();
            }
        };
        let lock = store.lock().unwrap();
        leave();
        store.sweep(&lock).unwrap();
        assert_eq!(staged(&store), 0);
        leave();
        store.sweep(&lock.without_exclusion()).unwrap();
        let left = store.staging().join(format!("cell.0.{parent}"));
        assert!(left.exists() && staged(&store) == 1);
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
