//! Renderings of an [`Analysis`] of anyone's scores.

mod design;
mod json;
mod tables;

pub use design::Design;
pub use json::json;

use crate::scores::Analysis;

use super::terminal;

/// For a terminal of 80 columns: the command, a table of scores and one of comparisons for each task, those over all
/// tasks, then what a reader must be told.
pub fn text(analysis: &Analysis, command: &str) -> String {
    let mut text = format!("{command}\ndata {}\n", analysis.data_hash);
    for table in tables::all(analysis) {
        text.push_str(&terminal::draw(&table));
    }
    for note in tables::notes(analysis) {
        text.push('\n');
        text.push_str(&terminal::fill(&note));
    }
    text
}

#[cfg(test)]
mod degenerate;
