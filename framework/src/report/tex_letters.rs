//! Text for LaTeX. What its fonts have stands for itself, symbols become commands, and every other letter is written by its
//! number, so that any name compiles and none is invisible.

use super::printable::one_line;

/// Text in which special characters stand for themselves.
pub fn escape(text: &str) -> String {
    let text = one_line(text);
    let mut escaped = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letters.peek().and_then(|&mark| accent(mark)) {
            Some(command) if letter.is_ascii_alphabetic() => {
                escaped.push_str(&format!("\\{command}{{{letter}}}"));
                letters.next();
            }
            _ => write(letter, &mut escaped),
        }
    }
    escaped
}

/// Whether a text that was [escaped](escape) has letters that are written by their numbers.
pub fn has_numbered_letters(escaped: &str) -> bool {
    escaped.contains("[U+")
}

/// A letter by its number, where there is no shape for it.
pub fn numbered(letter: char) -> String {
    format!("[U+{:04X}]", letter as u32)
}

/// What changes the shape of the letter before it and has none of its own.
pub fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

fn write(letter: char, escaped: &mut String) {
    let escaped_letter = match letter {
        '_' | '%' | '&' | '#' | '$' | '{' | '}' => format!("\\{letter}"),
        ' '..='~' if !matches!(letter, '\\' | '~' | '^' | '<' | '>' | '|' | '"') => {
            letter.to_string()
        }
        letter if is_invisible(letter) => return,
        letter => match (of_text(letter), of_mathematics(letter), has_shape(letter)) {
            (Some(text), _, _) => text.to_owned(),
            (None, Some(symbol), _) => format!("${symbol}$"),
            (None, None, true) => letter.to_string(),
            (None, None, false) => numbered(letter),
        },
    };
    escaped.push_str(&escaped_letter);
}

/// Whether the encoding T1 has the letter: Latin letters with their accents, and the symbols that LaTeX has beside them.
fn has_shape(letter: char) -> bool {
    let is_without = matches!(
        letter,
        'Ħ' | 'ħ' | 'ĸ' | 'Ŀ' | 'ŀ' | 'ŉ' | 'Ŧ' | 'ŧ' | '\u{ad}'
    );
    matches!(
        letter,
        '\u{a0}'..='ž' | '‘' | '“' | '”' | '„' | '•' | '‰' | '€' | '™'
    ) && !is_without
}

fn of_text(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\\' => "\\textbackslash{}",
        '~' => "\\textasciitilde{}",
        '^' => "\\textasciicircum{}",
        '|' => "\\textbar{}",
        '"' => "\\textquotedbl{}",
        '‐' | '‑' => "-",
        '–' | '‒' => "--",
        '—' | '―' => "---",
        '’' | 'ʼ' => "'",
        '…' => "\\ldots{}",
        '\u{2009}' | '\u{202f}' | '\u{200a}' => "\\,",
        '\u{2000}'..='\u{2008}' | '\u{205f}' | '\u{3000}' => " ",
        '\u{ad}' => "\\-",
        'Α' => "A",
        'Β' => "B",
        'Ε' => "E",
        'Ζ' => "Z",
        'Η' => "H",
        'Ι' => "I",
        'Κ' => "K",
        'Μ' => "M",
        'Ν' => "N",
        'Ο' => "O",
        'ο' => "o",
        'Ρ' => "P",
        'Τ' => "T",
        'Χ' => "X",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        _ => return None,
    })
}

