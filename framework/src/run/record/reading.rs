//! Reading the files of a record, and checking them against the hashes that were written with them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::record::contents::{FORMAT, Record};
use crate::run::record::error::StoreError;
use crate::run::record::files::{DIAGNOSTICS, EVALUATIONS, LOG, MANIFEST, RECORD, TIMINGS, rows};

/// Compares the files of a record with the hashes of its manifest, and gives the names of the files.
fn check_manifest(folder: &Path) -> Result<Manifest, String> {
    let text = read_text(&folder.join(MANIFEST))?;
    let (body, mark) = match text.rfind(END_MARK) {
        Some(at) => text.split_at(at),
        None => (text.as_str(), ""),
    };
    if !mark.is_empty() && mark != end_mark(body) {
        return Err(format!("{MANIFEST} was changed"));
    }
    let (mut names, mut wrong) = (Vec::new(), Vec::new());
    for line in body.lines() {
        let (hash, name) = line
            .split_once("  ")
            .ok_or_else(|| format!("{MANIFEST} has {line:?}"))?;
        match fs::read(folder.join(name)) {
            Ok(bytes) if blake3::hash(&bytes).to_hex().as_str() == hash => {}
            Ok(_) => wrong.push(format!("{name} was changed")),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
        names.push(name.to_owned());
    }
    if !wrong.is_empty() {
        return Err(wrong.join("; "));
    }
    Ok(Manifest {
        names,
        is_complete: !mark.is_empty(),
    })
}

/// What a manifest says.
struct Manifest {
    names: Vec<String>,
    /// Whether it ends with its mark, as manifests do from format 2 on.
    is_complete: bool,
}

/// The last line of a manifest begins like this. A manifest that was cut short lacks it.
const END_MARK: &str = "end  ";

/// The last line of a manifest whose other lines are `body`.
pub fn end_mark(body: &str) -> String {
    format!("{END_MARK}{}\n", blake3::hash(body.as_bytes()).to_hex())
}

/// Reads a record, and checks that it is what was once written.
pub fn read_record(folder: &Path, id: &str) -> Result<Record, StoreError> {
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
    read_files(folder, id, &text, &manifest).map_err(damaged)
}

/// Reads the files of a record, which are as the manifest says.
fn read_files(folder: &Path, id: &str, text: &str, manifest: &Manifest) -> Result<Record, String> {
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
    }
    if manifest.names.iter().any(|name| name == TIMINGS) {
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
