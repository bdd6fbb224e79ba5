//! The one model of every table: what its cells hold, not how they look.

use std::collections::HashSet;

use serde::Serialize;

use crate::analysis::Standing;
use crate::stats::interval::Interval;

use super::numbers::{NONE, interval, p, score, signed};
use super::printable::one_line;

/// A table, ready to be drawn in any format.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// Names its file: `A-Z a-z 0-9 -` only.
    pub id: String,
    /// The caption above the table.
    pub title: String,
    /// The task and what else is the same for all of it, where the title does not say it.
    pub subject: Option<String>,
    /// What the columns are.
    pub columns: Vec<Column>,
    /// As many cells in each as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// What a column is called, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The text in the header.
    pub name: String,
    /// The kind of every cell in it that is not empty.
    pub kind: Kind,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Text, to the left.
    Label,
    /// Finished and planned runs.
    Runs,
    /// A number.
    Number,
    /// A mean and a standard deviation.
    Spread,
    /// A number and an interval around it.
    Estimate,
    /// The same, in another unit in each row.
    Effect,
    /// An interval.
    Interval,
    /// A p value.
    P,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    /// What it holds, at full precision.
    pub value: Value,
    /// How it stands among the others of its column.
    pub standing: Standing,
    /// Significant at the level of the comparison: a star.
    pub significant: bool,
    /// The runs behind it, where the table has no column for them.
    pub runs: Option<Runs>,
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// There is no such number.
    None,
    /// Words.
    Text(String),
    /// How many runs.
    Runs(Runs),
    /// A score.
    Number(f64),
    /// A difference of scores, shown with its sign.
    Signed(f64),
    /// A number from −1 to 1, shown with its sign.
    Delta(f64),
    /// Mean and standard deviation; no deviation for a single run.
    Spread(f64, Option<f64>),
    /// A number, and an interval for it.
    Estimate(f64, Option<Interval>),
    /// An interval alone.
    Interval(Interval),
    /// A p value.
    P(f64),
}

/// Runs that finished, of those that were planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Runs {
    /// Only these are in the numbers.
    pub finished: usize,
    /// All of them.
    pub planned: usize,
}

impl Table {
    /// A table whose columns are given by name and kind.
    pub fn new(id: String, title: String, columns: &[(&str, Kind)], rows: Vec<Vec<Cell>>) -> Self {
        let column = |&(name, kind): &(&str, Kind)| Column::new(name, kind);
        Self {
            id,
            title,
            subject: None,
            columns: columns.iter().map(column).collect(),
            rows,
        }
    }

    /// What it shows, if it stands alone.
    pub fn caption(&self) -> String {
        match &self.subject {
            None => self.title.clone(),
            Some(subject) => format!("{subject}: {}", self.title),
        }
    }
}

impl Column {
    /// A column.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            kind,
        }
    }
}

impl Cell {
    /// A cell without any mark.
    pub fn new(value: Value) -> Self {
        Self {
            value,
            standing: Standing::Plain,
            significant: false,
            runs: None,
        }
    }

