//! Folders of runs, as training programs leave them: which files are one run, and what its path tells.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::input_file::read_input_file;
use super::error::ScoreError;
use super::options::Reading;
use super::run_name::RunName;

/// The files of one run, or one table.
pub struct Leaf {
    pub form: Form,
    pub files: Vec<PathBuf>,
    /// Folders and file below the folder that all of them are in.
    pub parts: Vec<String>,
}

/// The largest size of a file. A million runs have some 40 MB.
const MAX_FILE_BYTES: u64 = 512 << 20;

impl Leaf {
    /// The names and the contents of its files.
    pub fn read(&self) -> Result<Vec<(String, Vec<u8>)>, ScoreError> {
        let read = |path: &PathBuf| Ok((path.display().to_string(), bytes_of(path)?));
        self.files.iter().map(read).collect()
    }
}

/// The contents of a file, if it is not too large.
pub fn bytes_of(path: &Path) -> Result<Vec<u8>, ScoreError> {
    read_input_file(path, MAX_FILE_BYTES).map_err(|source| ScoreError::Unreadable {
        file: path.display().to_string(),
        source,
    })
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

/// Folders in which programs put all of their runs, and which say nothing of them.
const CONTAINERS: [&str; 6] = ["runs", "logs", "results", "data", "experiments", "outputs"];

/// Deeper folders are not looked into.
const DEPTH: usize = 8;

/// The most files and folders that are looked at.
const MOST_ENTRIES: usize = 200_000;

/// The runs and tables in the files and folders that were given, in the order of their names.
pub struct Found {
    pub leaves: Vec<Leaf>,
    /// The name of the folder below which the parts of the leaves begin.
    pub root: String,
}

impl Found {
    /// The name of the folder of evaluations beside one of training, which has the same run.
    pub fn evaluation_beside(&self, leaf: &Leaf) -> Option<&'static str> {
        let (last, parents) = leaf.parts.split_last()?;
        let is_there = |name: &&str| {
            let mut others = self
                .leaves
                .iter()
                .filter_map(|leaf| leaf.parts.split_last());
            others.any(|(last, own)| last == name && own == parents)
        };
        let names = (last == "train").then_some(["eval", "evaluation", "evaluations"])?;
        names.into_iter().find(is_there)
    }
}

/// Everything with scores in files and folders. The parts of each begin below the folder that all of them are in, so that
/// `logs/*` tells what `logs` does.
pub fn find(paths: &[PathBuf]) -> Result<Found, ScoreError> {
    let whole = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let common = paths
        .iter()
        .map(|path| match path.is_dir() {
            true => whole(path),
            false => whole(path)
                .parent()
                .map_or_else(PathBuf::new, Path::to_owned),
        })
        .reduce(|one, other| shared(&one, &other))
        .unwrap_or_default();
    let below = |path: &Path| -> Vec<String> {
        let rest = path.strip_prefix(&common).unwrap_or(Path::new(""));
        let parts = rest.iter().map(|part| part.to_string_lossy().into_owned());
        parts.collect()
    };
    let mut leaves = Vec::new();
    let mut seen = 0;
    let mut files: Vec<(Vec<String>, Files)> = Vec::new();
    for path in paths {
        let place = whole(path);
        if path.is_dir() {
            walk(path, &mut below(&place), &mut leaves, &mut seen)?;
            continue;
        }
        let parts = place.parent().map_or_else(Vec::new, below);
        let name = path.file_name().unwrap_or_default();
        let file = (name.to_string_lossy().into_owned(), path.clone());
        match files.iter_mut().find(|(known, _)| *known == parts) {
            Some((_, files)) => files.push(file),
            None => files.push((parts, vec![file])),
        }
    }
    for (parts, files) in files {
        add(&files, &parts, &mut leaves);
    }
    if leaves.is_empty() {
        let first = paths.first().map(|path| path.display().to_string());
        return Err(ScoreError::of_file(
            &first.unwrap_or_default(),
            "holds no scores that are known: evaluations.npz, *monitor.csv, event files of TensorBoard, progress.txt, or CSV files",
        ));
    }
    let holds_all = |name: &&str| {
        let mut parts = leaves.iter().map(|leaf: &Leaf| &leaf.parts);
        parts.all(|parts| parts.len() > 1 && parts[0] == **name)
    };
    if CONTAINERS.iter().any(holds_all) {
        leaves
            .iter_mut()
            .for_each(|leaf| drop(leaf.parts.remove(0)));
    }
    let root = common.file_name().unwrap_or_default();
    Ok(Found {
        leaves,
        root: root.to_string_lossy().into_owned(),
    })
}

