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

/// One study on a page.
pub struct Part<'p> {
    /// What it is of.
    pub study: &'p Study,
    /// Its figures.
    pub figures: &'p [Figure],
    /// The command that makes its report again.
    pub command: &'p str,
}

/// The page of one study, which begins with a comment that holds the command and the hash of the data.
pub fn render(study: &Study, figures: &[Figure], command: &str) -> String {
    let part = Part {
        study,
        figures,
        command,
    };
    let made_by = comment(&format!("{command} data {}", study.data_hash));
    document(&study.name, &made_by, &part.content(&Anchors::plain()))
}

/// Several studies on one page, with links to each of them above.
pub fn together(parts: &[Part<'_>], command: &str) -> String {
    let hashes: Vec<&str> = parts
        .iter()
        .map(|part| part.study.data_hash.as_str())
        .collect();
    let made_by = comment(&format!("{command} data {}", hashes.join(" ")));
    let content = html! {
        nav {
            ul {
                @for (place, part) in parts.iter().enumerate() {
                    li { a href=(format!("#{}", Anchors::of(place).id("study"))) { (part.study.name) } " – " (summary::sentence(part.study)) }
                }
            }
        }
        @for (place, part) in parts.iter().enumerate() {
            article id=(Anchors::of(place).id("study")) { (part.content(&Anchors::of(place))) }
        }
    };
    let names: Vec<&str> = parts.iter().map(|part| part.study.name.as_str()).collect();
    document(&names.join(", "), &made_by, &content)
}

fn document(title: &str, made_by: &Markup, content: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        (made_by)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Spikebench" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main { (content) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string() + "\n"
}

/// Names of places on the page, which differ from those of the other studies on it.
struct Anchors(String);

impl Anchors {
    fn plain() -> Self {
        Self(String::new())
    }

    fn of(place: usize) -> Self {
        Self(format!("s{}-", place + 1))
    }

    fn id(&self, name: &str) -> String {
        format!("{}{name}", self.0)
    }

    fn table(&self, table: &Table) -> Markup {
        html::draw(&Table {
            id: self.id(&table.id),
            ..table.clone()
        })
    }

    fn section(&self, id: &str, title: &str, content: &Markup) -> Markup {
        html! {
            section.(id) id=(self.id(id)) { h2 { (title) } (content) }
            "\n"
        }
    }
}

impl Part<'_> {
    fn content(&self, anchors: &Anchors) -> Markup {
        let Self {
            study,
            figures,
            command,
        } = *self;
        let section = |id: &str, title: &str, content: &Markup| anchors.section(id, title, content);
        html! {
            header {
                h1 { (study.name) }
                p.lead { (study.description.trim()) }
                @if let Some(note) = partial::note(study) { p.partial { strong { (note) } } }
                p.source { code { (command) } br; "data " (study.data_hash) }
            }
            (section("summary", "Summary", &overview(study, anchors)))
            (section("tables", "Tables", &all_tables(study, anchors)))
            (section("figures", "Figures", &html! {
                div.pictures { @for figure in figures { (picture(figure, anchors)) } }
            }))
            @if let Some(costs) = costs(study) { (section("costs", "What adopting it costs", &costs)) }
            (section("runs", "Runs", &unfinished_runs(study, anchors)))
            (section("provenance", "Provenance", &paragraphs(&[
                provenance::provenance(&study.provenance),
            ])))
            @if let Some(appendix) = reviewers(study, command, anchors) { (section("appendix", "For a reviewer", &appendix)) }
            (section("words", "For a paper", &html! {
                h3 { "Methods" } (paragraphs(&[methods::methods(study)]))
                h3 { "Results" } (paragraphs(&[summary::results(study)]))
            }))
            (section("cite", "What to cite", &html! {
                ul { @for citation in citations(study) { li { (citation) } } }
                details { summary { "As BibTeX" } pre { (bibtex(study)) } }
            }))
        }
    }
}

/// The questions with their answers, and who is better in words.
fn overview(study: &Study, anchors: &Anchors) -> Markup {
    html! {
        (paragraphs(&[summary::sentence(study)]))
        @if let Some(table) = answers::table(study, Times::Shown) { (anchors.table(&table)) }
        p.key { @if let Some(note) = answers::note(study, Times::Shown) { (note) } }
    }
}

/// Every parameter, the command and the versions; `None` for a file of scores.
fn reviewers(study: &Study, command: &str, anchors: &Anchors) -> Option<Markup> {
    let tables = appendix::tables(study);
    (!tables.is_empty()).then(|| {
        html! {
            (paragraphs(&appendix::made_by(study, command)))
            p.key { "In bold: what differs between the entries of an axis." }
            @for table in tables { (anchors.table(&table)) "\n" }
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

fn all_tables(study: &Study, anchors: &Anchors) -> Markup {
    let tables = tables::all(study, Times::Shown).into_iter();
    html! {
        @for table in tables.filter(|table| table.id != answers::ID) { (anchors.table(&table)) "\n" }
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

fn picture(figure: &Figure, anchors: &Anchors) -> Markup {
    html! {
        figure.picture id=(anchors.id(&figure.id)) {
            (PreEscaped(svg::element(&figure.scene, &figure.caption)))
            figcaption { (figure.caption) }
        }
        "\n"
    }
}

/// A table of the planned runs that did not finish, with the outcome and the reason of each.
fn unfinished_runs(study: &Study, anchors: &Anchors) -> Markup {
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
    anchors.table(&Table {
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
