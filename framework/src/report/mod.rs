//! Renderings of a [`Comparison`]: pure functions to text. Nothing is computed here.

mod markdown;
mod numbers;
mod prose;
mod rows;
pub mod scores;
mod tables;
mod terminal;

use crate::compare::Comparison;

/// How a comparison is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal of 80 columns.
    Text,
    /// For a README.
    Markdown,
    /// One line for each row of each table, full precision.
    Csv,
    /// Everything, every seed's value included.
    Json,
}

/// The report, which begins with the command that made it and a hash of the data.
pub fn render(comparison: &Comparison, command: &str, format: Format) -> String {
    match format {
        Format::Text => terminal::render(comparison, command),
        Format::Markdown => markdown::render(comparison, command),
        Format::Csv => rows::csv(comparison),
        Format::Json => rows::json(comparison, command),
    }
}
