//! The manifest of a record: the hashes and names of its other files, and a mark at its end.

use std::fs;
use std::path::Path;

use crate::run::record::error::StoreError;
use crate::run::record::files::MANIFEST;

/// Compares the files of a record with the hashes of its manifest, and gives the names of the files.
pub fn check_manifest(folder: &Path) -> Result<Manifest, String> {
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
pub struct Manifest {
    pub names: Vec<String>,
    /// Whether it ends with its mark, as manifests do from format 2 on.
    pub is_complete: bool,
}

/// The last line of a manifest begins like this. A manifest that was cut short lacks it.
const END_MARK: &str = "end  ";

/// The last line of a manifest.
pub fn end_mark(body: &str) -> String {
    format!("{END_MARK}{}\n", blake3::hash(body.as_bytes()).to_hex())
}

/// Reads a text file, with an error that names it.
pub fn read_text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path)
        .map_err(|source| StoreError::io("read", path, source))
        .map_err(|error| error.to_string())
}
