//! Renderings of a [`Comparison`]: pure functions to text and to pictures. Nothing is computed here that a number in a
//! table stands on.

pub mod bundle;
pub mod figure;
pub mod scores;

mod citation;
mod export;
mod html;
mod latex;
mod markdown;
mod numbers;
mod page;
mod prose;
mod rows;
mod summary;
mod table;
mod tables;
mod terminal;

use crate::across::across;
use crate::compare::Comparison;

/// How a comparison is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal of 80 columns.
    Text,
    /// For a README.
    Markdown,
    /// A comment with the command, then one line for each row of each table, full precision.
    Csv,
    /// Everything, every seed's value included.
    Json,
    /// For a paper: a document that compiles, and with --out each table in a file of its own.
    Latex,
    /// One page with everything, which needs no network.
    Html,
    /// Every figure as SVG and PDF, the diagrams of ranks as TikZ too; needs --out.
    Figures,
    /// For rliable, marl-eval and readers of Parquet; needs --out.
    Exports,
    /// All of these, and a paragraph each for methods and results; needs --out.
    All,
}

impl Format {
    /// Is it one text, which can be shown without a folder?
    pub fn is_text(self) -> bool {
        !matches!(self, Self::Figures | Self::Exports | Self::All)
    }
}

/// The report as one text, which begins with the command that made it and a hash of the data. Formats that
/// are [no text](Format::is_text) give an empty one.
pub fn render(comparison: &Comparison, command: &str, format: Format) -> String {
    match format {
        Format::Text => terminal::render(comparison, command),
        Format::Markdown => markdown::render(comparison, command),
        Format::Csv => rows::csv(comparison, command),
        Format::Json => rows::json(comparison, command),
        Format::Latex => latex::render(comparison, command),
        Format::Html => {
            let across = across(comparison);
            let figures = figure::all(comparison, &across);
            page::render(comparison, &across, &figures, command)
        }
        Format::Figures | Format::Exports | Format::All => String::new(),
    }
}
