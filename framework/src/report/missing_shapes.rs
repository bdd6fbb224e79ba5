//! Letters of names that the font of PDF figures or that of LaTeX has no shape for.

use super::figure::font;
use super::study::Study;
use super::tex_letters::{escape, has_numbered_letters, is_invisible};

/// Names those letters and says how they are written; `None` if there are none.
pub fn note(study: &Study) -> Option<String> {
    let blocks = study.analysis.blocks.iter();
    let names = study.analysis.methods.iter().cloned();
    let names = names.chain(blocks.map(|block| block.title()));
    let mut letters: Vec<char> = names
        .flat_map(|name| name.chars().collect::<Vec<_>>())
        .filter(|letter| !letter.is_ascii() && !letter.is_control() && !is_invisible(*letter))
        .collect();
    letters.sort_unstable();
    letters.dedup();
    let listed = |is_without: fn(&str) -> bool| {
        let own = letters
            .iter()
            .filter(|letter| is_without(&letter.to_string()));
        own.map(char::to_string).collect::<Vec<_>>().join(" ")
    };
    let places = [
        (
            "PDF figures",
            listed(|letter| font::drawable(letter) != letter),
        ),
        (
            "report.tex",
            listed(|letter| has_numbered_letters(&escape(letter))),
        ),
    ];
    let parts: Vec<String> = places
        .iter()
        .filter(|(_, letters)| !letters.is_empty())
        .map(|(place, letters)| format!("the font of {place} has no shape for {letters}"))
        .collect();
    (!parts.is_empty()).then(|| {
        format!(
            "{}: such letters are written by their numbers there, as in [U+77E9]; report.html, SVG figures and texts have them",
            parts.join("; ")
        )
    })
}
