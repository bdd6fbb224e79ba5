//! Tables for a page.

use crate::analysis::Standing;

use super::table::{Cell, Kind, Table};

/// A table; the script of the page sorts it by `data-sort`.
pub fn draw(table: &Table) -> String {
    let mut text = format!(
        "<figure class=\"table\" id=\"{}\"><figcaption>{}</figcaption>\n<div class=\"scroll\"><table class=\"sortable\">\n<thead><tr>",
        table.id,
        escape(&table.caption())
    );
    for column in &table.columns {
        let class = if column.kind == Kind::Label {
            "label"
        } else {
            "number"
        };
        text.push_str(&format!(
            "<th scope=\"col\" class=\"{class}\"><button type=\"button\">{}</button></th>",
            escape(&column.name)
        ));
    }
    text.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        text.push_str("<tr>");
        for (column, cell) in table.columns.iter().zip(row) {
            text.push_str(&draw_cell(cell, column.kind));
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody></table></div></figure>\n");
    text
}

fn draw_cell(cell: &Cell, kind: Kind) -> String {
    let shown = escape(&cell.plain());
    if kind == Kind::Label {
        return format!("<th scope=\"row\" class=\"label\">{shown}</th>");
    }
    let standing = match cell.standing {
        Standing::Plain | Standing::Untested => "",
        Standing::Best => " best",
        Standing::Tied => " tied",
    };
    let exact = cell
        .number()
        .map(|value| format!(" data-sort=\"{value}\" title=\"{value}\""))
        .unwrap_or_default();
    format!("<td class=\"number{standing}\"{exact}>{shown}</td>")
}

/// Special characters stand for themselves.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Paragraphs.
pub fn paragraphs(paragraphs: &[String]) -> String {
    let mut text = String::new();
    for paragraph in paragraphs {
        text.push_str(&format!("<p>{}</p>\n", escape(paragraph)));
    }
    text
}
