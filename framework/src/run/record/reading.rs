//! Reading a record, which is either what was once written or an error.

use std::path::Path;

use serde_json::Value;

use crate::run::record::contents::{Diagnostic, FORMAT, Record};
use crate::run::record::error::StoreError;
use crate::run::record::files::{DIAGNOSTICS, EVALUATIONS, LOG, MANIFEST, RECORD, TIMINGS, rows};
use crate::run::record::manifest::{Manifest, check_manifest, read_text};

/// Which tables of a record are read. The hashes of all files are checked in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    /// All of them.
    All,
    /// Those that a report is made from: of the diagnostics, which are the largest, what the network did.
    Scores,
}

/// Reads a record, and checks that it is what was once written.
pub fn read_record(folder: &Path, id: &str, tables: Tables) -> Result<Record, StoreError> {
    let damaged = |reason: String| StoreError::Damaged {
        path: folder.to_owned(),
        reason,
    };
    // A newer version may keep its files in another way, so its number comes first.
    let text = read_text(&folder.join(RECORD)).map_err(damaged)?;
    let found = serde_json::from_str::<Value>(&text)
        .ok()
        .and_then(|record| record["format"].as_u64());
    if let Some(found) = found.filter(|&found| found > u64::from(FORMAT)) {
        return Err(StoreError::Newer {
            path: folder.to_owned(),
            found,
        });
    }
    let manifest = check_manifest(folder).map_err(damaged)?;
    read_files(folder, id, &text, &manifest, tables).map_err(damaged)
}

/// Reads the files of a record, which are as the manifest says.
fn read_files(
    folder: &Path,
    id: &str,
    text: &str,
    manifest: &Manifest,
    tables: Tables,
) -> Result<Record, String> {
    let mut record: Record =
        serde_json::from_str(text).map_err(|error| format!("{RECORD}: {error}"))?;
    if record.format >= 2 && !manifest.is_complete {
        return Err(format!("{MANIFEST} is cut short"));
    }
    let mut required = vec![RECORD, EVALUATIONS, LOG];
    if record.format >= 2 {
        required.extend([DIAGNOSTICS, TIMINGS]);
    }
    if let Some(name) = required
        .iter()
        .find(|name| !manifest.names.iter().any(|has| has == *name))
    {
        return Err(format!("{MANIFEST} does not name {name}"));
    }
    if record.cell.id != id {
        return Err(format!("it belongs to another cell, {}", record.cell.id));
    }
    record.evaluations = rows(folder, EVALUATIONS)?;
    if let Some(reason) = record.lacks_evaluations() {
        return Err(format!("{EVALUATIONS}: {reason}"));
    }
    // Records of the first format may lack these two files.
    if manifest.names.iter().any(|name| name == DIAGNOSTICS) {
        record.diagnostics = rows(folder, DIAGNOSTICS)?;
        if tables == Tables::Scores {
            record.diagnostics.retain(Diagnostic::is_of_activity);
        }
    }
    if manifest.names.iter().any(|name| name == TIMINGS) {
        record.timings = rows(folder, TIMINGS)?;
    }
    record.log = read_text(&folder.join(LOG))?;
    Ok(record)
}
