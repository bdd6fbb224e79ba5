//! Folders of runs, as training programs leave them: which files are one run, and what its path tells.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::ScoreError;
use super::options::Reading;
use super::run_name::RunName;

/// The files of one run, or one table.
pub struct Leaf {
    pub form: Form,
    pub files: Vec<PathBuf>,
    /// Folders and file below the folder that was given.
    pub parts: Vec<String>,
}

/// How the files of a leaf are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `evaluations.npz` of Stable-Baselines3.
    Evaluations,
    /// Monitor files: the environments of one run.
    Monitors,
    /// Event files of TensorBoard.
    Events,
    /// A table of any form.
    Table,
}

/// Deeper folders are not looked into.
const DEPTH: usize = 8;

/// The most files and folders that are looked at.
const MOST_ENTRIES: usize = 200_000;

/// Everything below a folder that has scores, in the order of the names.
pub fn leaves(root: &Path) -> Result<Vec<Leaf>, ScoreError> {
    let mut found = Vec::new();
    let mut seen = 0;
    walk(root, &mut Vec::new(), &mut found, &mut seen)?;
    if found.is_empty() {
        return Err(ScoreError::of_file(
            &root.display().to_string(),
            "holds no scores that are known: evaluations.npz, *monitor.csv, event files of TensorBoard, or CSV files",
        ));
    }
    Ok(found)
}

fn walk(
    folder: &Path,
    parts: &mut Vec<String>,
    found: &mut Vec<Leaf>,
    seen: &mut usize,
) -> Result<(), ScoreError> {
    let unreadable = |source: io::Error| ScoreError::Unreadable {
        file: folder.display().to_string(),
        source,
    };
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        *seen += 1;
        if *seen > MOST_ENTRIES {
            let message = format!("holds more than {MOST_ENTRIES} files and folders");
            return Err(ScoreError::of_file(&folder.display().to_string(), message));
        }
        if !name.starts_with('.') {
            entries.push((name, entry.path()));
        }
    }
    entries.sort_by_key(|(name, _)| natural(name));
    let (folders, files): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|(_, path)| path.is_dir());
    let of = |is: fn(&str) -> bool| -> Vec<PathBuf> {
        let own = files.iter().filter(|(name, _)| is(name));
        own.map(|(_, path)| path.clone()).collect()
    };
    let mut leaf = |form: Form, files: Vec<PathBuf>, parts: Vec<String>| {
        found.push(Leaf { form, files, parts });
    };
    // What was evaluated stands for a run before what was met in training.
    let known = [
        (Form::Evaluations, of(|name| name == "evaluations.npz")),
        (Form::Monitors, of(|name| name.ends_with("monitor.csv"))),
        (Form::Events, of(|name| name.contains("tfevents"))),
    ];
    if let Some((form, files)) = known.into_iter().find(|(_, files)| !files.is_empty()) {
        leaf(form, files, parts.clone());
    } else {
        for (name, path) in files.iter().filter(|(name, _)| is_table(name)) {
            let stem = name
                .rsplit_once('.')
                .map_or(name.as_str(), |(stem, _)| stem);
            // `progress.csv` says nothing that its folder does not.
            let own = (stem != "progress" || parts.is_empty()).then(|| stem.to_owned());
            leaf(
                Form::Table,
                vec![path.clone()],
                parts.iter().cloned().chain(own).collect(),
            );
        }
    }
    if parts.len() < DEPTH {
        for (name, path) in folders {
            parts.push(name);
            walk(&path, parts, found, seen)?;
            parts.pop();
        }
    }
    Ok(())
}

fn is_table(name: &str) -> bool {
    [".csv", ".tsv"].iter().any(|end| name.ends_with(end))
}

/// A key by which `run10` comes after `run9`.
fn natural(name: &str) -> Vec<(u64, String)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text = rest
            .find(|letter: char| letter.is_ascii_digit())
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(text);
        let digits = after
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(after.len());
        let (number, after) = after.split_at(digits);
        parts.push((u64::MAX, word.to_owned()));
        if !number.is_empty() {
            parts.push((number.parse().unwrap_or(u64::MAX - 1), number.to_owned()));
        }
        rest = after;
    }
    parts
}

/// What the path of a leaf tells. `root` is the name of the folder that was given, for what nothing below it tells.
pub fn name(parts: &[String], root: &str, reading: &Reading) -> Result<RunName, String> {
    let own = [root.to_owned()];
    let parts = if parts.is_empty() { &own[..] } else { parts };
    let told = match &reading.names {
        Some(pattern) => pattern.read(&parts.join("/"))?,
        None => RunName::of_path(parts),
    };
    Ok(RunName {
        method: told.method.or_else(|| Some(root.to_owned())),
        task: reading.task.clone().or(told.task),
        seed: told.seed.or_else(|| Some("0".into())),
        episode: told.episode,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_their_numbers() {
        let mut names = ["run10", "run9", "b", "run", "10", "9"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["9", "10", "b", "run", "run9", "run10"]);
    }
}
