//! How many runs are needed, for people and for programs.

use serde_json::json;

use crate::analysis::{Expected, Goal, Looks, Pilot};
use crate::stats::design;
use crate::stats::sequential::Decision;
use crate::stats::test::Sizes;

use super::printable::printable_json;
use super::table::{Cell, Column, Kind, Table, Value};
use super::terminal;

/// Everything that was asked about a design.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// The command that reproduces this output.
    pub command: String,
    /// The goal: power, alpha, test and number of comparisons.
    pub goal: Goal,
    /// The number of runs of each method given with `--runs`.
    pub runs: Option<usize>,
    /// Differences that are expected.
    pub expected: Vec<Expected>,
    /// What a pilot shows.
    pub pilot: Vec<Pilot>,
    /// Looks that were planned.
    pub looks: Option<Looks>,
}

fn count(value: usize) -> Value {
    Value::Text(value.to_string())
}

fn chance(value: f64) -> Value {
    Value::Text(format!("{value:.2}"))
}

fn word(decision: Decision) -> Value {
    Value::Text(match decision {
        Decision::Different(look) => format!("they differ, at look {look}"),
        Decision::GoOn => "go on".into(),
        Decision::NotFound => "not found".into(),
    })
}

impl Design {
    /// At full precision.
    pub fn json(&self) -> String {
        let value = json!({
            "command": self.command,
            "goal": self.goal,
            "strictest_alpha": self.goal.strictest_alpha(),
            "runs": self.runs,
            "least_adjusted_p": self.runs.map(|runs| self.goal.least_p(runs)),
            "smallest_significant_d": self.smallest_significant(),
            "expected": self.expected,
            "pilot": self.pilot,
            "looks": self.looks,
        });
        printable_json(&format!("{value:#}\n")).into_owned()
    }

    /// For a terminal of 80 columns.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.command);
        if !self.expected.is_empty() {
            text.push_str(&terminal::draw(&self.expected_table()));
        }
        if !self.pilot.is_empty() {
            text.push_str(&terminal::draw(&self.pilot_table()));
        }
        if self.looks.is_some() {
            text.push_str(&terminal::draw(&self.looks_table()));
        }
        for note in self.notes() {
            text.push('\n');
            text.push_str(&terminal::fill(&note));
        }
        text
    }

    fn smallest_significant(&self) -> Option<f64> {
        let runs = self.runs?;
        let sizes = Sizes::planned(self.goal.test, runs, runs);
        design::smallest_significant_d(self.goal.test, sizes, self.goal.strictest_alpha())
    }

    fn expected_table(&self) -> Table {
        let mut columns = vec![
            Column::new("difference (std)", Kind::Number),
            Column::new("runs needed", Kind::Label),
        ];
        if let Some(runs) = self.runs {
            columns.push(Column::new(format!("power of {runs} runs"), Kind::Label));
        }
        let row = |expected: &Expected| {
            let mut row = vec![
                Cell::new(Value::Delta(expected.effect)),
                Cell::of(expected.runs_needed, count),
            ];
            if self.runs.is_some() {
                row.push(Cell::of(expected.power, chance));
            }
            row
        };
        Table {
            id: "expected".into(),
            title: "Runs of each method".into(),
            subject: None,
            columns,
            rows: self.expected.iter().map(row).collect(),
        }
    }

    fn pilot_table(&self) -> Table {
        let columns = [
            ("task", Kind::Label),
            ("method", Kind::Label),
            ("runs", Kind::Label),
            ("g", Kind::Number),
            ("power", Kind::Label),
            ("needed", Kind::Label),
            ("for g/2", Kind::Label),
        ];
        let row = |pilot: &Pilot| {
            let (n1, n2) = pilot.runs;
            vec![
                Cell::text(pilot.task.clone()),
                Cell::text(pilot.method.clone()),
                Cell::text(format!("{n1}, {n2}")),
                Cell::of(pilot.hedges_g, Value::Delta),
                Cell::of(pilot.power, chance),
                Cell::of(pilot.runs_needed, count),
                Cell::of(pilot.runs_needed_for_half, count),
            ]
        };
        Table {
            id: "pilot".into(),
            title: "Runs of each method, from the pilot".into(),
            subject: None,
            columns: columns
                .into_iter()
                .map(|(name, kind)| Column::new(name, kind))
                .collect(),
            rows: self.pilot.iter().map(row).collect(),
        }
    }

    fn looks_table(&self) -> Table {
        let row = |pilot: &Pilot| {
            vec![
                Cell::text(pilot.task.clone()),
                Cell::text(pilot.method.clone()),
                Cell::of(pilot.decision, word),
            ]
        };
        Table {
            id: "looks".into(),
            title: "Decided by looking".into(),
            subject: None,
            columns: ["task", "method", "decision"]
                .map(|name| Column::new(name, Kind::Label))
                .into(),
            rows: self.pilot.iter().map(row).collect(),
        }
    }

    fn notes(&self) -> Vec<String> {
        let Goal {
            power,
            alpha,
            correction,
            comparisons,
            test,
        } = self.goal;
        let mut notes = vec![format!(
            "Runs needed: of each method, to find the difference with a probability of {power} by {} at {:.4}, the \
             strictest alpha of a family of {comparisons} at {alpha} corrected by {correction}, if scores are normal and \
             vary equally. –: more than 10 000.",
            test.title(),
            self.goal.strictest_alpha()
        )];
        if let Some(runs) = self.runs {
            let least = self.goal.least_p(runs);
            if least >= alpha {
                notes.push(format!(
                    "{runs} runs of each method cannot give an adjusted p below {least:.4} by {}, whatever they score.",
                    test.title()
                ));
            }
            notes.extend(self.smallest_significant().map(|d| {
                format!(
                    "The smallest difference that {runs} runs of each method show to be significant: {d:.2} standard \
                     deviations. Of true differences of that size about half are found."
                )
            }));
        }
        if !self.pilot.is_empty() {
            notes.push(
                "The size of a difference in a pilot of few runs is a poor guess, and too large if the pilot is followed \
                 up because it looks good: the column for g/2 is the cautious one."
                    .into(),
            );
        }
        if let Some(Looks { looks, runs }) = self.looks {
            notes.push(format!(
                "Looks: a group-sequential permutation test after every {runs} runs of each method in the order of the \
                 file, {looks} at most, planned before the first; alpha divided among {comparisons}. Not found is no \
                 evidence that there is no difference."
            ));
        }
        let of_pilot = |pilot: &Pilot| {
            let note = pilot.note.as_ref()?;
            Some(format!("{}, {}: {note}.", pilot.task, pilot.method))
        };
        notes.extend(self.pilot.iter().filter_map(of_pilot));
        notes
    }
}
