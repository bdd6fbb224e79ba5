//! All renderings of one report, as files of a folder.

use crate::stats::parallel;

use super::export;
use super::figure::shapes;
use super::figure::{self, Figure};
use super::folder::put_by;
use super::printable::{one_line, printable};
use super::study::Times;
use super::{
    Format, adoption, appendix, citation, json, latex, methods, page, render, summary, tables,
};

pub use super::folder::{FileError, Folder, put};
pub use super::sources::Sources;

/// Writes the files of a format into a folder.
///
/// # Errors
///
/// A figure cannot be encoded as PDF, or a file cannot be written.
pub fn write(sources: &Sources<'_>, format: Format, folder: &dyn Folder) -> Result<(), FileError> {
    let Sources { study, command, .. } = *sources;
    let whole = |name: &str| put(folder, name, render(study, command, format).as_bytes());
    match format {
        Format::Text => whole("report.txt"),
        Format::Markdown => whole("report.md"),
        Format::Csv => whole("report.csv"),
        Format::Json => put_by(folder, "report.json", |writer| {
            json::write(study, command, writer)
        }),
        Format::Latex => {
            whole("report.tex")?;
            tables::all(study, Times::Shown)
                .iter()
                .try_for_each(|table| {
                    let text = latex::fragment(table, study, command);
                    put_text(folder, &format!("tables/{}.tex", table.id), &text)
                })
        }
        Format::Html => put_page(sources, &all_figures(sources), folder),
        Format::Figures => pictures(&all_figures(sources), "figures/", folder),
        Format::Exports => export::PARTS
            .iter()
            .try_for_each(|part| part(sources, folder)),
        Format::All => all(sources, folder),
    }
}

/// A part of a whole report, which is made while others are.
type Part<'p> = &'p (dyn Fn() -> Result<(), FileError> + Sync);

fn all(sources: &Sources<'_>, folder: &dyn Folder) -> Result<(), FileError> {
    let Sources { study, command, .. } = *sources;
    let figures = all_figures(sources);
    let words = || {
        let words = format!(
            "{command}\ndata {}\n\nMethods\n\n{}\n\nResults\n\n{}\n",
            study.data_hash,
            methods::methods(study),
            summary::results(study)
        );
        put_text(folder, "words.txt", &words)
    };
    let page_of = |name: &str, page: Option<String>| match page {
        Some(page) => put_text(folder, name, &page),
        None => Ok(()),
    };
    let costs = || page_of("costs.md", adoption::markdown(study, command));
    let appendix = || page_of("appendix.md", appendix::markdown(study, command));
    let references = || put_text(folder, "references.bib", &citation::bibtex(study));
    // Those that take the longest come first, so that no core waits for them at the end.
    let exports = export::PARTS.map(|part| move || part(sources, folder));
    let others: [Part<'_>; 11] = [
        &|| pictures(&figures, "figures/", folder),
        &|| write(sources, Format::Json, folder),
        &|| put_page(sources, &figures, folder),
        &|| write(sources, Format::Latex, folder),
        &|| write(sources, Format::Text, folder),
        &|| write(sources, Format::Markdown, folder),
        &|| write(sources, Format::Csv, folder),
        &words,
        &costs,
        &appendix,
        &references,
    ];
    let exports = exports.iter().map(|part| part as Part<'_>);
    let parts: Vec<Part<'_>> = exports.chain(others).collect();
    let made = parallel::map(parts.len(), |number| parts[number]());
    made.into_iter().collect()
}

fn put_page(
    sources: &Sources<'_>,
    figures: &[Figure],
    folder: &dyn Folder,
) -> Result<(), FileError> {
    let page = page::render(sources.study, figures, sources.command);
    put_text(folder, "report.html", &page)
}

/// A file that people read.
fn put_text(folder: &dyn Folder, name: &str, text: &str) -> Result<(), FileError> {
    put(folder, name, printable(text).as_bytes())
}

fn all_figures(sources: &Sources<'_>) -> Vec<Figure> {
    let mut all = figure::all(sources.study);
    if !sources.shapes.is_empty() {
        all.push(shapes::figure(sources.shapes));
    }
    all
}

/// One page with several studies; all have runs.
pub fn together(all: &[Sources<'_>], command: &str) -> String {
    let figures: Vec<Vec<Figure>> = all.iter().map(all_figures).collect();
    let parts = all
        .iter()
        .zip(&figures)
        .map(|(sources, figures)| page::Part {
            study: sources.study,
            figures,
            command: sources.command,
        });
    let page = page::together(&parts.collect::<Vec<_>>(), command);
    printable(&page).into_owned()
}

/// Writes every figure as SVG and PDF, the diagrams of ranks as TikZ too, under names that begin with `prefix`. One that cannot
/// be encoded as PDF is named in `not-drawn.txt`, and takes nothing else with it.
///
/// # Errors
///
/// A file cannot be written.
pub fn pictures(figures: &[Figure], prefix: &str, folder: &dyn Folder) -> Result<(), FileError> {
    let mut not_drawn = String::new();
    for figure in figures {
        let name = |extension: &str| format!("{prefix}{}.{extension}", figure.id);
        let caption = one_line(&figure.caption);
        let svg = figure::svg::document(&figure.scene, &caption);
        put(folder, &name("svg"), svg.as_bytes())?;
        match figure::pdf::document(&figure.scene, &caption) {
            Ok(pdf) => put(folder, &name("pdf"), &pdf)?,
            Err(reason) => not_drawn.push_str(&format!("{}.pdf: {reason}\n", figure.id)),
        }
        if figure.is_diagram {
            let tikz = figure::tikz::picture(&figure.scene);
            put(folder, &name("tex"), tikz.as_bytes())?;
        }
    }
    if not_drawn.is_empty() {
        return Ok(());
    }
    put(
        folder,
        &format!("{prefix}not-drawn.txt"),
        not_drawn.as_bytes(),
    )
}