/// Names and paths of files in one folder.
type Files = Vec<(String, PathBuf)>;

/// The folder that both are in.
fn shared(one: &Path, other: &Path) -> PathBuf {
    let parts = one.components().zip(other.components());
    let same = parts.take_while(|(one, other)| one == other);
    same.map(|(part, _)| part).collect()
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
    let (folders, files): (Files, Files) = entries.into_iter().partition(|(_, path)| path.is_dir());
    add(&files, parts, found);
    if parts.len() < DEPTH {
        for (name, path) in folders {
            // A report of an earlier comparison has the same scores again.
            if path.join("exports/scores.csv").exists() {
                continue;
            }
            parts.push(name);
            walk(&path, parts, found, seen)?;
            parts.pop();
        }
    }
    Ok(())
}

/// Adds the runs and tables of one folder.
fn add(files: &[(String, PathBuf)], parts: &[String], found: &mut Vec<Leaf>) {
    let of = |is: fn(&str) -> bool| -> Files {
        let own = files.iter().filter(|(name, _)| is(name));
        own.cloned().collect()
    };
    let mut leaf = |form: Form, files: Files, own: Option<&str>| {
        found.push(Leaf {
            form,
            files: files.into_iter().map(|(_, path)| path).collect(),
            parts: parts
                .iter()
                .cloned()
                .chain(own.map(str::to_owned))
                .collect(),
        });
    };
    // What was evaluated stands for a run before what was met in training.
    let [evaluations, monitors, events] = [
        |name: &str| name == "evaluations.npz",
        |name: &str| name.ends_with("monitor.csv"),
        |name: &str| name.contains("tfevents"),
    ]
    .map(of);
    if !evaluations.is_empty() {
        leaf(Form::Evaluations, evaluations, None);
    } else if !monitors.is_empty() {
        // Only numbers are environments of one run; other names are names of runs.
        let is_evaluation = |(name, _): &(String, PathBuf)| monitored(name) == "eval";
        let has_evaluation = monitors.iter().any(is_evaluation);
        let is_environment = |name: &str| {
            let name = monitored(name);
            name == "eval" || name.bytes().all(|byte| byte.is_ascii_digit())
        };
        let (environments, named): (Files, Files) = monitors
            .into_iter()
            .filter(|(name, _)| !(has_evaluation && monitored(name) == "train"))
            .partition(|(name, _)| is_environment(name));
        if !environments.is_empty() {
            leaf(Form::Monitors, environments, None);
        }
        for file in named {
            let name = monitored(&file.0).to_owned();
            leaf(Form::Monitors, vec![file], Some(&name));
        }
    } else if !events.is_empty() {
        leaf(Form::Events, events, None);
    } else {
        for file in of(is_table) {
            let stem = file
                .0
                .rsplit_once('.')
                .map_or(file.0.as_str(), |(stem, _)| stem);
            let stem = stem.to_owned();
            // `progress.csv` says nothing that its folder does not.
            let own = (stem != "progress" || parts.is_empty()).then_some(stem.as_str());
            leaf(Form::Table, vec![file], own);
        }
    }
}

/// The name of a monitor file before its ending: `0` of `0.monitor.csv`.
fn monitored(name: &str) -> &str {
    let stem = name.strip_suffix("monitor.csv").unwrap_or(name);
    stem.trim_end_matches('.')
}

fn is_table(name: &str) -> bool {
    name == "progress.txt" || [".csv", ".tsv"].iter().any(|end| name.ends_with(end))
}

/// Whether a file of this name is a run, or one of several files of a run, and no table by itself.
pub fn is_of_run(name: &str) -> bool {
    let is_monitor = name.ends_with("monitor.csv");
    is_monitor
        || name == "evaluations.npz"
        || name.contains("tfevents")
        || name.starts_with("progress.")
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
