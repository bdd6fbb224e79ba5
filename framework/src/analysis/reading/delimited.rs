//! Text whose cells are separated by commas, semicolons or tabs, as programs and spreadsheets of any country write it.

use std::borrow::Cow;

use super::decimals::{Decimals, Evidence};
use super::error::ScoreError;

/// The lines of a table, still as text.
pub struct Delimited<'t> {
    file: &'t str,
    /// The lines before the head that begin with `#`.
    pub comments: Vec<String>,
    /// How many lines come before the head.
    before: u64,
    body: Cow<'t, [u8]>,
    separator: u8,
    /// The names of the columns.
    pub head: Vec<String>,
    /// How numbers are written.
    pub decimals: Decimals,
}

const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

impl<'t> Delimited<'t> {
    /// Finds the head of a text and how it is written; `file` is for messages.
    pub fn of(file: &'t str, bytes: &'t [u8]) -> Result<Self, ScoreError> {
        let text = with_unix_line_ends(decoded(bytes));
        let (comments, skipped) = comments(&text);
        let mut before = comments.len() as u64;
        let mut start = skipped;
        // Excel's own way to say what separates cells.
        let line = first_line(&text[start..]);
        let told = line
            .strip_prefix(b"sep=")
            .and_then(|rest| rest.first().copied());
        if told.is_some() {
            start += line.len() + 1;
            before += 1;
        }
        let body = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(start..).unwrap_or_default()),
            Cow::Owned(text) => Cow::Owned(text.get(start..).unwrap_or_default().to_vec()),
        };
        let mut this = Self {
            file,
            comments,
            before,
            separator: told.unwrap_or_else(|| separator(first_line(&body))),
            body,
            head: Vec::new(),
            decimals: Decimals::default(),
        };
        let mut reader = this.reader();
        let head = reader.headers().map_err(|error| this.malformed(&error))?;
        this.head = head.iter().map(str::to_owned).collect();
        Ok(this)
    }

    fn reader(&self) -> csv::Reader<&[u8]> {
        csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .delimiter(self.separator)
            .from_reader(&self.body)
    }

    /// The line of the head, counted from one.
    pub fn head_line(&self) -> u64 {
        self.before + 1
    }

    /// Learns how the numbers in some columns are written. They may have commas only where cells are separated by something
    /// else, or quoted.
    pub fn learn_decimals(&mut self, columns: &[usize]) -> Result<(), ScoreError> {
        if self.separator == b',' && !self.body.contains(&b'"') {
            return Ok(());
        }
        let mut evidence = Evidence::default();
        self.for_each(|line, cells| {
            for &column in columns {
                if let Some(cell) = cells.get(column) {
                    evidence.add(cell, line);
                }
            }
            Ok(())
        })?;
        let decimals = evidence.conclude(self.separator != b',');
        self.decimals =
            decimals.map_err(|(line, message)| ScoreError::of_line(self.file, line, message))?;
        Ok(())
    }

    /// Calls `row` with the number and the cells of each line below the head. What it says is wrong is told with the line.
    pub fn for_each(
        &self,
        mut row: impl FnMut(u64, &csv::StringRecord) -> Result<(), String>,
    ) -> Result<(), ScoreError> {
        let mut reader = self.reader();
        let mut record = csv::StringRecord::new();
        while reader
            .read_record(&mut record)
            .map_err(|error| self.malformed(&error))?
        {
            // A spreadsheet writes lines of empty cells below the last one that it has.
            if record.iter().all(str::is_empty) {
                continue;
            }
            let line = self.before + record.position().map_or(1, csv::Position::line);
            row(line, &record).map_err(|message| ScoreError::of_line(self.file, line, message))?;
        }
        Ok(())
    }

    /// The first line below the head.
    pub fn first_row(&self) -> Result<Option<csv::StringRecord>, ScoreError> {
        let mut record = csv::StringRecord::new();
        let is_there = self.reader().read_record(&mut record);
        Ok(is_there
            .map_err(|error| self.malformed(&error))?
            .then_some(record))
    }

    /// Something wrong with the table, told with the line of its head.
    pub fn wrong(&self, message: String) -> ScoreError {
        ScoreError::of_line(self.file, self.head_line(), message)
    }

    fn malformed(&self, error: &csv::Error) -> ScoreError {
        let line = error.position().map_or(1, csv::Position::line);
        let message = match error.kind() {
            csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => format!("holds {len} cells, expected {expected_len} as in the head"),
            csv::ErrorKind::Utf8 { .. } => {
                "is not text in UTF-8; a spreadsheet writes it as \"CSV UTF-8\"".into()
            }
            _ => error.to_string(),
        };
        ScoreError::of_line(self.file, self.before + line, message)
    }
}

