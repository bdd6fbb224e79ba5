//! Reads files and folders of scores of any known form into one [`ScoreTable`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::score_table::ScoreTable;
use super::delimited::Delimited;
use super::episodes;
use super::error::ScoreError;
use super::event_file;
use super::folder::{self, Form, Found, Leaf, bytes_of};
use super::json_forms;
use super::monitor::Monitor;
use super::numpy;
use super::options::Reading;
use super::run_name::RunName;
use super::runs::Runs;
use super::survey::{self, Fate};
use super::table;
use super::wide::shortened;

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
    let (tables, others) = apart(paths);
    let are_several = paths.len() > 1;
    let mut root = tables.first().map(|path| last_part(path));
    for path in &tables {
        let name = of_file(path, are_several, reading);
        let bytes = bytes_of(path)?;
        add_file(
            &path.display().to_string(),
            &bytes,
            &name,
            reading,
            &mut runs,
        )?;
    }
    if !others.is_empty() {
        let found = folder::find(&others)?;
        add_found(&found, reading, &mut runs)?;
        root = Some(found.root);
    }
    finished(runs, root, reading)
}

/// The files that are read one by one, by their own names, and those that are told apart by the folders that they are in, together
/// with all folders.
fn apart(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let stems: Vec<String> = paths.iter().map(|path| last_part(path)).collect();
    let is_by_itself = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let stem = last_part(path);
        let is_alone = stems.iter().filter(|other| **other == stem).count() == 1;
        !path.is_dir() && (paths.len() == 1 || is_alone && !folder::is_of_run(&name))
    };
    paths.iter().cloned().partition(is_by_itself)
}

/// Adds the runs and tables that were found, or says of one why it is not read.
fn add_found(found: &Found, reading: &Reading, runs: &mut Runs) -> Result<(), ScoreError> {
    let mut all = Vec::new();
    for leaf in &found.leaves {
        let first = leaf.files.first().map(|path| path.display().to_string());
        let name = folder::name(&leaf.parts, &found.root, reading)
            .map_err(|message| ScoreError::of_file(&first.unwrap_or_default(), message))?;
        all.push((survey::look(leaf.form, &leaf.read()?, reading), name));
    }
    let mut fates = match found.leaves.len() {
        // One alone says itself what it lacks.
        1 => vec![Fate::Read],
        _ => survey::fates(&all),
    };
    for (leaf, fate) in found.leaves.iter().zip(&mut fates) {
        if let Some(evaluation) = found.evaluation_beside(leaf) {
            *fate = Fate::LeftOut(format!("is beside {evaluation}"));
        }
    }
    let all = || found.leaves.iter().zip(&all).zip(&fates);
    for ((leaf, (_, name)), _) in all().filter(|(_, fate)| **fate == Fate::Read) {
        add_leaf(leaf, name, reading, runs)?;
    }
    // The task of a run that holds nothing may be told by the others only.
    let only_task = runs.only_task().map(str::to_owned);
    let mut left_out: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((leaf, (_, name)), fate) in all() {
        let place = leaf.parts.join("/");
        match fate {
            Fate::Read => {}
            Fate::LeftOut(why) => left_out.entry(why).or_default().push(place),
            Fate::Lost(why) => {
                runs.notes
                    .push(format!("{place} {why}: a run without a usable score"));
                let task = only_task.as_ref().or(name.task.as_ref());
                runs.begin(&place);
                runs.add_lost(name, task.map_or("", String::as_str));
            }
        }
    }
    let note = |(why, places): (&str, Vec<String>)| {
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        format!("left out, for each {why}: {}", shortened(&places))
    };
    runs.notes.extend(left_out.into_iter().map(note));
    Ok(())
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
            "nothing names the task, so it is called {name} after the file or folder; --task NAME gives it another name"
        ));
    }
    let mut table = runs.table(reading.same_step)?;
    let warning = episodes::warning(&table);
    table.notes.extend(warning);
    Ok(table)
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
            "is a Parquet file, which is not read: exports/scores.csv beside it has the same runs if it is one of ours, and \
             pandas.read_parquet(file).to_csv(other) writes any other as CSV",
        ))
    } else if bytes.starts_with(b"\x1f\x8b") {
        Err(ScoreError::of_file(
            file,
            "is compressed: gunzip unpacks it",
        ))
    } else if matches!(bytes, [0x80, 2..=5, ..]) {
        Err(ScoreError::of_file(
            file,
            "is a pickle of Python, which may run code and is not read: save the scores as CSV",
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

fn add_leaf(
    leaf: &Leaf,
    name: &RunName,
    reading: &Reading,
    runs: &mut Runs,
) -> Result<(), ScoreError> {
    let files = leaf.read()?;
    match leaf.form {
        Form::Events => event_file::add(&files, name, reading, runs),
        Form::Monitors => {
            let monitor = |(file, bytes): &(String, Vec<u8>)| {
                Ok((file.clone(), Monitor::of(&Delimited::of(file, bytes)?)?))
            };
            let monitors = files
                .iter()
                .map(monitor)
                .collect::<Result<Vec<_>, ScoreError>>()?;
            table::add_monitors(&monitors, name, reading, runs)
        }
        Form::Evaluations => files
            .iter()
            .try_for_each(|(file, bytes)| numpy::add(file, bytes, name, runs)),
        Form::Table => files
            .iter()
            .try_for_each(|(file, bytes)| add_file(file, bytes, name, reading, runs)),
    }
}
