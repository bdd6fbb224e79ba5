//! A table as text: which of the known forms it has, and its runs.

use super::axis::axis;
use super::columns::Columns;
use super::decimals::Decimals;
use super::delimited::Delimited;
use super::error::ScoreError;
use super::long_form::LongForm;
use super::moments;
use super::monitor::{Monitor, is_monitor};
use super::options::Reading;
use super::role::{Role, plain};
use super::run_name::RunName;
use super::runs::{Row, Runs};
use super::wide::Wide;

/// Adds the runs of a table. `name` tells what no column does; `file` is for messages.
pub fn add(
    file: &str,
    bytes: &[u8],
    name: &RunName,
    reading: &Reading,
    runs: &mut Runs,
) -> Result<(), ScoreError> {
    let mut text = Delimited::of(file, bytes)?;
    if is_monitor(&text.head) && reading.columns.is_empty() {
        return add_monitors(
            &[(file.to_owned(), Monitor::of(&text)?)],
            name,
            reading,
            runs,
        );
    }
    runs.begin(file);
    let head = text.head.clone();
    let line = text.head_line();
    let wrong = |message: String| ScoreError::of_line(file, line, message);
    let (told, wanted) = quantity(&head, reading);
    let mut columns = Columns::of(&head, &told).map_err(wrong)?;
    let moments = moments::places(&head).filter(|_| reading.columns.is_empty());
    if let Some([mean, ..]) = moments.filter(|_| columns.place(Role::Seed).is_some()) {
        // A mean for each seed is the mean of a run's episodes: its score.
        let score = (Role::Score, head[mean].clone());
        let told = Reading {
            columns: vec![score],
            ..told
        };
        columns = Columns::of(&head, &told).map_err(wrong)?;
    } else if let Some(places) = moments {
        text.learn_decimals(&places[..2])?;
        return moments::add(&text, &columns, places, name, runs);
    }
    text.learn_decimals(&Wide::numbers(&head, &columns))?;
    // A table whose columns are not numbers has names that nobody knows.
    let wide = match text.first_row()? {
        Some(row) if !has_numbers(&row, &columns, text.decimals) => None,
        _ => {
            columns.axis = axis(&text, &columns)?;
            Wide::of(&head, &columns, reading, text.decimals, name, line, runs).map_err(wrong)?
        }
    };
    let before = runs.scores;
    if let Some(wide) = wide {
        runs.has_steps |= wide.has_steps();
        text.for_each(|line, cells| wide.add(line, cells, runs))?;
    } else {
        let tag = tag(&text, &columns, wanted.as_deref())?;
        let long =
            LongForm::of(&head, &columns, reading, text.decimals, name, tag).map_err(wrong)?;
        runs.has_steps |= columns.place(Role::Step).is_some();
        text.for_each(|line, cells| long.add(line, cells, runs))?;
        for &place in &columns.rest {
            if !runs.ignored.contains(&head[place]) {
                runs.ignored.push(head[place].clone());
            }
        }
        if runs.hint.is_none() && !columns.rest.is_empty() {
            let rest: Vec<&str> = columns
                .rest
                .iter()
                .map(|&place| head[place].as_str())
                .collect();
            runs.hint = Some(format!(
                "--same-step mean averages them; if one of the columns {} tells them apart, --columns step=NAME or --columns \
                 episode=NAME says which",
                rest.join(", ")
            ));
        }
    }
    if runs.scores == before {
        return Err(wrong(
            "holds no run: expected at least one line below the head".into(),
        ));
    }
    Ok(())
}

/// Whether the columns without a role hold numbers in a row.
fn has_numbers(row: &csv::StringRecord, columns: &Columns, decimals: Decimals) -> bool {
    let mut cells = columns.rest.iter().filter_map(|&place| row.get(place));
    cells.all(|cell| decimals.score(cell).is_ok())
}

/// The options without a name of a score that is no column, and that name: in a table with a column of tags it is one of them.
fn quantity(head: &[String], reading: &Reading) -> (Reading, Option<String>) {
    let mut told = reading.clone();
    let is_tag = |name: &str| {
        !head.iter().any(|column| column == name)
            && head
                .iter()
                .any(|column| Role::Tag.names().contains(&plain(column).as_str()))
    };
    let wanted = reading.column(Role::Score).filter(|name| is_tag(name));
    let wanted = wanted.map(str::to_owned);
    if wanted.is_some() {
        told.columns.retain(|(role, _)| *role != Role::Score);
    }
    (told, wanted)
}

/// The tag whose lines are read; `None` in a table without tags.
fn tag(
    text: &Delimited<'_>,
    columns: &Columns,
    wanted: Option<&str>,
) -> Result<Option<String>, ScoreError> {
    if columns.place(Role::Tag).is_none() {
        return Ok(None);
    }
    let mut tags: Vec<String> = Vec::new();
    text.for_each(|_, cells| {
        let tag = columns.cell(Role::Tag, cells).unwrap_or_default();
        if tags.len() < 1000 && !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
        Ok(())
    })?;
    chosen_tag(&tags, wanted)
        .map(Some)
        .map_err(|message| text.wrong(message))
}

/// The wanted quantity, or the one that is usually meant.
pub fn chosen_tag(tags: &[String], wanted: Option<&str>) -> Result<String, String> {
    let find = |name: &str| {
        tags.iter()
            .find(|tag| *tag == name || plain(tag) == name)
            .cloned()
    };
    let usual = || match tags {
        [only] => Some(only.clone()),
        _ => Role::Score.names().iter().find_map(|name| find(name)),
    };
    let chosen = match wanted {
        Some(name) => tags.iter().find(|tag| *tag == name).cloned(),
        None => usual(),
    };
    chosen.ok_or_else(|| {
        let wanted = wanted.map_or(String::new(), |name| format!(" {name:?}"));
        format!(
            "holds several quantities, but not{}; --columns score=NAME says which one is compared; found {}",
            if wanted.is_empty() { " one that is known as a return".into() } else { wanted },
            tags.join(", ")
        )
    })
}

/// Adds one run from the monitor files of its environments.
pub fn add_monitors(
    files: &[(String, Monitor)],
    name: &RunName,
    reading: &Reading,
    runs: &mut Runs,
) -> Result<(), ScoreError> {
    let mut all: Vec<(usize, &super::monitor::Episode)> = Vec::new();
    for (place, (file, monitor)) in files.iter().enumerate() {
        if monitor.episodes.is_empty() {
            return Err(ScoreError::of_file(file, "holds no episode"));
        }
        all.extend(monitor.episodes.iter().map(|episode| (place, episode)));
    }
    if files.len() > 1 {
        all.sort_by(|(_, one), (_, other)| one.end.total_cmp(&other.end));
    }
    let told = files.iter().find_map(|(_, monitor)| monitor.task.clone());
    let task = reading
        .task
        .clone()
        .or(told)
        .or(name.task.clone())
        .unwrap_or_default();
    runs.has_steps = true;
    let mut step = 0;
    let mut current = None;
    for (place, episode) in all {
        if current != Some(place) {
            runs.begin(&files[place].0);
            current = Some(place);
        }
        step = u64::saturating_add(step, episode.length);
        runs.add(&Row {
            method: name.method.as_deref().unwrap_or_default(),
            task: &task,
            context: "",
            seed: name.seed.as_deref().unwrap_or("0"),
            step,
            episode: None,
            score: episode.total,
            line: episode.line,
        });
    }
    Ok(())
}
