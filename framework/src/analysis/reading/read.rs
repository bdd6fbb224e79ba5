//! Reads files and folders of scores of any known form into one [`ScoreTable`].

use std::path::{Path, PathBuf};

use super::super::input_file::read_input_file;
use super::super::score_table::ScoreTable;
use super::delimited::Delimited;
use super::episodes;
use super::error::ScoreError;
use super::event_file;
use super::folder::{self, Form, Leaf};
use super::json_forms;
use super::monitor::Monitor;
use super::numpy;
use super::options::Reading;
use super::run_name::RunName;
use super::runs::Runs;
use super::table;

/// The largest size of a file. A million runs have some 40 MB.
const MAX_FILE_BYTES: u64 = 512 << 20;

/// Reads and checks files and folders; all of them are one table. The form of each is recognised: our own CSV file, other names
/// of columns, a column for each method or run, folders of monitor files, `evaluations.npz` or event files, JSON of marl-eval
/// and rliable, and JSON of our own reports.
///
/// # Errors
///
/// A file that cannot be read, or that does not hold scores: a column that is missing or given twice, a line with too few or
/// too many cells, an empty name, a step that is not a whole number, a score that is not a number, the same run (at the same
/// step) twice, or no run at all.
pub fn read(paths: &[PathBuf], reading: &Reading) -> Result<ScoreTable, ScoreError> {
    let mut runs = Runs::default();
    let are_several = paths.len() > 1;
    for path in paths {
        let root = last_part(path);
        if path.is_dir() {
            for mut leaf in folder::leaves(path)? {
                if are_several {
                    leaf.parts.insert(0, root.clone());
                }
                add_leaf(&leaf, &root, reading, &mut runs)?;
            }
        } else {
            let file = path.display().to_string();
            let bytes = bytes_of(path)?;
            let name = of_file(path, are_several, reading);
            add_file(&file, &bytes, &name, reading, &mut runs)?;
        }
    }
    finished(runs, paths.first().map(|path| last_part(path)), reading)
}

/// Checks the text of one file; `file` is for messages.
///
/// # Errors
///
/// As for [`read`], apart from a file that cannot be read.
pub fn parse(file: &str, bytes: &[u8]) -> Result<ScoreTable, ScoreError> {
    let reading = Reading::default();
    let mut runs = Runs::default();
    let name = of_file(Path::new(file), false, &reading);
    add_file(file, bytes, &name, &reading, &mut runs)?;
    finished(runs, Some(last_part(Path::new(file))), &reading)
}

/// The table of all runs, with a warning if they may be episodes.
fn finished(
    mut runs: Runs,
    place: Option<String>,
    reading: &Reading,
) -> Result<ScoreTable, ScoreError> {
    if !runs.published.is_empty() && runs.scores > runs.published.len() {
        let message = "holds scores of runs beside published means: compare them in two commands";
        return Err(ScoreError::of_file(&place.unwrap_or_default(), message));
    }
    let unnamed = runs.name_task(&place.unwrap_or_default());
    if let Some(name) = unnamed {
        runs.notes.push(format!(
            "nothing names the task, so it is called {name} after the file; --task NAME gives it another name"
        ));
    }
    let mut table = runs.table(reading.same_step)?;
    let warning = episodes::warning(&table);
    table.notes.extend(warning);
    Ok(table)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, ScoreError> {
    read_input_file(path, MAX_FILE_BYTES).map_err(|source| ScoreError::Unreadable {
        file: path.display().to_string(),
        source,
    })
}

/// The last part of a path without its extension.
fn last_part(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = if path.is_dir() {
        whole.file_name()
    } else {
        path.file_stem()
    };
    name.unwrap_or_default().to_string_lossy().into_owned()
}

/// What the name of a lone file tells. Among several files it is a method or a run of one; where a file is a run by itself its
/// folder is.
fn of_file(path: &Path, are_several: bool, reading: &Reading) -> RunName {
    let stem = last_part(path);
    let told = match &reading.names {
        Some(pattern) => pattern.read(&stem).unwrap_or_default(),
        None if are_several => RunName::of_path(&[stem]),
        None => RunName::default(),
    };
    RunName {
        task: reading.task.clone().or(told.task),
        seed: told.seed.or_else(|| are_several.then(|| "0".into())),
        ..told
    }
}

/// A run by itself needs a name for its method.
fn of_run(path: &Path, name: &RunName) -> RunName {
    let folder = path.parent().map(last_part).filter(|name| !name.is_empty());
    let method = || folder.unwrap_or_else(|| last_part(path));
    RunName {
        method: Some(name.method.clone().unwrap_or_else(method)),
        seed: Some(name.seed.clone().unwrap_or_else(|| "0".into())),
        ..name.clone()
    }
}

fn add_file(
    file: &str,
    bytes: &[u8],
    name: &RunName,
    reading: &Reading,
    runs: &mut Runs,
) -> Result<(), ScoreError> {
    let path = Path::new(file);
    let ends = |end: &str| file.ends_with(end);
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if bytes.starts_with(b"PK\x03\x04") {
        numpy::add(file, bytes, &of_run(path, name), runs)
    } else if bytes.starts_with(b"PAR1") {
        Err(ScoreError::of_file(
            file,
            "is a Parquet file; exports/scores.csv beside it has the same runs",
        ))
    } else if bytes.starts_with(b"\x93NUMPY") {
        Err(ScoreError::of_file(
            file,
            "is a single array of NumPy, which names no method: np.savez(file, **scores) names them",
        ))
    } else if last_part(path).contains("tfevents") || file.contains("tfevents") {
        event_file::add(
            &[(file.to_owned(), bytes.to_vec())],
            &of_run(path, name),
            reading,
            runs,
        )
    } else if matches!(first, Some(b'{' | b'[')) && !ends(".csv") || is_json(bytes) {
        json_forms::add(file, bytes, name, reading, runs)
    } else if ends("monitor.csv") {
        table::add(file, bytes, &of_run(path, name), reading, runs)
    } else {
        table::add(file, bytes, name, reading, runs)
    }
}

/// Whether a text begins as JSON does and a table does not.
fn is_json(bytes: &[u8]) -> bool {
    let text: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .take(2)
        .collect();
    matches!(text[..], [b'{', b'"' | b'}'] | [b'[', b'{' | b'[' | b']'])
}

fn add_leaf(leaf: &Leaf, root: &str, reading: &Reading, runs: &mut Runs) -> Result<(), ScoreError> {
    let first = leaf
        .files
        .first()
        .map(|path| path.display().to_string())
        .unwrap_or_default();
    let name = folder::name(&leaf.parts, root, reading)
        .map_err(|message| ScoreError::of_file(&first, message))?;
    let mut files = Vec::new();
    for path in &leaf.files {
        files.push((path.display().to_string(), bytes_of(path)?));
    }
    match leaf.form {
        Form::Events => event_file::add(&files, &name, reading, runs),
        Form::Monitors => {
            let monitor = |(file, bytes): &(String, Vec<u8>)| {
                Ok((file.clone(), Monitor::of(&Delimited::of(file, bytes)?)?))
            };
            let monitors = files
                .iter()
                .map(monitor)
                .collect::<Result<Vec<_>, ScoreError>>()?;
            table::add_monitors(&monitors, &name, reading, runs)
        }
        Form::Evaluations => files
            .iter()
            .try_for_each(|(file, bytes)| numpy::add(file, bytes, &name, runs)),
        Form::Table => files
            .iter()
            .try_for_each(|(file, bytes)| add_file(file, bytes, &name, reading, runs)),
    }
}
