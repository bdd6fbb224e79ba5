//! The formats of a report, and the report as one text.

use super::printable::printable;
use super::study::Study;
use super::{figure, json, latex, markdown, page, rows, terminal};

/// How a study is shown.
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
pub fn render(study: &Study, command: &str, format: Format) -> String {
    let text = match format {
        Format::Text => terminal::render(study, command),
        Format::Markdown => markdown::render(study, command),
        Format::Csv => rows::csv(study, command),
        Format::Json => {
            let mut bytes = Vec::new();
            // A vector takes whatever is written to it.
            let _ = json::write(study, command, &mut bytes);
            return String::from_utf8(bytes).unwrap_or_default();
        }
        Format::Latex => latex::render(study, command),
        Format::Html => {
            let figures = figure::all(study);
            page::render(study, &figures, command)
        }
        Format::Figures | Format::Exports | Format::All => String::new(),
    };
    printable(&text).into_owned()
}
