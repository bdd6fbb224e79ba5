//! All renderings of one report, as files of a folder.

use crate::run::record::Record;
use crate::stats::parallel;
use crate::suite::plan::Plan;

use super::export::{self, File};
use super::figure::shapes::{self, Shape};
use super::figure::{self, Figure};
use super::printable::{one_line, printable};
use super::study::{Study, Times};
use super::{Format, adoption, appendix, citation, latex, methods, page, render, summary, tables};

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// Every number.
    pub study: &'a Study,
    /// What was planned and the records of its cells, in the same order; `None` for a file of scores.
    pub runs: Option<(&'a Plan, &'a [Option<Record>])>,
    /// The surrogates of the suite; may be none.
    pub shapes: &'a [Shape],
    /// The command that makes the report again.
    pub command: &'a str,
}

/// The files of a format, named below the folder of the report.
///
/// # Errors
///
/// A figure cannot be encoded as PDF, or the episodes as Parquet.
pub fn files(sources: &Sources<'_>, format: Format) -> Result<Vec<File>, String> {
    let Sources { study, command, .. } = *sources;
    let whole = |name: &str| vec![(name.to_owned(), render(study, command, format).into_bytes())];
    Ok(match format {
        Format::Text => whole("report.txt"),
        Format::Markdown => whole("report.md"),
        Format::Csv => whole("report.csv"),
        Format::Json => whole("report.json"),
        Format::Latex => {
            let mut files = whole("report.tex");
            for table in tables::all(study, Times::Shown) {
                let text = latex::fragment(&table, study, command);
                files.push(text_file(format!("tables/{}.tex", table.id), &text));
            }
            files
        }
        Format::Html => vec![page_file(sources, &all_figures(sources))],
        Format::Figures => pictures(&all_figures(sources))?,
        Format::Exports => exports(sources)?,
        Format::All => all(sources)?,
    })
}

/// A part of a whole report, which is made while others are.
type Part<'p> = &'p (dyn Fn() -> Result<Vec<File>, String> + Sync);

fn all(sources: &Sources<'_>) -> Result<Vec<File>, String> {
    let figures = all_figures(sources);
    let words = || {
        let Sources { study, command, .. } = *sources;
        let words = format!(
            "{command}\ndata {}\n\nMethods\n\n{}\n\nResults\n\n{}\n",
            study.data_hash,
            methods::methods(study),
            summary::results(study)
        );
        vec![text_file("words.txt".into(), &words)]
    };
    let costs = || {
        let page = adoption::markdown(sources.study, sources.command);
        page.map(|page| text_file("costs.md".into(), &page))
            .into_iter()
            .collect()
    };
    let appendix = || {
        let page = appendix::markdown(sources.study, sources.command);
        page.map(|page| text_file("appendix.md".into(), &page))
            .into_iter()
            .collect()
    };
    let references = || {
        vec![text_file(
            "references.bib".into(),
            &citation::bibtex(sources.study),
        )]
    };
    let parts: [Part<'_>; 12] = [
        &|| Ok(vec![page_file(sources, &figures)]),
        &|| files(sources, Format::Text),
        &|| files(sources, Format::Markdown),
        &|| files(sources, Format::Csv),
        &|| files(sources, Format::Json),
        &|| files(sources, Format::Latex),
        &|| Ok(words()),
        &|| Ok(costs()),
        &|| Ok(appendix()),
        &|| Ok(references()),
        &|| pictures(&figures),
        &|| exports(sources),
    ];
    // The last ones take the longest: begun first, no core waits for them at the end.
    let made = parallel::map(parts.len(), |number| parts[parts.len() - 1 - number]());
    let made: Vec<Vec<File>> = made.into_iter().rev().collect::<Result<_, _>>()?;
    Ok(made.into_iter().flatten().collect())
}

fn page_file(sources: &Sources<'_>, figures: &[Figure]) -> File {
    let page = page::render(sources.study, figures, sources.command);
    text_file("report.html".into(), &page)
}

/// A file that people read.
fn text_file(name: String, text: &str) -> File {
    (name, printable(text).into_owned().into_bytes())
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

/// Every figure as SVG and PDF, the diagrams of ranks as TikZ too.
///
/// # Errors
///
/// A figure cannot be encoded as PDF.
pub fn pictures(figures: &[Figure]) -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    for figure in figures {
        let name = |extension: &str| format!("figures/{}.{extension}", figure.id);
        let caption = one_line(&figure.caption);
        let svg = figure::svg::document(&figure.scene, &caption);
        files.push((name("svg"), svg.into_bytes()));
        files.push((name("pdf"), figure::pdf::document(&figure.scene, &caption)?));
        if figure.is_diagram {
            files.push((
                name("tex"),
                figure::tikz::picture(&figure.scene).into_bytes(),
            ));
        }
    }
    Ok(files)
}

fn exports(sources: &Sources<'_>) -> Result<Vec<File>, String> {
    let files = export::all(sources.study, sources.runs, sources.command)?;
    let below = |(name, bytes): File| (format!("exports/{name}"), bytes);
    Ok(files.into_iter().map(below).collect())
}