/// The text in UTF-8 without its byte order mark. Excel writes "Unicode text" in UTF-16.
fn decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    let units = |of: fn([u8; 2]) -> u16| {
        let pairs = bytes[2..].chunks_exact(2);
        let units: Vec<u16> = pairs.map(|pair| of([pair[0], pair[1]])).collect();
        Cow::Owned(String::from_utf16_lossy(&units).into_bytes())
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        _ => Cow::Borrowed(bytes),
    }
}

/// The text with lines that end as on Unix: the CSV reader counts lines that end in CR LF one too few.
fn with_unix_line_ends(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'\r') {
        return bytes;
    }
    let is_kept = |&place: &usize| !bytes[place..].starts_with(b"\r\n");
    let kept = (0..bytes.len()).filter(is_kept);
    Cow::Owned(kept.map(|place| bytes[place]).collect())
}

fn first_line(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == b'\n').next().unwrap_or_default()
}

/// The lines before the head that begin with `#`, as those of our own reports and of the monitor files of Stable-Baselines3
/// do, and their length. Further down such a line is a run like any other, whose method has that name.
fn comments(text: &[u8]) -> (Vec<String>, usize) {
    let (mut comments, mut length) = (Vec::new(), 0);
    while text.get(length) == Some(&b'#') {
        let line = first_line(&text[length..]);
        comments.push(String::from_utf8_lossy(&line[1..]).into_owned());
        length = (length + line.len() + 1).min(text.len());
    }
    (comments, length)
}

/// What separates the cells of the head: what stands there most often outside of quotes, a comma in doubt.
fn separator(head: &[u8]) -> u8 {
    let mut is_quoted = false;
    let outside: Vec<u8> = head
        .iter()
        .copied()
        .filter(|&byte| {
            is_quoted ^= byte == b'"';
            !is_quoted
        })
        .collect();
    let count = |separator: u8| outside.iter().filter(|&&byte| byte == separator).count();
    let mut best = SEPARATORS[0];
    for separator in SEPARATORS {
        if count(separator) > count(best) {
            best = separator;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> (Vec<String>, Vec<(u64, Vec<String>)>) {
        let text = Delimited::of("s.csv", bytes).unwrap();
        let mut rows = Vec::new();
        let row = |line, cells: &csv::StringRecord| {
            rows.push((line, cells.iter().map(str::to_owned).collect()));
            Ok(())
        };
        text.for_each(row).unwrap();
        (text.head, rows)
    }

    #[test]
    fn whatever_separates_cells_and_ends_lines_the_cells_are_the_same() {
        let utf16 = |text: &str| -> Vec<u8> {
            let units = text.encode_utf16();
            [0xff, 0xfe]
                .into_iter()
                .chain(units.flat_map(u16::to_le_bytes))
                .collect()
        };
        let plain = rows(b"a,b\n1,2\n");
        assert_eq!(plain.1, [(2, vec!["1".to_owned(), "2".into()])]);
        for other in [
            &b"\xef\xbb\xbfa;b\r\n1;2\r\n"[..],
            b"a\tb\n1\t2",
            b" a , b \n\"1\",2\n",
            &utf16("a\tb\r\n1\t2\r\n"),
        ] {
            assert_eq!(rows(other), plain, "{}", String::from_utf8_lossy(other));
        }
        assert_eq!(rows(b"#x\nsep=;\na;b\n1;2\n").1[0].0, 4);
        assert_eq!(rows(b"\"a,x;y\";b\n1;2\n").0, ["a,x;y", "b"]);
    }

    #[test]
    fn a_text_without_a_head_has_no_columns() {
        for text in [&b""[..], b"\n", b"# only a comment", b"sep=;"] {
            assert!(rows(text).0.concat().is_empty());
        }
    }
}
