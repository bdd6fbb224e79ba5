//! What is known about a cell that has no record yet, from the files of its attempts.

use std::path::{Path, PathBuf};

use crate::run::journal;
use crate::run::measurements::Measurements;
use crate::run::process::progress_file;

/// How far the attempts to train a cell have come.
#[derive(Debug, Default)]
pub struct Attempted {
    /// The number of steps that are done.
    pub step: u64,
    /// Seconds that they took; zero if that is not known.
    pub seconds: f64,
    /// What was measured so far.
    pub measurements: Measurements,
}

/// What is known from these folders. The attempt with the name `current` counts if it is there, otherwise the one that has come
/// farthest: all attempts measure the same at the same step.
pub fn attempted(folders: &[PathBuf], current: Option<&str>) -> Attempted {
    let is_current = |folder: &&PathBuf| {
        let name = folder.file_name().and_then(|name| name.to_str());
        name.is_some() && name == current
    };
    let chosen = match folders.iter().find(is_current) {
        Some(current) => std::slice::from_ref(current),
        None => folders,
    };
    let farthest = chosen
        .iter()
        .map(|folder| read(folder))
        .reduce(|one, other| {
            let is_farther =
                (other.measurements.step(), other.step) > (one.measurements.step(), one.step);
            if is_farther { other } else { one }
        });
    farthest.unwrap_or_default()
}

fn read(folder: &Path) -> Attempted {
    let measurements = journal::read(folder);
    let reached = progress_file::read(folder);
    let measured = measurements.timings.last();
    // The progress is written every few seconds, so that an evaluation may be newer.
    let (step, seconds) = match (reached, measured) {
        (Some(reached), Some(measured)) if measured.step > reached.step => {
            (measured.step, measured.seconds)
        }
        (Some(reached), _) => (reached.step, reached.seconds),
        (None, Some(measured)) => (measured.step, measured.seconds),
        (None, None) => (measurements.step(), 0.0),
    };
    Attempted {
        step,
        seconds,
        measurements,
    }
}
