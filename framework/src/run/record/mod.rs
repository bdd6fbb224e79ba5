//! What one cell left behind, and the store that keeps it: one folder a cell, immutable once it is there.

mod files;
mod lock;
mod outcome;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::run::policy::PolicyFiles;
use crate::suite::plan::Cell;

use files::{files, rows};
pub use lock::Lock;
pub use outcome::{Outcome, Status};

/// One episode of one evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Environment steps of training before it.
    pub step: u64,
    /// Counted from zero within the evaluation.
    pub episode: u64,
    /// Sum of rewards.
    #[serde(rename = "return")]
    pub total: f64,
    /// Steps of the episode.
    pub length: u64,
}

/// A number that was measured at an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Environment steps of training before it.
    pub step: u64,
    /// What it is of.
    pub name: String,
    /// What it is.
    pub value: f64,
}

/// How long training had taken at an evaluation.
///
/// It is measured, not computed: it differs from one run of a cell to the next, so neither a cell's identity nor the hash
/// of the data of a report depends on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Environment steps of training before it.
    pub step: u64,
    /// Seconds by the clock from the first step of training, the evaluations and their diagnostics taken out: how often and
    /// how thoroughly a run is looked at says nothing about what it costs.
    pub seconds: f64,
}

/// What produced a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of this crate.
    pub spikebench: String,
    /// Git revision it was built from.
    pub revision: String,
    /// Version of the LibTorch bindings.
    pub tch: String,
    /// Version of LibTorch that they were built against.
    pub libtorch: String,
    /// Simulator behind the environment, with its version.
    pub engine: Option<String>,
    /// Where the tensors lived.
    pub device: String,
    /// LibTorch's threads.
    pub threads: i32,
    /// Operating system and processor family.
    pub platform: String,
}

/// What one cell left behind. Nothing in it is an aggregate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Of this format.
    pub format: u32,
    /// What was run, every default filled in.
    pub cell: Cell,
    /// How it ended.
    pub outcome: Outcome,
    /// What ran it.
    pub provenance: Provenance,
    /// Seconds from the start of its process to its end.
    pub wall_seconds: f64,
    /// Every episode of every evaluation; kept beside the rest, in `evaluations.csv`.
    #[serde(skip)]
    pub evaluations: Vec<Evaluation>,
    /// What was measured at every evaluation; kept in `diagnostics.csv`.
    #[serde(skip)]
    pub diagnostics: Vec<Diagnostic>,
    /// When each evaluation was; kept in `timings.csv`, and empty for a record of before there was that file.
    #[serde(skip)]
    pub timings: Vec<Timing>,
    /// The policy at the end, of a cell that finished; kept in `actor.safetensors` and `normaliser.json`. It is only
    /// written: no table needs it.
    #[serde(skip)]
    pub policy: Option<PolicyFiles>,
    /// What the process wrote to its standard error, or the end of it; kept in `log.txt`.
    #[serde(skip)]
    pub log: String,
}

/// The format that this version writes and reads.
pub const FORMAT: u32 = 1;

/// The store cannot be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("failed to {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Nothing was ever run here.
    #[error("there is no folder {}; spikebench run makes it", path.display())]
    Absent {
        /// The folder of the suite.
        path: PathBuf,
    },
    /// Two runs would train every cell twice.
    #[error(
        "another run{} is at work in {}; wait for its end, or name another folder with --results",
        owner.map(|pid| format!(", process {pid},")).unwrap_or_default(),
        path.display()
    )]
    Busy {
        /// The folder of the suite.
        path: PathBuf,
        /// The process that runs there, if it has said so already.
        owner: Option<u32>,
    },
    /// A record is not what was once written.
    #[error("the record {} is damaged: {reason}; move it away to run its cell again", path.display())]
    Damaged {
        /// The record's folder.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
}

/// The records of one suite.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

const RECORD: &str = "record.json";
const EVALUATIONS: &str = "evaluations.csv";
const DIAGNOSTICS: &str = "diagnostics.csv";
const TIMINGS: &str = "timings.csv";
const LOG: &str = "log.txt";
const MANIFEST: &str = "MANIFEST";

impl Store {
    /// The suite as it was last run, beside its records.
    pub const SUITE: &str = "suite.yaml";

    /// Below `results`, in a folder named as the suite.
    pub fn new(results: &Path, suite: &str) -> Self {
        Self {
            root: results.join(suite),
        }
    }

    /// The same, of a suite that was run at least once.
    pub fn existing(results: &Path, suite: &str) -> Result<Self, StoreError> {
        Self::at(&results.join(suite))
    }

    /// In this very folder.
    pub fn at(root: &Path) -> Result<Self, StoreError> {
        let path = root.to_owned();
        match fs::read_dir(&path) {
            Ok(_) => Ok(Self { root: path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(StoreError::Absent { path })
            }
            Err(source) => Err(io_error("read", &path, source)),
        }
    }

    /// The folder of this suite.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    fn staging(&self) -> PathBuf {
        self.root.join("tmp")
    }

    fn folder(&self, id: &str) -> PathBuf {
        self.runs().join(id)
    }

