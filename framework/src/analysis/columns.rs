//! The columns of a file of scores, and what one of its lines says.

use super::spreadsheet::unguarded;
use crate::stats::describe::LARGEST;

/// The columns that a file must have, in any order.
const NEEDED: [&str; 4] = ["method", "task", "seed", "score"];

const STEP: &str = "step";
const CONTEXT: &str = "context";

/// The place of each column.
pub struct Columns {
    needed: [usize; 4],
    /// The column of steps, which a file of curves has.
    pub step: Option<usize>,
    context: Option<usize>,
    /// Columns that mean nothing here.
    pub ignored: Vec<String>,
}

/// One line of the file.
pub struct Row<'a> {
    pub method: &'a str,
    pub task: &'a str,
    /// Empty in a file without such a column.
    pub context: &'a str,
    pub seed: &'a str,
    /// 0 in a file without such a column.
    pub step: u64,
    /// `None` where the run failed.
    pub score: Option<f64>,
}

impl Columns {
    /// Finds the columns by the head of the file.
    pub fn of(head: &csv::StringRecord) -> Result<Self, String> {
        let place = |name: &str| {
            let mut places = (0..head.len()).filter(|&column| &head[column] == name);
            match (places.next(), places.next()) {
                (Some(_), Some(_)) => Err(format!("column {name} is given twice")),
                (place, _) => Ok(place),
            }
        };
        let mut needed = [0; 4];
        for (slot, name) in needed.iter_mut().zip(NEEDED) {
            *slot = place(name)?.ok_or_else(|| missing(name, head))?;
        }
        let is_known = |name: &str| NEEDED.contains(&name) || name == STEP || name == CONTEXT;
        let ignored = head
            .iter()
            .filter(|name| !is_known(name))
            .map(str::to_owned)
            .collect();
        Ok(Self {
            needed,
            step: place(STEP)?,
            context: place(CONTEXT)?,
            ignored,
        })
    }

    /// Reads a line.
    pub fn row<'a>(&self, record: &'a csv::StringRecord) -> Result<Row<'a>, String> {
        let [method, task, seed, score] = self.needed.map(|column| &record[column]);
        for (name, text) in [("method", method), ("task", task), ("seed", seed)] {
            if text.is_empty() {
                return Err(format!("{name} is empty"));
            }
        }
        Ok(Row {
            method: unguarded(method),
            task: unguarded(task),
            context: self.context.map_or("", |column| unguarded(&record[column])),
            seed: unguarded(seed),
            step: self.step.map_or(Ok(0), |column| step(&record[column]))?,
            score: number(score)?,
        })
    }
}

/// The error for a header that lacks the column `name`.
fn missing(name: &str, head: &csv::StringRecord) -> String {
    let found: Vec<&str> = head.iter().collect();
    if found.concat().is_empty() {
        return "is empty, expected a header with method, task, seed, score and optionally step"
            .into();
    }
    if let [one] = found.as_slice()
        && let Some(separator) = [';', '\t'].into_iter().find(|&other| one.contains(other))
    {
        return format!("its cells are separated by {separator:?}, expected commas");
    }
    format!(
        "column {name} is missing; expected method, task, seed, score and optionally step; found {}",
        found.join(", ")
    )
}

/// A whole number, also as floats are printed: `1000000`, `1e6`, `1000000.0`.
fn step(text: &str) -> Result<u64, String> {
    let whole =
        |value: &f64| (0.0..=9_007_199_254_740_992.0).contains(value) && value.fract() == 0.0;
    text.parse::<u64>()
        .ok()
        .or_else(|| {
            text.parse::<f64>()
                .ok()
                .filter(whole)
                .map(|value| value as u64)
        })
        .ok_or_else(|| format!("step {text:?} is not a whole number that is not negative"))
}

fn number(text: &str) -> Result<Option<f64>, String> {
    if text.is_empty()
        || ["na", "none", "null"]
            .iter()
            .any(|none| text.eq_ignore_ascii_case(none))
    {
        return Ok(None);
    }
    let value: f64 = text
        .parse()
        .map_err(|_| format!("score {text:?} is not a number"))?;
    Ok(Some(value).filter(|value| value.abs() <= LARGEST))
}
