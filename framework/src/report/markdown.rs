//! For a README or an issue.

use crate::compare::Comparison;

use super::prose::notes;
use super::tables::{self, Table};

pub fn render(comparison: &Comparison, command: &str) -> String {
    let mut text = format!("`{command}` (data {})\n", comparison.data_hash);
    for block in &comparison.blocks {
        text.push_str(&draw(&tables::scores(comparison, block)));
        for &metric in &comparison.compare.metrics {
            if let Some(table) = tables::contrasts(comparison, block, metric) {
                text.push_str(&draw(&table));
            }
        }
    }
    for note in notes(comparison) {
        text.push_str(&format!("\n{}\n", escape(&note)));
    }
    text
}

fn draw(table: &Table) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule: Vec<&str> = (0..table.head.len())
        .map(|column| if column == 0 { "---" } else { "---:" })
        .collect();
    let mut text = format!(
        "\n**{}**\n\n{}| {} |\n",
        escape(&table.title),
        line(&table.head),
        rule.join(" | ")
    );
    for row in &table.rows {
        text.push_str(&line(row));
    }
    text
}

/// A `*` or a `|` stands for itself.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('*', "\\*")
        .replace('_', "\\_")
}
