//! A report as Markdown, for a README or an issue.

use crate::analysis::Standing;

use super::partial;
use super::printable::one_line;
use super::prose::notes;
use super::study::{Study, Times};
use super::table::{Cell, Kind, Table, Value};
use super::tables;

/// The command, a hash of the data, every table and the notes below them.
pub fn render(study: &Study, command: &str) -> String {
    let mut text = format!("{} (data {})\n", code(command), study.data_hash);
    if let Some(note) = partial::note(study) {
        text.push_str(&format!("\n**{}**\n", escape(&note)));
    }
    for table in tables::all(study, Times::LeftOut) {
        text.push_str(&draw(&table));
    }
    for note in notes(study, Times::LeftOut) {
        text.push_str(&format!("\n{}\n", escape(&note)));
    }
    text
}

pub(super) fn draw(table: &Table) -> String {
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
        let cells: Vec<String> = row.iter().map(shown).collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

/// A cell; words that stand out are bold.
fn shown(cell: &Cell) -> String {
    let text = escape(&cell.plain());
    match (&cell.value, cell.standing) {
        (Value::Text(_), Standing::Best) => format!("**{text}**"),
        _ => text,
    }
}

/// Text as code. It is fenced by more backticks than it has in a row, so that it cannot end the code.
pub(super) fn code(text: &str) -> String {
    let longest = text.split(|one| one != '`').map(str::len).max();
    let text = one_line(text);
    match longest.unwrap_or_default() {
        0 => format!("`{text}`"),
        ticks => {
            let fence = "`".repeat(ticks + 1);
            format!("{fence} {text} {fence}")
        }
    }
}

/// Text in which neither Markdown nor HTML finds a meaning: not that of a table, of emphasis, of a link or picture, or of a tag.
pub(super) fn escape(text: &str) -> String {
    one_line(text)
        .replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('*', "\\*")
        .replace('_', "\\_")
        .replace('`', "\\`")
        .replace("](", "\\](")
        .replace("][", "\\][")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_as_it_is_written() {
        let name = "<img src=x onerror=alert(1)> [a](http://b) ![c][d] &lt; `e` f|g\nh \u{1b}";
        assert_eq!(
            escape(name),
            "&lt;img src=x onerror=alert(1)> [a\\](http://b) ![c\\][d] &amp;lt; \\`e\\` f\\|g\\\\u{a}h \\\\u{1b}"
        );
        assert_eq!(code("a `` b"), "``` a `` b ```");
        assert_eq!(code("a b"), "`a b`");
    }
}
