//! The whole report as one HTML page that loads nothing from a network: summary, tables, figures, unfinished runs,
//! provenance, paragraphs for a paper, citations.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::citation::{bibtex, citations};
use super::figure::{Figure, svg};
use super::html::{self, paragraphs};
use super::partial;
use super::study::{Study, Times};
use super::table::{Cell, Column, Kind, Table};
use super::{adoption, answers, appendix, methods, names, prose, provenance, summary, tables};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page, which begins with a comment that holds the command and the hash of the data.
pub fn render(study: &Study, figures: &[Figure], command: &str) -> String {
    let made_by = comment(&format!("{command} data {}", study.data_hash));
    let page = html! {
        (DOCTYPE)
        (made_by)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (study.name) " – Spikebench" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header {
                        h1 { (study.name) }
                        p.lead { (study.description.trim()) }
                        @if let Some(note) = partial::note(study) { p.partial { strong { (note) } } }
                        p.source { code { (command) } br; "data " (study.data_hash) }
                    }
                    (section("summary", "Summary", &overview(study)))
                    (section("tables", "Tables", &all_tables(study)))
                    (section("figures", "Figures", &html! {
                        div.pictures { @for figure in figures { (picture(figure)) } }
                    }))
                    @if let Some(costs) = costs(study) { (section("costs", "What adopting it costs", &costs)) }
                    (section("runs", "Runs", &unfinished_runs(study)))
                    (section("provenance", "Provenance", &paragraphs(&[
                        provenance::provenance(&study.provenance),
                    ])))
                    @if let Some(appendix) = reviewers(study, command) { (section("appendix", "For a reviewer", &appendix)) }
                    (section("words", "For a paper", &html! {
                        h3 { "Methods" } (paragraphs(&[methods::methods(study)]))
                        h3 { "Results" } (paragraphs(&[summary::results(study)]))
                    }))
                    (section("cite", "What to cite", &html! {
                        ul { @for citation in citations(study) { li { (citation) } } }
                        details { summary { "As BibTeX" } pre { (bibtex(study)) } }
                    }))
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string() + "\n"
}

fn section(id: &str, title: &str, content: &Markup) -> Markup {
    html! {
        section id=(id) { h2 { (title) } (content) }
        "\n"
    }
}

/// The questions with their answers, and who is better in words.
fn overview(study: &Study) -> Markup {
    html! {
        (paragraphs(&[summary::sentence(study)]))
        @if let Some(table) = answers::table(study, Times::Shown) { (html::draw(&table)) }
        p.key { @if let Some(note) = answers::note(study, Times::Shown) { (note) } }
    }
}

/// Every parameter, the command and the versions; `None` for a file of scores.
fn reviewers(study: &Study, command: &str) -> Option<Markup> {
    let tables = appendix::tables(study);
    (!tables.is_empty()).then(|| {
        html! {
            (paragraphs(&appendix::made_by(study, command)))
            p.key { "In bold: what differs between the entries of an axis." }
            @for table in tables { (html::draw(&table)) "\n" }
        }
    })
}

/// What adopting each method costs; `None` where nothing is known of it.
fn costs(study: &Study) -> Option<Markup> {
    let all = adoption::all(study);
    (!all.is_empty()).then(|| {
        html! {
            @for adoption in all {
                h3 { (adoption.title) }
                ul { @for sentence in adoption.sentences { li { (sentence) } } }
            }
            p { (adoption::NOT_MEASURED) }
        }
    })
}

fn all_tables(study: &Study) -> Markup {
    let tables = tables::all(study, Times::Shown).into_iter();
    html! {
        @for table in tables.filter(|table| table.id != answers::ID) { (html::draw(&table)) "\n" }
        p.key {
            b.best { "Bold" } ": best mean. "
            span.tied { "Underlined" } ": not significantly different from it. *: "
            (names::found(study.settings()))
            " the baseline. †: some planned runs did not finish. A click on a column's header sorts the table by it; \
             hovering over a cell shows its number at full precision."
        }
        (paragraphs(&prose::method_notes(study, Times::Shown)))
    }
}

fn picture(figure: &Figure) -> Markup {
    html! {
        figure.picture id=(figure.id) {
            (PreEscaped(svg::element(&figure.scene, &figure.caption)))
            figcaption { (figure.caption) }
        }
        "\n"
    }
}

/// A table of the planned runs that did not finish, with the outcome and the reason of each.
fn unfinished_runs(study: &Study) -> Markup {
    if study.unfinished.is_empty() {
        let all = match study.under_way.is_empty() {
            true => "All planned runs finished.",
            false => "All planned runs finished or are under way.",
        };
        return paragraphs(&[all.into()]);
    }
    let rows = study.unfinished.iter().map(|run| {
        let status = run.status.map_or("not run", |status| status.name());
        vec![
            Cell::text(run.id.clone()),
            Cell::text(status),
            Cell::text(run.reason.clone().unwrap_or_default()),
        ]
    });
    html::draw(&Table {
        id: "unfinished".into(),
        title: format!(
            "Planned runs that did not finish; they {}",
            names::fate(study.settings().failed)
        ),
        subject: None,
        columns: ["run", "outcome", "reason"]
            .map(|head| Column::new(head, Kind::Label))
            .to_vec(),
        rows: rows.collect(),
    })
}

/// An HTML comment. Two hyphens would end it, so that they are separated.
fn comment(text: &str) -> Markup {
    let escaped = html! { (text) }.into_string().replace("--", "- -");
    PreEscaped(format!("\n<!-- {escaped} -->\n"))
}
