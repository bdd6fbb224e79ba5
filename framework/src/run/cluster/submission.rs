//! The state of a submission, in a folder beside the records. It is written before the engine is asked for anything, and the
//! engine's job carries its identifier: whatever is lost in between is found again, and a number of the engine's, which may be
//! given to another job, is never trusted.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::request::Request;
use crate::run::record::{Store, StoreError};

/// What is known of a submission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubmissionState {
    /// The version of this format.
    pub format: u32,
    /// The name of the suite.
    pub suite: String,
    /// The engine: `slurm`.
    pub engine: String,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// The worker's program and its arguments, without the suite and the submission.
    pub worker: Vec<String>,
    /// What the engine was asked for.
    pub request: Request,
    /// The engine's name for the job, once it has told it. Jobs are found by the submission's identifier, not by this.
    pub job: Option<String>,
}

/// A submission of a suite's workers.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    folder: PathBuf,
    /// What is known of it.
    pub state: SubmissionState,
}

const FORMAT: u32 = 1;
const STATE: &str = "submission.json";
const ENDED: &str = "ended.jsonl";
const CANCELLED: &str = "cancelled";

impl Submission {
    /// Writes a new submission: its state, a copy of the suite, and the folder for the output of its workers. Later changes of the
    /// suite do not reach its workers.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn create(
        store: &Store,
        suite: (&str, &Path),
        engine: &str,
        worker: Vec<String>,
        request: Request,
    ) -> Result<Self, StoreError> {
        let folder = folder_of_all(store).join(Uuid::new_v4().simple().to_string());
        let logs = folder.join("logs");
        fs::create_dir_all(&logs).map_err(|source| StoreError::io("create", &logs, source))?;
        let copy = folder.join(Store::SUITE);
        fs::copy(suite.1, &copy).map_err(|source| StoreError::io("write", &copy, source))?;
        let created = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let submission = Self {
            state: SubmissionState {
                format: FORMAT,
                suite: suite.0.to_owned(),
                engine: engine.to_owned(),
                created: created.map_or(0, |since| since.as_secs()),
                worker,
                request,
                job: None,
            },
            folder,
        };
        submission.write()?;
        Ok(submission)
    }

    /// Reads the submission in a folder.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(STATE);
        let text =
            fs::read_to_string(&path).map_err(|source| StoreError::io("read", &path, source))?;
        let state = serde_json::from_str(&text)
            .map_err(|error| StoreError::io("read", &path, io::Error::other(error)))?;
        Ok(Self {
            folder: folder.to_owned(),
            state,
        })
    }

    /// All submissions of a suite, the oldest first. One that was being written when its program was killed is passed over.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn all(store: &Store) -> Result<Vec<Self>, StoreError> {
        let folder = folder_of_all(store);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(StoreError::io("read", &folder, source)),
        };
        let folders = entries.flatten().map(|entry| entry.path());
        let mut all: Vec<Self> = folders
            .filter(|folder| folder.join(STATE).is_file())
            .map(|folder| Self::read(&folder))
            .collect::<Result<_, _>>()?;
        all.sort_by(|one, other| {
            let key = |of: &Self| (of.state.created, of.folder.clone());
            key(one).cmp(&key(other))
        });
        Ok(all)
    }

    /// Holds the right to submit workers of the suite, so that two submissions at the same time do not both count the workers that
    /// there are; another one on this machine waits.
    ///
    /// # Errors
    /// If the lock's file cannot be written.
    pub fn turn(store: &Store) -> Result<File, StoreError> {
        let folder = folder_of_all(store);
        let path = folder.join(".turn");
        let taken = fs::create_dir_all(&folder).and_then(|()| File::create(&path));
        if let Ok(file) = &taken {
            // Where a file system has no locks, two submissions may make more workers than were asked for, which is harmless.
            let _ = flock(file, FlockOperation::LockExclusive);
        }
        taken.map_err(|source| StoreError::io("write", &path, source))
    }

    /// Its identifier.
    pub fn id(&self) -> &str {
        let name = self.folder.file_name().and_then(|name| name.to_str());
        name.unwrap_or_default()
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder with the output of its workers.
    pub fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// Writes the script of its tasks, and returns its path.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_script(&self, script: &str) -> Result<PathBuf, StoreError> {
        let path = self.folder.join("job.sh");
        fs::write(&path, script).map_err(|source| StoreError::io("write", &path, source))?;
        Ok(path)
    }

    /// Keeps the engine's name for the job.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn submitted(&mut self, job: String) -> Result<(), StoreError> {
        self.state.job = Some(job);
        self.write()
    }

    /// Removes a submission that the engine refused.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn withdraw(self) -> Result<(), StoreError> {
        let removed = fs::remove_dir_all(&self.folder);
        removed.map_err(|source| StoreError::io("remove", &self.folder, source))
    }

    /// Marks it as cancelled, so that its workers do not ask to be started again.
    ///
    /// # Errors
    /// If the mark cannot be written.
    pub fn mark_cancelled(&self) -> Result<(), StoreError> {
        let path = self.folder.join(CANCELLED);
        fs::write(&path, []).map_err(|source| StoreError::io("write", &path, source))
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.folder.join(CANCELLED).exists()
    }

    /// Notes that one of its workers has ended and will not be started again.
    ///
    /// # Errors
    /// If the note cannot be written.
    pub fn note_end(&self, task: &str, code: u8) -> Result<(), StoreError> {
        let path = self.folder.join(ENDED);
        let line = serde_json::json!({ "task": task, "code": code });
        // One write of a short line, so that those of several workers do not mix.
        let written = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
        written.map_err(|source| StoreError::io("write", &path, source))
    }

    /// The number of its workers that have ended.
    pub fn ended(&self) -> usize {
        let text = fs::read_to_string(self.folder.join(ENDED)).unwrap_or_default();
        let tasks = text.lines().filter_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(line["task"].as_str()?.to_owned())
        });
        tasks.collect::<std::collections::BTreeSet<_>>().len()
    }

    fn write(&self) -> Result<(), StoreError> {
        let path = self.folder.join(STATE);
        let temporary = self.folder.join(".submission");
        let text = serde_json::to_string_pretty(&self.state)
            .map_err(|error| StoreError::io("write", &path, io::Error::other(error)))?;
        let written = File::create(&temporary)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&temporary, &path))
            .and_then(|()| File::open(&self.folder)?.sync_all());
        written.map_err(|source| StoreError::io("write", &path, source))
    }
}