    /// A cell of words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Value::Text(text.into()))
    }

    /// `make` of a value that may be missing.
    pub fn of<T>(value: Option<T>, make: impl FnOnce(T) -> Value) -> Self {
        Self::new(value.map_or(Value::None, make))
    }

    /// The same cell with this standing.
    pub fn standing(self, standing: Standing) -> Self {
        Self { standing, ..self }
    }

    /// The same cell, with the runs behind it.
    pub fn with_runs(self, runs: Runs) -> Self {
        Self {
            runs: Some(runs),
            ..self
        }
    }

    /// For a reader, as plain text.
    pub fn plain(&self) -> String {
        let mut text = match &self.value {
            Value::None => NONE.to_owned(),
            Value::Text(text) => one_line(text).into_owned(),
            Value::Runs(runs) => runs.plain(),
            Value::Number(value) => score(*value),
            Value::Signed(value) => signed(*value),
            Value::Delta(value) => format!("{value:+.2}").replace('-', "−"),
            Value::Spread(mean, std) => {
                let std = std.map_or_else(|| NONE.to_owned(), score);
                format!("{} ± {std}", score(*mean))
            }
            Value::Estimate(value, None) => score(*value),
            Value::Estimate(value, Some(ends)) => format!("{} {}", score(*value), interval(ends)),
            Value::Interval(ends) => interval(ends),
            Value::P(value) => p(*value),
        };
        if self.significant {
            text.push('*');
        }
        if let Some(runs) = self.runs {
            text.push_str(&format!(" ({})", runs.plain()));
        }
        text
    }

    /// The number that it is sorted by, if it holds one.
    pub fn number(&self) -> Option<f64> {
        match &self.value {
            Value::None | Value::Text(_) => None,
            Value::Runs(runs) => Some(runs.finished as f64),
            Value::Interval(ends) => Some(ends.low),
            Value::Number(value)
            | Value::Signed(value)
            | Value::Delta(value)
            | Value::Spread(value, _)
            | Value::Estimate(value, _)
            | Value::P(value) => Some(*value),
        }
    }
}

impl Runs {
    /// `4/5†`; the dagger stands for runs that are missing.
    pub fn plain(self) -> String {
        let mark = if self.are_missing() { "†" } else { "" };
        format!("{}/{}{mark}", self.finished, self.planned)
    }

    /// Did any planned run not finish?
    pub fn are_missing(self) -> bool {
        self.finished < self.planned
    }
}

/// Longer names are cut: file systems take 255 bytes.
const LONGEST_SLUG: usize = 100;

/// Longer words of a caption are cut.
const LONGEST_CAPTION: usize = 80;

/// Makes the ids of tables or of figures differ, also for file systems that do not tell capitals: later ones get a number.
pub fn make_unique<'i>(ids: impl Iterator<Item = &'i mut String>) {
    let mut taken = HashSet::new();
    for id in ids {
        // Ids are of ASCII alone.
        let short = &id[..id.len().min(LONGEST_SLUG)];
        let plain = short.trim_end_matches('-').to_owned();
        let mut number = 1;
        *id = plain.clone();
        while !taken.insert(id.to_lowercase()) {
            number += 1;
            *id = format!("{plain}-{number}");
        }
    }
}

/// The words of a caption: a name of many parameters is cut in its middle.
pub fn brief(words: &str) -> String {
    let count = words.chars().count();
    if count <= LONGEST_CAPTION {
        return words.to_owned();
    }
    let half = LONGEST_CAPTION / 2;
    let head: String = words.chars().take(half).collect();
    let tail: String = words.chars().skip(count - half + 1).collect();
    format!("{head}…{tail}")
}

/// A name for a file from any words. Different words may have the same.
pub fn slug(words: &str) -> String {
    let mut slug = String::new();
    for character in words.chars() {
        if slug.len() >= LONGEST_SLUG {
            break;
        }
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_file_systems_could_confuse_get_numbers_and_long_ones_are_cut() {
        let words = ["Pong", "pong", "日本", "方法", "a_b", "a-b", "a b"];
        let mut ids: Vec<String> = words.map(|word| format!("scores-{}", slug(word))).into();
        make_unique(ids.iter_mut());
        let expected = [
            "scores-pong",
            "scores-pong-2",
            "scores",
            "scores-2",
            "scores-a-b",
            "scores-a-b-2",
            "scores-a-b-3",
        ];
        assert_eq!(ids, expected);
        assert_eq!(slug(&"x".repeat(300)).len(), LONGEST_SLUG);
        let mut long = ["x".repeat(300), "x".repeat(299)];
        make_unique(long.iter_mut());
        assert_eq!(long.map(|id| id.len()), [LONGEST_SLUG, LONGEST_SLUG + 2]);
        let words = format!("agent({})", "lr=0.001, ".repeat(15));
        assert_eq!(brief(&words).chars().count(), LONGEST_CAPTION);
        assert_eq!(
            brief("Pendulum-v1 · popsan · td3"),
            "Pendulum-v1 · popsan · td3"
        );
    }
}
