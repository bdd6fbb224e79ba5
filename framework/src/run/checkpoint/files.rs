//! The files of checkpoints: their names, and whether they are whole.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::checkpoint::codec::{About, CheckpointError, examine};
use crate::run::checkpoint::ring_files::RingFiles;

/// The end of a checkpoint's file name, after its step.
const ENDING: &str = ".checkpoint";

pub(super) fn file_name(step: u64) -> String {
    format!("{step}{ENDING}")
}

/// The checkpoints in a folder, with their steps, whole or not.
pub fn checkpoints(folder: &Path) -> Vec<(u64, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let step = |path: &Path| -> Option<u64> {
        path.file_name()?
            .to_str()?
            .strip_suffix(ENDING)?
            .parse()
            .ok()
    };
    entries
        .map(|entry| entry.path())
        .filter_map(|path| Some((step(&path)?, path)))
        .collect()
}

/// Checks that a checkpoint is what was once written, with the rows of its ring buffers, and gives what it says about itself.
/// Which cell it belongs to is not checked, except by its training key, which is for the caller to compare.
///
/// # Errors
///
/// The file or a file of rows is missing, cut short or changed, or a newer version has written it.
pub fn check(path: &Path) -> Result<About, CheckpointError> {
    let bytes = fs::read(path).map_err(|error| CheckpointError::Damaged(error.to_string()))?;
    let about = examine(&bytes)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    for ring in about.rings.values() {
        RingFiles::check(ring, folder)?;
    }
    Ok(about)
}
