//! The figures of a bundle in its LaTeX document.

use super::figure;
use super::study::Study;
use super::tex_letters::escape;

/// So many figures are set on one page: LaTeX keeps few that wait.
const FIGURES_A_PAGE: usize = 6;

/// The figures of the bundle, where they lie beside the document.
pub fn all(study: &Study) -> String {
    let mut text = String::new();
    for (place, figure) in figure::all(study).iter().enumerate() {
        if place % FIGURES_A_PAGE == 0 {
            text.push_str("\n\\clearpage\n");
        }
        text.push_str(&format!(
            "\n\\IfFileExists{{figures/{id}.pdf}}{{\\begin{{figure}}[htbp]\n  \\centering\n  \\includegraphics{{figures/{id}.pdf}}\n  \
             \\caption{{{}}}\n  \\label{{fig:{id}}}\n\\end{{figure}}}}{{}}\n",
            escape(&figure.caption),
            id = figure.id
        ));
    }
    text
}
