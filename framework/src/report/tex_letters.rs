//! Text in a LaTeX document.

use super::printable::one_line;

/// Special characters stand for themselves.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in one_line(text).chars() {
        match character {
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '_' | '%' | '&' | '#' | '$' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '<' => escaped.push_str("$<$"),
            '>' => escaped.push_str("$>$"),
            '|' => escaped.push_str("\\textbar{}"),
            '"' => escaped.push_str("\\textquotedbl{}"),
            '−' => escaped.push_str("$-$"),
            '±' => escaped.push_str("$\\pm$"),
            '·' => escaped.push_str("$\\cdot$"),
            '–' => escaped.push_str("--"),
            '†' => escaped.push_str("$^\\dagger$"),
            'δ' => escaped.push_str("$\\delta$"),
            'Δ' => escaped.push_str("$\\Delta$"),
            'α' => escaped.push_str("$\\alpha$"),
            '×' => escaped.push_str("$\\times$"),
            '≤' => escaped.push_str("$\\leq$"),
            '≥' => escaped.push_str("$\\geq$"),
            '’' => escaped.push('\''),
            plain => escaped.push(plain),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_stand_for_themselves() {
        let escaped = escape(r"a_b% & #1 $x ~ ^ \ {y} <0.1 −2 ± δΔ†");
        assert_eq!(
            escaped,
            r"a\_b\% \& \#1 \$x \textasciitilde{} \textasciicircum{} \textbackslash{} \{y\} $<$0.1 $-$2 $\pm$ $\delta$$\Delta$$^\dagger$"
        );
    }
}
