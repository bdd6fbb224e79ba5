//! Text in tables that people may open with a spreadsheet, which runs a cell that begins like a formula, or with pandas, which
//! may be told that `#` begins a comment.

use std::borrow::Cow;
use std::io::Write;

/// What writes CSV. A cell with `#` is quoted, because a reader that skips comments takes the rest of the line for one unless it
/// stands in quotes.
pub fn csv_writer<W: Write>(to: W) -> csv::Writer<W> {
    csv::WriterBuilder::new()
        .comment(Some(b'#'))
        .from_writer(to)
}

/// The text with an apostrophe before it if a spreadsheet would take it for a formula. A number stays as it is.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if is_formula(text.trim_start_matches('\'')) && text.parse::<f64>().is_err() {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that was [`guarded`].
pub fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}

fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_with_the_sign_of_a_comment_is_quoted_and_no_other_is() {
        let mut writer = csv_writer(Vec::new());
        writer
            .write_record(["#1 ppo", "Hopper #2", "a b", "-1.5", ""])
            .unwrap();
        let text = writer.into_inner().unwrap();
        assert_eq!(text, b"\"#1 ppo\",\"Hopper #2\",a b,-1.5,\n");
    }

    #[test]
    fn a_formula_gets_an_apostrophe_that_is_taken_away_again() {
        for (text, written) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("'=1+1", "''=1+1"),
            ("-x", "'-x"),
            ("+1.5", "+1.5"),
            ("-20", "-20"),
            ("'quoted'", "'quoted'"),
            ("'", "'"),
            ("ppo", "ppo"),
        ] {
            assert_eq!(guarded(text), written);
            assert_eq!(unguarded(&guarded(text)), text);
        }
    }
}
