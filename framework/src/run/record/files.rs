//! What is in the files of a record.

use std::io;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{DIAGNOSTICS, EVALUATIONS, LOG, RECORD, Record, TIMINGS};
use crate::run::policy::{STATISTICS, WEIGHTS};

/// The files of a record, by name, less the manifest.
pub fn files(record: &Record) -> io::Result<Vec<(&'static str, Vec<u8>)>> {
    let mut json = serde_json::to_vec_pretty(record)?;
    json.push(b'\n');
    let evaluations = table(
        &["step", "episode", "return", "length"],
        &record.evaluations,
    )?;
    let mut files = vec![
        (RECORD, json),
        (EVALUATIONS, evaluations),
        (
            DIAGNOSTICS,
            table(&["step", "name", "value"], &record.diagnostics)?,
        ),
        (TIMINGS, table(&["step", "seconds"], &record.timings)?),
        (LOG, record.log.clone().into_bytes()),
    ];
    if let Some(policy) = &record.policy {
        files.push((WEIGHTS, policy.weights.clone()));
        files.push((STATISTICS, policy.statistics.clone()));
    }
    Ok(files)
}

/// The header is there even if no row is.
fn table<T: Serialize>(header: &[&str], rows: &[T]) -> io::Result<Vec<u8>> {
    let mut table = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(Vec::new());
    table.write_record(header)?;
    for row in rows {
        table.serialize(row)?;
    }
    table.into_inner().map_err(|error| error.into_error())
}

/// The rows of a table in a record's folder.
pub fn rows<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Vec<T>, String> {
    let read = || -> csv::Result<Vec<T>> {
        let mut table = csv::Reader::from_path(folder.join(name))?;
        table.deserialize().collect()
    };
    read().map_err(|error| format!("{name}: {error}"))
}
