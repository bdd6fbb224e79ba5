//! Foreign text made safe to show. Names come from files that other people wrote: control characters in them could move the
//! cursor of a terminal or hide what it shows, and controls of the writing direction could make one name look like another.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

/// A text of several lines, with every character that is not shown but acts written as in Rust: `\u{202e}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    replaced(
        text,
        |character| !matches!(character, '\n' | '\t') && acts(character),
        rust,
    )
}

/// A name, or anything else that belongs on one line, likewise.
pub fn one_line(text: &str) -> Cow<'_, str> {
    replaced(text, acts, rust)
}

/// JSON in which the same characters are written by their escape sequences, which a parser reads back as the same text.
pub fn printable_json(json: &str) -> Cow<'_, str> {
    let is_unsafe = |character: char| !matches!(character, '\n' | '\t') && acts(character);
    replaced(json, is_unsafe, |character, text| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            // A string takes whatever is written to it.
            let _ = write!(text, "\\u{unit:04x}");
        }
    })
}

/// JSON on its way to a writer, made printable. Its text arrives in whole characters, as `serde_json` writes it.
pub struct PrintableJson<W>(pub W);

impl<W: Write> Write for PrintableJson<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_all(printable_json(text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Whether a character has an effect instead of a shape: controls, controls of the writing direction, line separators,
/// invisible operators, annotations and tags. Joiners are left, because several scripts cannot be written without them.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn rust(character: char, text: &mut String) {
    text.extend(character.escape_unicode());
}

fn replaced(
    text: &str,
    is_unsafe: impl Fn(char) -> bool,
    write: impl Fn(char, &mut String),
) -> Cow<'_, str> {
    if !text.chars().any(&is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe(character) {
            write(character, &mut shown);
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_written_out_and_everything_else_stays() {
        assert_eq!(
            printable("\u{1b}[2J a\u{202e}b\u{9b}0m\r\n\tδ ± 日本 👩\u{200d}🔬"),
            "\\u{1b}[2J a\\u{202e}b\\u{9b}0m\\u{d}\n\tδ ± 日本 👩\u{200d}🔬"
        );
        assert_eq!(one_line("a\nb\tc"), "a\\u{a}b\\u{9}c");
        assert!(matches!(printable("plain\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_that_was_made_printable_is_the_same_json() {
        let name = "a\u{202e}\u{7f}\u{9b}\u{e0041}\u{1b}\n";
        let json = serde_json::json!({ name: [name] });
        let shown = printable_json(&format!("{json:#}")).into_owned();
        assert!(
            !shown.chars().any(|one| one != '\n' && acts(one)),
            "{shown}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&shown).unwrap(),
            json
        );
    }
}
