//! The files in the folder of a record.

use std::io;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::run::policy_files::{STATISTICS, WEIGHTS};
use crate::run::record::contents::Record;

/// The hashes and names of the other files, one a line.
pub const MANIFEST: &str = "MANIFEST";
/// The record without its tables, as JSON.
pub const RECORD: &str = "record.json";
/// The episodes of all evaluations.
pub const EVALUATIONS: &str = "evaluations.csv";
/// The diagnostics of all evaluations.
pub const DIAGNOSTICS: &str = "diagnostics.csv";
/// The times of all evaluations.
pub const TIMINGS: &str = "timings.csv";
/// The end of what the process wrote to its standard error.
pub const LOG: &str = "log.txt";

/// Names and contents of a record's files, without the manifest.
pub fn files(record: &Record) -> io::Result<Vec<(&'static str, Vec<u8>)>> {
    let mut json = serde_json::to_vec_pretty(record)?;
    json.push(b'\n');
    let evaluations = ["step", "episode", "return", "length"];
    let diagnostics = ["step", "name", "value"];
    let mut files = vec![
        (RECORD, json),
        (EVALUATIONS, table(&evaluations, &record.evaluations)?),
        (DIAGNOSTICS, table(&diagnostics, &record.diagnostics)?),
        (TIMINGS, table(&["step", "seconds"], &record.timings)?),
        (LOG, record.log.clone().into_bytes()),
    ];
    if let Some(policy) = &record.policy {
        files.push((WEIGHTS, policy.weights.clone()));
        files.push((STATISTICS, policy.statistics.clone()));
    }
    Ok(files)
}

/// A CSV table, with its header even if it has no rows.
fn table<T: Serialize>(header: &[&str], rows: &[T]) -> io::Result<Vec<u8>> {
    // A name with `#` is quoted, so that a reader which skips comments does not take it for one.
    let mut table = csv::WriterBuilder::new()
        .comment(Some(b'#'))
        .has_headers(false)
        .from_writer(Vec::new());
    table.write_record(header)?;
    for row in rows {
        table.serialize(row)?;
    }
    table.into_inner().map_err(|error| error.into_error())
}

/// Reads the rows of a table in the folder of a record.
pub fn rows<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Vec<T>, String> {
    let read = || -> csv::Result<Vec<T>> {
        let mut table = csv::Reader::from_path(folder.join(name))?;
        let mut rows: Vec<T> = table.deserialize().collect::<csv::Result<_>>()?;
        // A report holds all of them at once.
        rows.shrink_to_fit();
        Ok(rows)
    };
    read().map_err(|error| format!("{name}: {error}"))
}
