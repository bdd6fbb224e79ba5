//! How far an attempt has come: a small file that its supervisor rewrites every few seconds, for people who look on.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

const FILE: &str = "progress.json";

/// How far an attempt has come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    /// The number of steps that are done.
    pub step: u64,
    /// Seconds that the cell has taken, former attempts included.
    pub seconds: f64,
}

/// Writes down how far an attempt has come. It is not important enough to fail.
pub fn write(folder: &Path, step: u64, seconds: f64) {
    let temporary = folder.join(".progress");
    let written = serde_json::to_vec(&Reached { step, seconds })
        .map_err(std::io::Error::from)
        .and_then(|text| fs::write(&temporary, text));
    if written.is_ok() {
        let _ = fs::rename(&temporary, folder.join(FILE));
    }
}

/// Reads how far an attempt has come.
pub fn read(folder: &Path) -> Option<Reached> {
    let text = fs::read(folder.join(FILE)).ok()?;
    serde_json::from_slice(&text).ok()
}
