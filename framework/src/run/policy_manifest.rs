//! Whether the files of a policy are those that its run left, by the manifest beside them.

use std::io;
use std::path::Path;

use crate::analysis::{open_input_file, read_input_file};
use crate::run::policy_files::{PolicyError, STATISTICS, WEIGHTS};

/// Name of the record beside a policy.
pub const RECORD: &str = "record.json";

const MANIFEST: &str = "MANIFEST";
const MAX_MANIFEST_BYTES: u64 = 1 << 20;

/// Checks a file in the folder of a record against the hash in the manifest of the record. A file that lies elsewhere, or that
/// a run does not leave, has none.
pub fn check_manifest(path: &Path) -> Result<(), PolicyError> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let io = |path: &Path, source: io::Error| PolicyError::Io {
        path: path.to_owned(),
        source,
    };
    let damaged = |reason: &str| PolicyError::Damaged {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let manifest = folder.join(MANIFEST);
    let bytes = match read_input_file(&manifest, MAX_MANIFEST_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(&manifest, error)),
    };
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Ok(());
    };
    let lines = String::from_utf8_lossy(&bytes);
    let mut entries = lines.lines().filter_map(|line| line.split_once("  "));
    let Some((hash, _)) = entries.find(|(_, entry)| *entry == name) else {
        let is_of_a_record = [WEIGHTS, STATISTICS, RECORD].contains(&name);
        return if is_of_a_record {
            Err(damaged(
                "the MANIFEST beside it, which names every file of a record, does not name it",
            ))
        } else {
            Ok(())
        };
    };
    let mut hasher = blake3::Hasher::new();
    let file = open_input_file(path).map_err(|error| io(path, error))?;
    hasher
        .update_reader(file)
        .map_err(|error| io(path, error))?;
    if hasher.finalize().to_hex().as_str() == hash {
        Ok(())
    } else {
        Err(damaged(
            "it is not what its run wrote, by the hash in the MANIFEST beside it",
        ))
    }
}
