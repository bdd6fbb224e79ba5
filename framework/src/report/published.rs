//! What published means, deviations and numbers of runs tell: a table for each task.

use serde_json::json;

use crate::analysis::{Direction, Published, PublishedContrast, Settings};

use super::names::correction_title;
use super::printable::printable_json;
use super::table::{Cell, Kind, Table, Value};
use super::terminal;

/// Published groups and how they compare.
#[derive(Debug, Clone, Copy)]
pub struct PublishedReport<'a> {
    /// The command that reproduces it.
    pub command: &'a str,
    /// What is published.
    pub groups: &'a [Published],
    /// How it compares.
    pub contrasts: &'a [PublishedContrast],
    /// What was asked.
    pub settings: &'a Settings,
    /// What a reader must be told of how it was read.
    pub notes: &'a [String],
}

const MISSING: &str = "Published means and deviations are enough for Welch's test, its interval and Hedges' g. Interquartile \
                       means, tests of ranks, resampled intervals, curves, and whatever is said over several tasks need the \
                       score of every run: a table of method, task, seed and score. A deviation over episodes, or a standard \
                       error, is not one over runs.";

/// What is said where less is better.
const SIGNS: &str =
    "Lower is better: g is positive where a method is better, and Δ mean is negative there";

impl PublishedReport<'_> {
    /// Tables for a terminal.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.command);
        let mut tasks: Vec<&String> = Vec::new();
        for group in self.groups {
            if !tasks.contains(&&group.task) {
                tasks.push(&group.task);
            }
        }
        for task in tasks {
            text.push_str(&terminal::draw(&self.groups_of(task)));
            if self.contrasts.iter().any(|contrast| contrast.task == *task) {
                text.push_str(&terminal::draw(&self.contrasts_of(task)));
            }
        }
        let with_note = self.contrasts.iter().filter_map(|one| {
            let note = one.note.as_ref()?;
            Some(format!(
                "{}, {} against {}: {note}.",
                one.task, one.method, one.baseline
            ))
        });
        let ends = |note: String| format!("{note}.");
        let notes = with_note
            .chain(self.told().map(ends))
            .chain([MISSING.to_owned()]);
        for note in notes {
            text.push('\n');
            text.push_str(&terminal::fill(&note));
        }
        text
    }

    /// How the scores were read, and how the signs are.
    fn told(&self) -> impl Iterator<Item = String> {
        let is_lower = self.settings.better == Direction::Lower && !self.contrasts.is_empty();
        let signs = is_lower.then(|| SIGNS.to_owned());
        self.notes.iter().cloned().chain(signs)
    }

    /// At full precision.
    pub fn json(&self) -> String {
        let value = json!({
            "command": self.command,
            "settings": self.settings,
            "published": self.groups,
            "contrasts": self.contrasts,
            "notes": self.told().chain([MISSING.to_owned()]).collect::<Vec<_>>(),
        });
        printable_json(&format!("{value:#}\n")).into_owned()
    }

    fn groups_of(&self, task: &str) -> Table {
        let own = self.groups.iter().filter(|group| group.task == task);
        let row = |group: &Published| {
            vec![
                Cell::text(group.method.clone()),
                Cell::text(group.moments.n.to_string()),
                Cell::new(Value::Spread(group.moments.mean, Some(group.moments.std))),
            ]
        };
        let columns = [
            ("method", Kind::Label),
            ("n", Kind::Number),
            ("mean ± std", Kind::Spread),
        ];
        Table::new(
            "published".into(),
            task.to_owned(),
            &columns,
            own.map(row).collect(),
        )
    }

    fn contrasts_of(&self, task: &str) -> Table {
        let own = self
            .contrasts
            .iter()
            .filter(|contrast| contrast.task == task);
        let row = |contrast: &PublishedContrast| {
            let mut adjusted = Cell::of(contrast.p_adjusted, Value::P);
            adjusted.significant = contrast.p_adjusted.is_some_and(|p| p < self.settings.alpha);
            let name = match self.settings.all_pairs {
                true => format!("{} – {}", contrast.method, contrast.baseline),
                false => contrast.method.clone(),
            };
            vec![
                Cell::text(name),
                Cell::new(Value::Signed(contrast.difference)),
                Cell::of(contrast.interval, Value::Interval),
                Cell::of(contrast.p, Value::P),
                adjusted,
                Cell::of(contrast.hedges_g, Value::Delta),
            ]
        };
        let adjusted = format!("p {}", correction_title(self.settings.correction));
        let interval = format!("{} CI", self.settings.level_title());
        let columns = [
            ("method", Kind::Label),
            ("Δ mean", Kind::Number),
            (interval.as_str(), Kind::Interval),
            ("p Welch", Kind::P),
            (adjusted.as_str(), Kind::P),
            ("g", Kind::Number),
        ];
        let baseline = self
            .contrasts
            .first()
            .map_or("", |contrast| contrast.baseline.as_str());
        let title = match self.settings.all_pairs {
            true => "all pairs".to_owned(),
            false => format!("against {baseline}"),
        };
        Table::new("contrasts".into(), title, &columns, own.map(row).collect())
    }
}
