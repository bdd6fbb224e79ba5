//! A report as Markdown, for a README or an issue.

use super::prose::notes;
use super::study::Study;
use super::table::{Cell, Kind, Table};
use super::tables;

/// The command, a hash of the data, every table and the notes below them.
pub fn render(study: &Study, command: &str) -> String {
    let mut text = format!("`{command}` (data {})\n", study.data_hash);
    for table in tables::all(study) {
        text.push_str(&draw(&table));
    }
    for note in notes(study) {
        text.push_str(&format!("\n{}\n", escape(&note)));
    }
    text
}

fn draw(table: &Table) -> String {
    let line = |cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule: Vec<&str> = table
        .columns
        .iter()
        .map(|column| match column.kind {
            Kind::Label => "---",
            _ => "---:",
        })
        .collect();
    let head = table.columns.iter().map(|column| column.name.clone());
    let mut text = format!(
        "\n**{}**\n\n{}| {} |\n",
        escape(&table.title),
        line(head.collect()),
        rule.join(" | ")
    );
    for row in &table.rows {
        text.push_str(&line(row.iter().map(Cell::plain).collect()));
    }
    text
}

/// Escapes the characters that have a meaning in a Markdown table.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('*', "\\*")
        .replace('_', "\\_")
}