    /// The record of a cell, if there is one. Its files are compared with what was written.
    pub fn read(&self, id: &str) -> Result<Option<Record>, StoreError> {
        let folder = self.folder(id);
        if !folder.exists() {
            return Ok(None);
        }
        let damaged = |reason: String| StoreError::Damaged {
            path: folder.clone(),
            reason,
        };
        let manifest =
            read_text(&folder.join(MANIFEST)).map_err(|error| damaged(error.to_string()))?;
        for line in manifest.lines() {
            let (hash, name) = line
                .split_once("  ")
                .ok_or_else(|| damaged(format!("MANIFEST has {line:?}")))?;
            let bytes =
                fs::read(folder.join(name)).map_err(|error| damaged(format!("{name}: {error}")))?;
            if blake3::hash(&bytes).to_hex().as_str() != hash {
                return Err(damaged(format!("{name} was changed")));
            }
        }
        let text = read_text(&folder.join(RECORD)).map_err(|error| damaged(error.to_string()))?;
        let mut record: Record =
            serde_json::from_str(&text).map_err(|error| damaged(format!("{RECORD}: {error}")))?;
        if record.format != FORMAT {
            return Err(damaged(format!(
                "it has format {}, this version reads {FORMAT}",
                record.format
            )));
        }
        if record.cell.id != id {
            return Err(damaged(format!(
                "it is of another cell, {}",
                record.cell.id
            )));
        }
        record.evaluations = rows(&folder, EVALUATIONS).map_err(damaged)?;
        // Records of before there were any are whole without.
        if folder.join(DIAGNOSTICS).exists() {
            record.diagnostics = rows(&folder, DIAGNOSTICS).map_err(damaged)?;
        }
        if folder.join(TIMINGS).exists() {
            record.timings = rows(&folder, TIMINGS).map_err(damaged)?;
        }
        record.log = read_text(&folder.join(LOG)).map_err(|error| damaged(error.to_string()))?;
        Ok(Some(record))
    }

    /// Fails if records could not be committed here, which is better known before hours of training than after.
    pub fn probe(&self) -> Result<(), StoreError> {
        for folder in [self.runs(), self.staging()] {
            fs::create_dir_all(&folder).map_err(|source| io_error("create", &folder, source))?;
            let probe = folder.join(".probe");
            fs::write(&probe, [])
                .and_then(|()| fs::remove_file(&probe))
                .map_err(|source| io_error("write", &probe, source))?;
        }
        Ok(())
    }

    /// Writes a record so that it is there whole or not at all, whatever happens meanwhile: files, manifest, sync,
    /// rename. If the cell has a record already, that one stays.
    pub fn commit(&self, record: &Record) -> Result<(), StoreError> {
        let id = &record.cell.id;
        let (runs, staging) = (self.runs(), self.staging());
        for folder in [&runs, &staging] {
            fs::create_dir_all(folder).map_err(|source| io_error("create", folder, source))?;
        }
        let temporary = staging.join(format!("{id}.{}", std::process::id()));
        fs::create_dir(&temporary).map_err(|source| io_error("create", &temporary, source))?;
        let mut manifest = String::new();
        for (name, bytes) in
            files(record).map_err(|source| io_error("encode", &temporary, source))?
        {
            manifest.push_str(&format!("{}  {name}\n", blake3::hash(&bytes).to_hex()));
            write_synced(&temporary.join(name), &bytes)?;
        }
        write_synced(&temporary.join(MANIFEST), manifest.as_bytes())?;
        sync(&temporary)?;
        let folder = self.folder(id);
        match fs::rename(&temporary, &folder) {
            Ok(()) => sync(&runs),
            // A rename onto a folder that is not empty fails: the first commit wins, without a lock.
            Err(_) if folder.join(MANIFEST).exists() => fs::remove_dir_all(&temporary)
                .map_err(|source| io_error("remove", &temporary, source)),
            Err(source) => Err(io_error("rename to", &folder, source)),
        }
    }

    /// Keeps a copy of the suite file, so that the folder tells what was planned.
    pub fn keep_suite(&self, file: &Path) -> Result<(), StoreError> {
        let temporary = self
            .root
            .join(format!(".{}.{}", Self::SUITE, std::process::id()));
        let kept = self.root.join(Self::SUITE);
        fs::copy(file, &temporary)
            .and_then(|_| fs::rename(&temporary, &kept))
            .map_err(|source| io_error("write", &kept, source))
    }

    /// Moves the record of a cell aside, so that the cell can be run again.
    pub fn set_aside(&self, id: &str) -> Result<(), StoreError> {
        let aside = self.root.join("set-aside");
        fs::create_dir_all(&aside).map_err(|source| io_error("create", &aside, source))?;
        let free = (1u32..)
            .map(|n| aside.join(format!("{id}.{n}")))
            .find(|path| !path.exists());
        let free = free.unwrap_or_else(|| aside.join(id));
        fs::rename(self.folder(id), &free).map_err(|source| io_error("rename to", &free, source))
    }

    /// Keeps other runs out until the lock is dropped. Reading needs none.
    pub fn lock(&self) -> Result<Lock, StoreError> {
        fs::create_dir_all(&self.root).map_err(|source| io_error("create", &self.root, source))?;
        Lock::take(&self.root)
    }

    /// Removes what killed processes left half-written.
    pub fn sweep(&self) -> Result<(), StoreError> {
        let staging = self.staging();
        let Ok(entries) = fs::read_dir(&staging) else {
            return Ok(());
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let owner = path
                .extension()
                .and_then(|pid| pid.to_str())
                .unwrap_or_default();
            if !Path::new("/proc").join(owner).exists() {
                fs::remove_dir_all(&path).map_err(|source| io_error("remove", &path, source))?;
            }
        }
        Ok(())
    }
}

fn read_text(path: &Path) -> Result<String, StoreError> {
    fs::read_to_string(path).map_err(|source| io_error("read", path, source))
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let write = || {
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|source| io_error("write", path, source))
}

fn sync(folder: &Path) -> Result<(), StoreError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| io_error("sync", folder, source))
}

fn io_error(action: &'static str, path: &Path, source: io::Error) -> StoreError {
    StoreError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
