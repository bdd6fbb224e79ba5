//! For a terminal of 80 columns.

use std::iter;

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Padding, Style};

use crate::compare::Comparison;

use super::prose::notes;
use super::tables::{self, Table};

const COLUMNS: usize = 80;
const NARROWEST_LABEL: usize = 12;

pub fn render(comparison: &Comparison, command: &str) -> String {
    let mut text = format!("{command}\ndata {}\n", comparison.data_hash);
    for block in &comparison.blocks {
        text.push_str(&draw(&tables::scores(comparison, block)));
        for &metric in &comparison.compare.metrics {
            if let Some(table) = tables::contrasts(comparison, block, metric) {
                text.push_str(&draw(&table));
            }
        }
    }
    for note in notes(comparison) {
        text.push('\n');
        text.push_str(&fill(&note));
    }
    text
}

/// The column of labels gives way to those of numbers, which stand whole even if the table becomes too wide for it.
pub(super) fn draw(table: &Table) -> String {
    let lines = || iter::once(&table.head).chain(&table.rows);
    let widest = |column: usize| lines().map(|line| line[column].chars().count()).max();
    let columns = table.head.len();
    let borders = 3 * columns + 1;
    let numbers: usize = (1..columns).filter_map(widest).sum();
    let room = COLUMNS
        .saturating_sub(borders + numbers)
        .max(NARROWEST_LABEL);
    let mut builder = Builder::default();
    for line in lines() {
        let mut line = line.clone();
        line[0] = fold(&line[0], room);
        builder.push_record(line);
    }
    let mut drawn = builder.build();
    drawn
        .with(Style::rounded())
        .with(Padding::new(1, 1, 0, 0))
        .modify(Columns::new(1..), Alignment::right());
    format!("\n{}\n{drawn}\n", table.title)
}

/// Breaks a label into lines, between its parameters if they fit.
fn fold(label: &str, width: usize) -> String {
    const NEXT: &str = "\n  ";
    let mut text = String::new();
    let mut used = 0;
    for piece in label.split_inclusive([' ', ',', '(']) {
        if used > 0 && used + piece.trim_end().chars().count() > width {
            text.push_str(NEXT);
            used = NEXT.len() - 1;
        }
        for character in piece.chars() {
            if used == width && character != ' ' {
                text.push_str(NEXT);
                used = NEXT.len() - 1;
            }
            text.push(character);
            used += 1;
        }
    }
    text
}

/// Breaks a paragraph into lines between its words.
pub(super) fn fill(paragraph: &str) -> String {
    let mut text = String::new();
    let mut width = 0;
    for word in paragraph.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > COLUMNS {
            text.push('\n');
            width = 0;
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += length;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(label: &str, numbers: [&str; 5]) -> String {
        let head = [
            "surrogate",
            "runs",
            "final return",
            "IQM [95 % CI]",
            "best",
            "AUC",
        ];
        let line = [&[label], &numbers[..]].concat();
        let owned = |cells: &[&str]| cells.iter().map(|cell| cell.to_string()).collect();
        draw(&Table {
            title: "Pendulum-v1".into(),
            head: owned(&head),
            rows: vec![owned(&line)],
        })
    }

    #[test]
    fn a_long_label_is_folded_and_every_number_stands_whole() {
        let drawn = table(
            "trapezoidal(inner=0.5,outer=1.0)",
            [
                "10/10†",
                "−1234 ± 123.4",
                "−1234 [−1345, −1123]",
                "−1123",
                "−1300",
            ],
        );
        insta::assert_snapshot!(drawn, @r"
        Pendulum-v1
        ╭──────────────┬────────┬───────────────┬──────────────────────┬───────┬───────╮
        │ surrogate    │   runs │  final return │        IQM [95 % CI] │  best │   AUC │
        ├──────────────┼────────┼───────────────┼──────────────────────┼───────┼───────┤
        │ trapezoidal( │ 10/10† │ −1234 ± 123.4 │ −1234 [−1345, −1123] │ −1123 │ −1300 │
        │   inner=0.5, │        │               │                      │       │       │
        │   outer=1.0) │        │               │                      │       │       │
        ╰──────────────┴────────┴───────────────┴──────────────────────┴───────┴───────╯
        ");
    }

    #[test]
    fn numbers_too_wide_for_the_terminal_stand_whole_all_the_same() {
        let drawn = table(
            "a_name_without_a_place_to_break_it",
            [
                "10/10†",
                "−1234567 ± 1234567",
                "−1234567 [−1345678, −1123456]",
                "−1123456",
                "−1300000",
            ],
        );
        insta::assert_snapshot!(drawn, @r"
        Pendulum-v1
        ╭──────────────┬────────┬────────────────────┬───────────────────────────────┬──────────┬──────────╮
        │ surrogate    │   runs │       final return │                 IQM [95 % CI] │     best │      AUC │
        ├──────────────┼────────┼────────────────────┼───────────────────────────────┼──────────┼──────────┤
        │ a_name_witho │ 10/10† │ −1234567 ± 1234567 │ −1234567 [−1345678, −1123456] │ −1123456 │ −1300000 │
        │   ut_a_place │        │                    │                               │          │          │
        │   _to_break_ │        │                    │                               │          │          │
        │   it         │        │                    │                               │          │          │
        ╰──────────────┴────────┴────────────────────┴───────────────────────────────┴──────────┴──────────╯
        ");
    }

    #[test]
    fn a_short_label_stands_whole() {
        let drawn = table(
            "rectangular",
            ["5/5", "973.7 ± 58.8", "1000 [912.4, 1000]", "1000", "495.5"],
        );
        insta::assert_snapshot!(drawn, @r"
        Pendulum-v1
        ╭─────────────┬──────┬──────────────┬────────────────────┬──────┬───────╮
        │ surrogate   │ runs │ final return │      IQM [95 % CI] │ best │   AUC │
        ├─────────────┼──────┼──────────────┼────────────────────┼──────┼───────┤
        │ rectangular │  5/5 │ 973.7 ± 58.8 │ 1000 [912.4, 1000] │ 1000 │ 495.5 │
        ╰─────────────┴──────┴──────────────┴────────────────────┴──────┴───────╯
        ");
    }
}
