//! Tables and paragraphs of the HTML page. The templates escape every text, so that no label can inject markup.

use maud::{Markup, html};

use crate::analysis::Standing;

use super::table::{Cell, Kind, Table};

/// A table. The script of the page sorts its rows by `data-sort`, the number of a cell at full precision.
pub fn draw(table: &Table) -> Markup {
    html! {
        figure.table id=(table.id) {
            figcaption { (table.caption()) }
            div.scroll {
                table.sortable {
                    thead {
                        tr {
                            @for column in &table.columns {
                                th scope="col" class=(if column.kind == Kind::Label { "label" } else { "number" }) {
                                    button type="button" { (column.name) }
                                }
                            }
                        }
                    }
                    tbody {
                        @for row in &table.rows {
                            tr {
                                @for (column, cell) in table.columns.iter().zip(row) {
                                    (draw_cell(cell, column.kind))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn draw_cell(cell: &Cell, kind: Kind) -> Markup {
    if kind == Kind::Label {
        let class = match cell.standing {
            Standing::Best => "label best",
            _ => "label",
        };
        return html! { th class=(class) scope="row" { (cell.plain()) } };
    }
    let class = match cell.standing {
        Standing::Plain | Standing::Untested => "number",
        Standing::Best => "number best",
        Standing::Tied => "number tied",
    };
    let exact = cell.number();
    html! { td class=(class) data-sort=[exact] title=[exact] { (cell.plain()) } }
}

/// One `<p>` for each paragraph.
pub fn paragraphs(paragraphs: &[String]) -> Markup {
    html! {
        @for paragraph in paragraphs { p { (paragraph) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_paragraph_is_shown_as_text() {
        let shown = paragraphs(&["<b>\"a\" & b</b>".into()]).into_string();
        assert_eq!(shown, "<p>&lt;b&gt;&quot;a&quot; &amp; b&lt;/b&gt;</p>");
    }
}
