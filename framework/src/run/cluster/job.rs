//! A worker as a task of a submission.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::engine::EngineError;
use super::slurm::Slurm;
use super::submission::Submission;
use crate::run::record::StoreError;

/// The task that this process is.
#[derive(Debug)]
pub struct Job {
    submission: Submission,
    task: String,
    started: Instant,
}

impl Job {
    /// The task of a submission that this process is.
    ///
    /// # Errors
    /// If the submission cannot be read.
    pub fn here(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            submission: Submission::read(folder)?,
            task: Slurm::own_task().unwrap_or_else(|| format!("process {}", std::process::id())),
            started: Instant::now(),
        })
    }

    /// How much time is left to it, if that is limited: what the engine says of this task, or what was asked for.
    pub fn time_left(&self) -> Option<Duration> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs() as i64;
        let told = Slurm::own_end().map(|end| Duration::from_secs((end - now).max(1) as u64));
        let asked = || {
            let time = self.submission.state.request.time?.0;
            Some(time.saturating_sub(self.started.elapsed()))
        };
        told.or_else(asked)
    }

    /// After a stop: asks for this task to be started again, unless the submission was cancelled. Gives whether it will be.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn requeue(&self) -> Result<bool, EngineError> {
        if self.submission.is_cancelled() || Slurm::own_task().is_none() {
            return Ok(false);
        }
        Slurm::requeue(&self.task).map(|()| true)
    }

    /// Notes that this task has ended and will not be started again.
    ///
    /// # Errors
    /// If the note cannot be written.
    pub fn note_end(&self, code: u8) -> Result<(), StoreError> {
        self.submission.note_end(&self.task, code)
    }
}
