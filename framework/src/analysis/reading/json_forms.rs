//! JSON of other programs and of our own reports.
//!
//! - marl-eval: environment, task, algorithm, run, and for each evaluation the returns of its episodes;
//! - rliable: for each algorithm a matrix of runs × tasks, or a list of runs of one task; our `rliable.json` names the tasks;
//! - our `report.json` of a suite: for each block the score of each run;
//! - a list of objects with the names that columns of a CSV file have, or one such object on each line.

use crate::stats::describe::LARGEST;

use super::super::spreadsheet::csv_writer;
use super::error::ScoreError;
use super::json::Json;
use super::options::Reading;
use super::role::Role;
use super::run_name::RunName;
use super::runs::{Row, Runs};
use super::table::{self, chosen_tag};

/// Adds the runs of a JSON file.
pub fn add(
    file: &str,
    bytes: &[u8],
    name: &RunName,
    reading: &Reading,
    runs: &mut Runs,
) -> Result<(), ScoreError> {
    let json = Json::parse(bytes).map_err(|error| {
        ScoreError::of_line(file, error.line() as u64, format!("is not JSON: {error}"))
    })?;
    let wrong = |message: String| ScoreError::of_file(file, message);
    runs.begin(file);
    let is_row = |item: &Json| {
        item.is_map()
            && item
                .entries()
                .iter()
                .all(|(_, value)| value.entries().is_empty() && value.items().is_empty())
    };
    let before = runs.scores;
    match &json {
        Json::List(items) if !items.is_empty() && items.iter().all(is_row) => {
            return rows(file, items, name, reading, runs);
        }
        Json::List(tables) if tables.iter().any(|table| table.get("raw").is_some()) => {
            for table in tables {
                ours(table, runs).map_err(wrong)?;
            }
        }
        _ if json.get("comparison").is_some() => report(&json, runs).map_err(wrong)?,
        _ if json.get("tasks").is_some() && json.get("settings").is_some() => {
            return Err(wrong(
                "holds what spikebench compare answered, not the scores; --out DIR writes them to exports/scores.csv".into(),
            ));
        }
        _ if is_marl_eval(&json) => marl_eval(&json, reading, runs).map_err(wrong)?,
        _ if json.is_map()
            && json
                .entries()
                .iter()
                .all(|(_, value)| !value.items().is_empty()) =>
        {
            matrices(&json, name, runs).map_err(wrong)?;
        }
        _ => {
            return Err(wrong(
                "is JSON of an unknown form; known are that of marl-eval (environment, task, algorithm, run, step), \
                 matrices of runs × tasks by algorithm, and a list of objects with method, task, seed, score"
                    .into(),
            ));
        }
    }
    if runs.scores == before {
        return Err(wrong("holds no run".into()));
    }
    Ok(())
}

/// One score at a step, or at none.
fn one<'a>(method: &'a str, task: &'a str, seed: &'a str, score: f64) -> Row<'a> {
    Row {
        method,
        task,
        context: "",
        seed,
        step: 0,
        episode: None,
        score: usable(score),
        line: 0,
    }
}

fn usable(score: f64) -> Option<f64> {
    Some(score).filter(|score| score.abs() <= LARGEST)
}

/// Objects as the lines of a table.
fn rows(
    file: &str,
    items: &[Json],
    name: &RunName,
    reading: &Reading,
    runs: &mut Runs,
) -> Result<(), ScoreError> {
    let mut head: Vec<&str> = Vec::new();
    for (key, _) in items.iter().flat_map(Json::entries) {
        if !head.contains(&key.as_str()) {
            head.push(key);
        }
    }
    let mut writer = csv_writer(Vec::new());
    // A vector takes whatever is written to it.
    let _ = writer.write_record(&head);
    for item in items {
        let cell = |key: &&str| match item.get(key) {
            Some(Json::Text(text)) => text.clone(),
            Some(Json::Number(number)) => number.to_string(),
            Some(Json::Bool(value)) => value.to_string(),
            _ => String::new(),
        };
        let _ = writer.write_record(head.iter().map(cell));
    }
    let text = writer.into_inner().unwrap_or_default();
    table::add(file, &text, name, reading, runs).map_err(|error| in_rows(error, file))
}

/// The same error with the number of the object instead of that of a line that nobody wrote.
fn in_rows(error: ScoreError, file: &str) -> ScoreError {
    let ScoreError::Wrong { place, message } = error else {
        return error;
    };
    let line = place
        .rsplit_once(':')
        .and_then(|(_, line)| line.parse::<u64>().ok());
    let place = match line {
        Some(line) if line > 1 => format!("{file}: object {}", line - 1),
        _ => file.to_owned(),
    };
    ScoreError::Wrong { place, message }
}

/// Whether maps are nested as deep as those of marl-eval.
fn is_marl_eval(json: &Json) -> bool {
    let mut at = json;
    for _ in 0..4 {
        match at.entries().iter().find(|(_, value)| value.is_map()) {
            Some((_, inner)) => at = inner,
            None => return false,
        }
    }
    at.is_map()
}

fn marl_eval(json: &Json, reading: &Reading, runs: &mut Runs) -> Result<(), String> {
    runs.has_steps = true;
    let has_several = json.entries().len() > 1;
    for (environment, tasks) in json.entries() {
        for (task, algorithms) in tasks.entries() {
            let name = if has_several {
                format!("{environment}/{task}")
            } else {
                task.clone()
            };
            for (algorithm, all) in algorithms.entries() {
                for (run, steps) in all.entries() {
                    let place = format!("{environment}, {task}, {algorithm}, {run}");
                    for (key, evaluation) in steps.entries() {
                        if key == "absolute_metrics" {
                            continue;
                        }
                        let (step, score) = evaluation_of(key, evaluation, reading)
                            .map_err(|message| format!("{place}, {key}: {message}"))?;
                        let row = one(algorithm, &name, seed(run), score);
                        runs.add(&Row { step, ..row });
                    }
                }
            }
        }
    }
    Ok(())
}

