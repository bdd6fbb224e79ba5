//! The whole report as one page that needs no network: summary, tables, figures, every run that is missing, what made
//! it, how to cite the tests.

use super::citation::citations;
use super::figure::{self, Figure};
use super::html::{self, escape};
use super::study::Study;
use super::table::{Cell, Column, Kind, Table};
use super::{names, prose, provenance, summary, tables};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page.
pub fn render(study: &Study, figures: &[Figure], command: &str) -> String {
    let mut text = format!(
        "<!DOCTYPE html>\n<!-- {} -->\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{} – Spikebench</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n<main>\n<header>\n<h1>{}</h1>\n<p class=\"lead\">{}</p>\n<p class=\"source\"><code>{}</code><br>\
         data {}</p>\n</header>\n",
        comment(&format!("{command} data {}", study.data_hash)),
        escape(&study.name),
        escape(&study.name),
        escape(study.description.trim()),
        escape(command),
        study.data_hash
    );
    section(
        &mut text,
        "summary",
        "Summary",
        &html::paragraphs(&[summary::sentence(study)]),
    );
    let drawn: String = tables::all(study).iter().map(html::draw).collect();
    let legend = format!(
        "<p class=\"key\"><b class=\"best\">Bold</b>: best mean. <span class=\"tied\">Underlined</span>: not \
                  significantly different from it. *: {} the baseline. †: some planned runs did not finish. \
                  A head sorts its column; a cell tells its number in full precision.</p>\n",
        names::found(study.settings())
    );
    section(
        &mut text,
        "tables",
        "Tables",
        &format!(
            "{drawn}{legend}{}",
            html::paragraphs(&prose::method_notes(study))
        ),
    );
    let pictures: String = figures.iter().map(picture).collect();
    section(
        &mut text,
        "figures",
        "Figures",
        &format!("<div class=\"pictures\">\n{pictures}</div>\n"),
    );
    section(&mut text, "runs", "Runs", &runs(study));
    section(
        &mut text,
        "provenance",
        "Provenance",
        &html::paragraphs(&[provenance::provenance(&study.provenance)]),
    );
    let words = format!(
        "<h3>Methods</h3>\n{}<h3>Results</h3>\n{}",
        html::paragraphs(&[summary::methods(study)]),
        html::paragraphs(&[summary::results(study)])
    );
    section(&mut text, "words", "For a paper", &words);
    let cited: String = citations(study)
        .iter()
        .map(|one| format!("<li>{}</li>\n", escape(one)))
        .collect();
    section(
        &mut text,
        "cite",
        "What to cite",
        &format!("<ul>\n{cited}</ul>\n"),
    );
    text.push_str(&format!(
        "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    ));
    text
}

fn section(text: &mut String, id: &str, title: &str, content: &str) {
    text.push_str(&format!(
        "<section id=\"{id}\">\n<h2>{title}</h2>\n{content}</section>\n"
    ));
}

fn picture(figure: &Figure) -> String {
    format!(
        "<figure class=\"picture\" id=\"{}\">\n{}<figcaption>{}</figcaption>\n</figure>\n",
        figure.id,
        figure::svg::element(&figure.scene, &figure.caption),
        escape(&figure.caption)
    )
}

/// Every planned run that did not finish.
fn runs(study: &Study) -> String {
    if study.unfinished.is_empty() {
        return html::paragraphs(&["All planned runs finished.".into()]);
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

/// Two hyphens would end a comment.
fn comment(text: &str) -> String {
    escape(text).replace("--", "- -")
}