fn of_mathematics(letter: char) -> Option<&'static str> {
    Some(match letter {
        '<' => "<",
        '>' => ">",
        '−' => "-",
        '±' => "\\pm",
        '∓' => "\\mp",
        '·' | '⋅' => "\\cdot",
        '×' => "\\times",
        '÷' => "\\div",
        '†' => "^\\dagger",
        '‡' => "^\\ddagger",
        '≤' => "\\leq",
        '≥' => "\\geq",
        '≪' => "\\ll",
        '≫' => "\\gg",
        '≠' => "\\neq",
        '≈' => "\\approx",
        '≡' => "\\equiv",
        '≃' => "\\simeq",
        '≅' => "\\cong",
        '∼' => "\\sim",
        '∝' => "\\propto",
        '∞' => "\\infty",
        '√' => "\\surd",
        '∑' => "\\sum",
        '∏' => "\\prod",
        '∫' => "\\int",
        '∂' => "\\partial",
        '∇' => "\\nabla",
        '∈' => "\\in",
        '∉' => "\\notin",
        '∅' => "\\emptyset",
        '∀' => "\\forall",
        '∃' => "\\exists",
        '¬' => "\\neg",
        '∧' => "\\wedge",
        '∨' => "\\vee",
        '∩' => "\\cap",
        '∪' => "\\cup",
        '⊂' => "\\subset",
        '⊆' => "\\subseteq",
        '⊃' => "\\supset",
        '⊇' => "\\supseteq",
        '⊕' => "\\oplus",
        '⊗' => "\\otimes",
        '⊙' => "\\odot",
        '⊥' => "\\perp",
        '∥' | '‖' => "\\|",
        '∣' => "\\mid",
        '∘' => "\\circ",
        '∗' => "\\ast",
        '⋆' | '★' | '☆' => "\\star",
        '∠' => "\\angle",
        '△' => "\\triangle",
        '◇' => "\\diamond",
        '←' => "\\leftarrow",
        '→' => "\\rightarrow",
        '↑' => "\\uparrow",
        '↓' => "\\downarrow",
        '↔' => "\\leftrightarrow",
        '⇐' => "\\Leftarrow",
        '⇒' => "\\Rightarrow",
        '⇔' => "\\Leftrightarrow",
        '↦' => "\\mapsto",
        '⟨' => "\\langle",
        '⟩' => "\\rangle",
        '⌊' => "\\lfloor",
        '⌋' => "\\rfloor",
        '⌈' => "\\lceil",
        '⌉' => "\\rceil",
        '′' | 'ʹ' => "'",
        '″' => "''",
        '‴' => "'''",
        'ℓ' => "\\ell",
        'ℏ' => "\\hbar",
        'ℜ' => "\\Re",
        'ℑ' => "\\Im",
        'ℵ' => "\\aleph",
        'ℕ' => "\\mathbf{N}",
        'ℝ' => "\\mathbf{R}",
        'ℤ' => "\\mathbf{Z}",
        '⁰' => "^0",
        '¹' => "^1",
        '²' => "^2",
        '³' => "^3",
        '⁴' => "^4",
        '⁵' => "^5",
        '⁶' => "^6",
        '⁷' => "^7",
        '⁸' => "^8",
        '⁹' => "^9",
        '⁺' => "^+",
        '⁻' => "^-",
        'ⁿ' => "^n",
        '₀' => "_0",
        '₁' => "_1",
        '₂' => "_2",
        '₃' => "_3",
        '₄' => "_4",
        '₅' => "_5",
        '₆' => "_6",
        '₇' => "_7",
        '₈' => "_8",
        '₉' => "_9",
        '₊' => "_+",
        '₋' => "_-",
        'α' => "\\alpha",
        'β' => "\\beta",
        'γ' => "\\gamma",
        'δ' => "\\delta",
        'ε' | 'ϵ' => "\\epsilon",
        'ζ' => "\\zeta",
        'η' => "\\eta",
        'θ' => "\\theta",
        'ϑ' => "\\vartheta",
        'ι' => "\\iota",
        'κ' | 'ϰ' => "\\kappa",
        'λ' => "\\lambda",
        'µ' | 'μ' => "\\mu",
        'ν' => "\\nu",
        'ξ' => "\\xi",
        'π' => "\\pi",
        'ϖ' => "\\varpi",
        'ρ' => "\\rho",
        'ϱ' => "\\varrho",
        'σ' => "\\sigma",
        'ς' => "\\varsigma",
        'τ' => "\\tau",
        'υ' => "\\upsilon",
        'φ' => "\\varphi",
        'ϕ' => "\\phi",
        'χ' => "\\chi",
        'ψ' => "\\psi",
        'ω' => "\\omega",
        'Γ' => "\\Gamma",
        'Δ' | '∆' => "\\Delta",
        'Θ' => "\\Theta",
        'Λ' => "\\Lambda",
        'Ξ' => "\\Xi",
        'Π' => "\\Pi",
        'Σ' => "\\Sigma",
        'Υ' => "\\Upsilon",
        'Φ' => "\\Phi",
        'Ψ' => "\\Psi",
        'Ω' => "\\Omega",
        _ => return None,
    })
}

/// The command that sets an accent which follows its letter as a character of its own.
fn accent(mark: char) -> Option<char> {
    Some(match mark {
        '\u{300}' => '`',
        '\u{301}' => '\'',
        '\u{302}' => '^',
        '\u{303}' => '~',
        '\u{304}' => '=',
        '\u{306}' => 'u',
        '\u{307}' => '.',
        '\u{308}' => '"',
        '\u{30a}' => 'r',
        '\u{30b}' => 'H',
        '\u{30c}' => 'v',
        '\u{323}' => 'd',
        '\u{327}' => 'c',
        '\u{328}' => 'k',
        '\u{331}' => 'b',
        _ => return None,
    })
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

    #[test]
    fn a_letter_that_latex_has_no_font_for_is_written_by_its_number() {
        assert_eq!(escape("β′ ≈ ∞"), r"$\beta$$'$ $\approx$ $\infty$");
        assert_eq!(escape("Žižek é"), "Žižek é");
        assert_eq!(escape("e\u{301}"), r"\'{e}");
        assert_eq!(escape("矩 👍\u{fe0f}"), "[U+77E9] [U+1F44D]");
        assert!(has_numbered_letters(&escape("矩")) && !has_numbered_letters(&escape("β")));
    }
}