/// `seed_3` and `run_3` are the seed 3 of other files.
fn seed(name: &str) -> &str {
    let numbers = ["seed_", "run_", "seed", "run"];
    let rest = numbers.iter().find_map(|prefix| name.strip_prefix(prefix));
    let is_number =
        |rest: &&str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    rest.filter(is_number).unwrap_or(name)
}

/// The step and the mean of the returns of one evaluation.
fn evaluation_of(key: &str, evaluation: &Json, reading: &Reading) -> Result<(u64, f64), String> {
    let known = ["step_count", "elapsed_time"];
    let is_quantity = |(name, _): &&(String, Json)| !known.contains(&name.as_str());
    let quantities = evaluation.entries().iter().filter(is_quantity);
    let names: Vec<String> = quantities.map(|(name, _)| name.clone()).collect();
    if names.is_empty() {
        return Err("holds no quantity, expected return with the episodes' returns".into());
    }
    let name = chosen_tag(&names, reading.column(Role::Score))?;
    let values = evaluation.get(&name).unwrap_or(&Json::Null);
    let numbers: Option<Vec<f64>> = match values {
        Json::List(values) => values.iter().map(Json::number).collect(),
        value => value.number().map(|value| vec![value]),
    };
    let numbers = numbers.ok_or_else(|| format!("{name} is not a list of numbers"))?;
    let told = evaluation.get("step_count").and_then(Json::number);
    let written = || {
        key.trim_start_matches(|letter: char| !letter.is_ascii_digit())
            .parse()
            .ok()
    };
    let step = told
        .or_else(written)
        .filter(|step| *step >= 0.0 && step.fract() == 0.0);
    let step = step.ok_or("step_count is missing, expected a whole number")?;
    let sum: f64 = numbers.iter().sum();
    Ok((step as u64, sum / numbers.len() as f64))
}

/// Matrices of runs × tasks by algorithm, or lists of runs of one task.
fn matrices(json: &Json, name: &RunName, runs: &mut Runs) -> Result<(), String> {
    for (method, matrix) in json.entries() {
        matrix_of(method, matrix, &[], name, runs)?;
    }
    Ok(())
}

fn matrix_of(
    method: &str,
    matrix: &Json,
    tasks: &[String],
    name: &RunName,
    runs: &mut Runs,
) -> Result<(), String> {
    let only = name.task.as_deref().unwrap_or_default();
    for (run, row) in matrix.items().iter().enumerate() {
        let seed = run.to_string();
        let values = match row {
            Json::List(row) => row.as_slice(),
            value => std::slice::from_ref(value),
        };
        for (place, value) in values.iter().enumerate() {
            let score = value.number();
            let score = score.ok_or_else(|| format!("{method}, run {run}: expected numbers"))?;
            let numbered = format!("task {}", place + 1);
            let is_list = !matches!(row, Json::List(_));
            let task = match tasks.get(place) {
                Some(task) => task.as_str(),
                None if is_list => only,
                None => numbered.as_str(),
            };
            // Methods with fewer runs of a task than others have nothing in these places.
            if !score.is_nan() || tasks.is_empty() {
                runs.add(&one(method, task, &seed, score));
            }
        }
    }
    Ok(())
}

/// Our `rliable.json`: one table for each context.
fn ours(table: &Json, runs: &mut Runs) -> Result<(), String> {
    let text = |json: &Json| match json {
        Json::Text(text) => Ok(text.clone()),
        _ => Err("expected names of tasks".to_owned()),
    };
    let tasks = table.get("tasks").map_or(&[][..], Json::items);
    let tasks: Vec<String> = tasks.iter().map(text).collect::<Result<_, _>>()?;
    let raw = table.get("raw").map_or(&[][..], Json::entries);
    for (method, matrix) in raw {
        matrix_of(method, matrix, &tasks, &RunName::default(), runs)?;
    }
    Ok(())
}

/// The scores of each run in the report of a suite.
fn report(json: &Json, runs: &mut Runs) -> Result<(), String> {
    let text = |json: Option<&Json>| match json {
        Some(Json::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let blocks = json
        .get("comparison")
        .and_then(|comparison| comparison.get("blocks"));
    for block in blocks.map_or(&[][..], Json::items) {
        let task = text(block.get("environment"));
        let labels = block.get("context").map_or(&[][..], Json::items).iter();
        let context: Vec<String> = labels.map(|label| text(Some(label))).collect();
        let context = context.join(" · ");
        for row in block.get("rows").map_or(&[][..], Json::items) {
            let method = text(row.get("label"));
            let list = |key: &str| -> &[Json] {
                row.get("final")
                    .and_then(|scored| scored.get(key))
                    .map_or(&[], Json::items)
            };
            for (seed, value) in list("seeds").iter().zip(list("values")) {
                let score = value.number().ok_or("expected numbers in final.values")?;
                let seed = text(Some(seed));
                let row = one(&method, &task, &seed, score);
                runs.add(&Row {
                    context: &context,
                    ..row
                });
            }
        }
    }
    runs.notes.push("final scores of a report; exports/scores.csv beside it has the curves, and the runs that failed".into());
    Ok(())
}