fn folder_of_all(store: &Store) -> PathBuf {
    store.root().join("submissions")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submission_is_there_before_the_engine_knows_it_and_counts_its_ended_workers_once() {
        let folder = tempfile::tempdir().unwrap();
        let suite = folder.path().join("s.yaml");
        fs::write(&suite, "name: s").unwrap();
        let store = Store::new(folder.path(), "s");
        assert_eq!(Submission::all(&store).unwrap(), []);
        let worker = vec!["spikebench".to_owned(), "work".to_owned()];
        let request = Request {
            workers: 3,
            ..Request::default()
        };
        let mut made = Submission::create(&store, ("s", &suite), "slurm", worker, request).unwrap();
        assert_eq!(made.state.job, None);
        made.submitted("17".to_owned()).unwrap();
        made.note_end("17_0", 0).unwrap();
        made.note_end("17_0", 75).unwrap();
        made.note_end("17_2", 0).unwrap();
        assert!(!made.is_cancelled());
        made.mark_cancelled().unwrap();
        let found = Submission::all(&store).unwrap();
        assert_eq!(found, [made.clone()]);
        assert_eq!((found[0].ended(), found[0].is_cancelled()), (2, true));
        made.withdraw().unwrap();
        assert_eq!(Submission::all(&store).unwrap(), []);
    }
}
