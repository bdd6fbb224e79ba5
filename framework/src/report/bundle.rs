//! All renderings of one report, as files of a folder.

use crate::across::{Across, across};
use crate::compare::Comparison;
use crate::run::record::Record;
use crate::suite::plan::Plan;

use super::export::{self, File};
use super::figure::shapes::{self, Shape};
use super::figure::{self, Figure};
use super::{Format, latex, page, render, summary, tables};

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// What was planned.
    pub plan: &'a Plan,
    /// Of the cells of the plan, in their order.
    pub records: &'a [Option<Record>],
    /// Of these records.
    pub comparison: &'a Comparison,
    /// The surrogates of the suite; may be none.
    pub shapes: &'a [Shape],
    /// That makes the report again.
    pub command: &'a str,
}

/// The files of a format, named below the folder of the report.
///
/// # Errors
///
/// What the writers of PDF and of Parquet say.
pub fn files(sources: &Sources<'_>, format: Format) -> Result<Vec<File>, String> {
    let Sources {
        comparison,
        command,
        ..
    } = *sources;
    let whole = |name: &str| {
        vec![(
            name.to_owned(),
            render(comparison, command, format).into_bytes(),
        )]
    };
    Ok(match format {
        Format::Text => whole("report.txt"),
        Format::Markdown => whole("report.md"),
        Format::Csv => whole("report.csv"),
        Format::Json => whole("report.json"),
        Format::Latex => {
            let mut files = whole("report.tex");
            for table in tables::all(comparison) {
                let text = latex::fragment(&table, comparison, command);
                files.push((format!("tables/{}.tex", table.id), text.into_bytes()));
            }
            files
        }
        Format::Html => {
            let across = across(comparison);
            let figures = all_figures(sources, &across);
            vec![page_file(comparison, &across, &figures, command)]
        }
        Format::Figures => pictures(&all_figures(sources, &across(comparison)))?,
        Format::Exports => exports(sources, &across(comparison))?,
        Format::All => all(sources)?,
    })
}

fn all(sources: &Sources<'_>) -> Result<Vec<File>, String> {
    let Sources {
        comparison,
        command,
        ..
    } = *sources;
    let across = across(comparison);
    let figures = all_figures(sources, &across);
    let mut all = vec![page_file(comparison, &across, &figures, command)];
    for format in [
        Format::Text,
        Format::Markdown,
        Format::Csv,
        Format::Json,
        Format::Latex,
    ] {
        all.extend(files(sources, format)?);
    }
    let words = format!(
        "{command}\ndata {}\n\nMethods\n\n{}\n\nResults\n\n{}\n",
        comparison.data_hash,
        summary::methods(comparison, &across),
        summary::results(comparison)
    );
    all.push(("words.txt".into(), words.into_bytes()));
    all.extend(pictures(&figures)?);
    all.extend(exports(sources, &across)?);
    Ok(all)
}

fn page_file(
    comparison: &Comparison,
    across: &[Across],
    figures: &[Figure],
    command: &str,
) -> File {
    let page = page::render(comparison, across, figures, command);
    ("report.html".into(), page.into_bytes())
}

fn all_figures(sources: &Sources<'_>, across: &[Across]) -> Vec<Figure> {
    let mut all = figure::all(sources.comparison, across);
    if !sources.shapes.is_empty() {
        all.push(shapes::figure(sources.shapes));
    }
    all
}

/// Every figure as SVG and PDF, the diagrams of ranks as TikZ too.
///
/// # Errors
///
/// What the writer of PDF says.
pub fn pictures(figures: &[Figure]) -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    for figure in figures {
        let name = |extension: &str| format!("figures/{}.{extension}", figure.id);
        let svg = figure::svg::document(&figure.scene, &figure.caption);
        files.push((name("svg"), svg.into_bytes()));
        files.push((
            name("pdf"),
            figure::pdf::document(&figure.scene, &figure.caption)?,
        ));
        if figure.is_diagram {
            files.push((
                name("tex"),
                figure::tikz::picture(&figure.scene).into_bytes(),
            ));
        }
    }
    Ok(files)
}

fn exports(sources: &Sources<'_>, across: &[Across]) -> Result<Vec<File>, String> {
    let files = export::all(sources.plan, sources.records, across)?;
    let below = |(name, bytes): File| (format!("exports/{name}"), bytes);
    Ok(files.into_iter().map(below).collect())
}
