//! A report as plain text for a terminal of 80 columns.

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Padding, Style};

use super::partial;
use super::printable::one_line;
use super::prose::notes;
use super::study::{Study, Times};
use super::table::{Cell, Table};
use super::tables;

const COLUMNS: usize = 80;
const NARROWEST_LABEL: usize = 12;
/// The width of the vertical line to the left of a table.
const BORDER: usize = 1;
/// The blanks on both sides of a cell and the vertical line to its right.
const PADDING: usize = 3;

/// The command, a hash of the data, every table and the notes below them.
pub fn render(study: &Study, command: &str) -> String {
    let mut text = format!("{command}\ndata {}\n", study.data_hash);
    if let Some(note) = partial::note(study) {
        text.push_str(&format!("\n{}", fill(&note)));
    }
    for table in tables::all(study, Times::LeftOut) {
        text.push_str(&draw(&table));
    }
    for note in notes(study, Times::LeftOut) {
        text.push('\n');
        text.push_str(&fill(&note));
    }
    text
}

/// Draws a table. One that is too wide for the terminal is split into several that repeat the column of labels, so that no
/// line wraps.
pub(super) fn draw(table: &Table) -> String {
    let head = table
        .columns
        .iter()
        .map(|column| one_line(&column.name).into_owned());
    let cells = table
        .rows
        .iter()
        .map(|row| row.iter().map(Cell::plain).collect());
    let lines: Vec<Vec<String>> = [head.collect()].into_iter().chain(cells).collect();
    let widest = |column: usize| {
        let widths = lines.iter().map(|line| line[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let mut text = String::new();
    let mut first = 1;
    while first < table.columns.len() || text.is_empty() {
        let mut used = BORDER + NARROWEST_LABEL.min(widest(0)) + PADDING;
        let mut end = first;
        while end < table.columns.len() {
            used += widest(end) + PADDING;
            if used > COLUMNS && end > first {
                break;
            }
            end += 1;
        }
        let title = if first == 1 { "" } else { " (continued)" };
        let chosen: Vec<usize> = [0].into_iter().chain(first..end).collect();
        let title = fill(&format!("{}{title}", one_line(&table.title)));
        text.push_str(&format!("\n{title}{}\n", part(&lines, &chosen)));
        first = end.max(first + 1);
    }
    text
}

/// Draws some columns of a table. The labels are folded where the numbers need the room.
fn part(lines: &[Vec<String>], columns: &[usize]) -> String {
    let numbers: usize = columns[1..]
        .iter()
        .map(|&column| {
            let widths = lines.iter().map(|line| line[column].chars().count());
            widths.max().unwrap_or_default() + PADDING
        })
        .sum();
    let room = COLUMNS
        .saturating_sub(BORDER + PADDING + numbers)
        .max(NARROWEST_LABEL);
    let mut builder = Builder::default();
    for line in lines {
        let mut cells: Vec<String> = columns.iter().map(|&column| line[column].clone()).collect();
        cells[0] = fold(&cells[0], room);
        builder.push_record(cells);
    }
    let mut drawn = builder.build();
    drawn
        .with(Style::rounded())
        .with(Padding::new(1, 1, 0, 0))
        .modify(Columns::new(1..), Alignment::right());
    drawn.to_string()
}

/// Breaks a label into lines: between its parameters if each of them fits, and anywhere otherwise.
fn fold(label: &str, width: usize) -> String {
    const NEXT: &str = "\n  ";
    let mut text = String::new();
    let mut used = 0;
    for piece in label.split_inclusive([' ', ',', '(']) {
        if used > 0 && used + piece.trim_end().chars().count() > width {
            text.truncate(text.trim_end().len());
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

/// Wraps a paragraph at its spaces, so that no line is wider than the terminal unless a single word is.
pub(super) fn fill(paragraph: &str) -> String {
    let options = textwrap::Options::new(COLUMNS)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::fill(paragraph, options) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::{Column, Kind};

    fn table(label: &str, numbers: [&str; 5]) -> String {
        let head = [
            "surrogate",
            "runs",
            "final return",
            "IQM [95 % CI]",
            "best",
            "AUC",
        ];
        let column = |name: &str| Column::new(name, Kind::Label);
        let line = [&[label], &numbers[..]].concat();
        draw(&Table {
            id: "pendulum".into(),
            title: "Pendulum-v1".into(),
            subject: None,
            columns: head.map(column).to_vec(),
            rows: vec![line.into_iter().map(Cell::text).collect()],
        })
    }

    #[test]
    fn a_long_label_is_folded_and_every_number_stays_whole() {
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
    fn a_table_too_wide_for_the_terminal_continues_below() {
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
        ╭────────────────┬────────┬────────────────────┬───────────────────────────────╮
        │ surrogate      │   runs │       final return │                 IQM [95 % CI] │
        ├────────────────┼────────┼────────────────────┼───────────────────────────────┤
        │ a_name_without │ 10/10† │ −1234567 ± 1234567 │ −1234567 [−1345678, −1123456] │
        │   _a_place_to_ │        │                    │                               │
        │   break_it     │        │                    │                               │
        ╰────────────────┴────────┴────────────────────┴───────────────────────────────╯

        Pendulum-v1 (continued)
        ╭────────────────────────────────────┬──────────┬──────────╮
        │ surrogate                          │     best │      AUC │
        ├────────────────────────────────────┼──────────┼──────────┤
        │ a_name_without_a_place_to_break_it │ −1123456 │ −1300000 │
        ╰────────────────────────────────────┴──────────┴──────────╯
        ");
    }

    #[test]
    fn a_short_label_stays_whole() {
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

    #[test]
    fn a_paragraph_is_wrapped_at_spaces_only() {
        let word = "w".repeat(90);
        let filled = fill(&format!("{} final-return −12 {word} end", "a".repeat(70)));
        assert_eq!(
            filled,
            format!("{}\nfinal-return −12\n{word}\nend\n", "a".repeat(70))
        );
    }
}
