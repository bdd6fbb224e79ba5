//! For a terminal of 80 columns.

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Padding, Style, Width};

use crate::compare::Comparison;

use super::prose::notes;
use super::tables::{self, Table};

const COLUMNS: usize = 80;

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

fn draw(table: &Table) -> String {
    let mut builder = Builder::default();
    builder.push_record(&table.head);
    for row in &table.rows {
        builder.push_record(row);
    }
    let mut drawn = builder.build();
    drawn
        .with(Style::rounded())
        .with(Padding::new(1, 1, 0, 0))
        .modify(Columns::new(1..), Alignment::right())
        .with(Width::wrap(COLUMNS).keep_words(true));
    format!("\n{}\n{drawn}\n", table.title)
}

/// Breaks a paragraph into lines between its words.
fn fill(paragraph: &str) -> String {
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
