//! Reads a CSV file into a [`ScoreTable`]: whatever is wrong with it is found here, with its line.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::path::Path;

use thiserror::Error;

use super::columns::{Columns, Row};
use super::input_file::read_input_file;
use super::score_table::{Run, ScoreTable};

/// What is wrong with a file of scores, and where.
#[derive(Debug, Error)]
pub enum ScoreError {
    /// The file cannot be read.
    #[error("{file}: {source}")]
    Unreadable {
        /// The file, as it was named.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// The text is not a table of scores.
    #[error("{file}:{line}: {message}")]
    Wrong {
        /// The file, as it was named.
        file: String,
        /// Counted from one.
        line: u64,
        /// What is wrong, with the offending value.
        message: String,
    },
}

/// The largest size of a file. A million runs have some 40 MB.
const MAX_FILE_BYTES: u64 = 512 << 20;

/// Reads and checks a file.
///
/// # Errors
///
/// A file that cannot be read, or that is not a table of scores: a column that is missing or given twice, a line with
/// too few or too many cells, an empty name, a step that is not a whole number, a score that is not a number, the same
/// run (at the same step) twice, or no run at all.
pub fn read(path: &Path) -> Result<ScoreTable, ScoreError> {
    let file = path.display().to_string();
    let bytes = read_input_file(path, MAX_FILE_BYTES).map_err(|source| ScoreError::Unreadable {
        file: file.clone(),
        source,
    })?;
    parse(&file, &bytes)
}

/// Checks the text of a file; `file` is for messages.
///
/// # Errors
///
/// As for [`read`], apart from a file that cannot be read.
pub fn parse(file: &str, bytes: &[u8]) -> Result<ScoreTable, ScoreError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bytes = with_unix_line_ends(bytes);
    let (comments, bytes) = after_comments(&bytes);
    let wrong = |line: u64, message: String| ScoreError::Wrong {
        file: file.to_owned(),
        line: comments + line,
        message,
    };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let malformed = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        wrong(line, describe(&error))
    };
    let head = reader.headers().map_err(malformed)?.clone();
    let columns = Columns::of(&head).map_err(|message| wrong(1, message))?;
    let mut rows = Rows::default();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(malformed)? {
        let line = record.position().map_or(1, csv::Position::line);
        let row = columns.row(&record);
        rows.add(&row.map_err(|message| wrong(line, message))?, line);
    }
    if rows.runs.is_empty() {
        let message = "holds no run: expected at least one line below the head";
        return Err(wrong(1, message.into()));
    }
    if let Some((line, message)) = rows.first_repetition(comments) {
        return Err(wrong(line, message));
    }
    // A million runs have as many seeds, which would lie in memory twice.
    drop(rows.places);
    Ok(ScoreTable {
        runs: rows.runs.into_iter().map(OpenRun::closed).collect(),
        methods: rows.methods.list,
        tasks: rows.tasks.list,
        contexts: rows.contexts.list,
        has_steps: columns.step.is_some(),
        ignored: columns.ignored,
    })
}

/// The text with lines that end as on Unix: the CSV reader counts lines that end in CR LF one too few.
fn with_unix_line_ends(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'\r') {
        return Cow::Borrowed(bytes);
    }
    let is_kept = |&place: &usize| !bytes[place..].starts_with(b"\r\n");
    let kept = (0..bytes.len()).filter(is_kept);
    Cow::Owned(kept.map(|place| bytes[place]).collect())
}

/// How many lines before the head begin with `#`, as those of our own reports and of the monitor files of Stable-Baselines3
/// do, and the text that follows them. Further down such a line is a run like any other, whose method has that name.
fn after_comments(mut bytes: &[u8]) -> (u64, &[u8]) {
    let mut comments = 0;
    while bytes.first() == Some(&b'#') {
        let line = bytes.split_inclusive(|&byte| byte == b'\n').next();
        bytes = &bytes[line.map_or(bytes.len(), <[u8]>::len)..];
        comments += 1;
    }
    (comments, bytes)
}

fn describe(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            format!("holds {len} cells, expected {expected_len} as in the head")
        }
        csv::ErrorKind::Utf8 { .. } => "is not text in UTF-8".into(),
        _ => error.to_string(),
    }
}

/// Names in the order of their first appearance.
#[derive(Default)]
struct Names {
    list: Vec<String>,
    places: HashMap<String, usize>,
}

impl Names {
    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        self.list.push(name.to_owned());
        self.places.insert(name.to_owned(), self.list.len() - 1);
        self.list.len() - 1
    }
}

/// The lines that have been read, sorted into runs. The lines of a run may stand anywhere in the file.
#[derive(Default)]
struct Rows {
    methods: Names,
    tasks: Names,
    contexts: Names,
    places: HashMap<[usize; 3], HashMap<String, usize>>,
    runs: Vec<OpenRun>,
}

/// A run of which more lines may follow.
struct OpenRun {
    run: Run,
    points: Vec<Line>,
}

struct Line {
    step: u64,
    score: Option<f64>,
    number: u64,
}

impl Rows {
    fn add(&mut self, row: &Row<'_>, number: u64) {
        let method = self.methods.place(row.method);
        let task = self.tasks.place(row.task);
        let context = self.contexts.place(row.context);
        let of_seed = self.places.entry([method, task, context]).or_default();
        let place = match of_seed.get(row.seed) {
            Some(place) => *place,
            None => {
                of_seed.insert(row.seed.to_owned(), self.runs.len());
                self.runs.push(OpenRun {
                    run: Run {
                        method,
                        task,
                        context,
                        seed: row.seed.to_owned(),
                        ..Run::default()
                    },
                    // Most files have one score a run, and a million runs.
                    points: Vec::with_capacity(1),
                });
                self.runs.len() - 1
            }
        };
        self.runs[place].points.push(Line {
            step: row.step,
            score: row.score,
            number,
        });
    }

    /// Sorts the points of every run by step, and finds the first line that says again what an earlier line said.
    fn first_repetition(&mut self, comments: u64) -> Option<(u64, String)> {
        let mut first: Option<(u64, String)> = None;
        for open in &mut self.runs {
            open.points.sort_by_key(|line| line.step);
            for pair in open.points.windows(2) {
                let (one, again) = (&pair[0], &pair[1]);
                let is_first = first.as_ref().is_none_or(|(line, _)| again.number < *line);
                if one.step != again.step || !is_first {
                    continue;
                }
                let has_steps = open.points.iter().any(|line| line.step != 0);
                let step = if has_steps {
                    format!(", step {}", one.step)
                } else {
                    String::new()
                };
                let message = format!(
                    "method {}, task {}, seed {}{step} is already on line {}",
                    self.methods.list[open.run.method],
                    self.tasks.list[open.run.task],
                    open.run.seed,
                    comments + one.number
                );
                first = Some((again.number, message));
            }
        }
        first
    }
}

impl OpenRun {
    /// The run; its points are sorted.
    fn closed(self) -> Run {
        let points = self.points.into_iter();
        Run {
            curve: points.map(|line| Some((line.step, line.score?))).collect(),
            ..self.run
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ScoreTable, String> {
        super::parse("s.csv", text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_may_come_in_any_order_and_others_are_named() {
        let scores =
            parse("seed,score,wall,task,method\n0,1.5,9,hopper,a\n0, -2e1 ,9,hopper,b\n").unwrap();
        assert_eq!(
            (scores.methods.as_slice(), scores.tasks.len()),
            (&["a".to_owned(), "b".to_owned()][..], 1)
        );
        assert_eq!(scores.runs[1].curve, Some(vec![(0, -20.0)]));
        assert_eq!(scores.ignored, ["wall"]);
        assert!(!scores.has_steps);
    }

    #[test]
    fn steps_are_sorted_and_may_be_written_as_floats() {
        let scores =
            parse("method,task,seed,step,score\na,t,0,2e3,5\na,t,0,0,1\na,t,0,1000.0,3\n").unwrap();
        assert_eq!(
            scores.runs[0].curve,
            Some(vec![(0, 1.0), (1000, 3.0), (2000, 5.0)])
        );
    }

    #[test]
    fn a_run_with_a_score_that_is_no_usable_number_failed() {
        for bad in ["", "nan", "NaN", "inf", "-inf", "1e200", "NA", "null"] {
            let scores = parse(&format!("method,task,seed,score\na,t,0,{bad}\na,t,1,2\n")).unwrap();
            assert_eq!(scores.runs[0].curve, None, "{bad}");
            assert!(scores.runs[1].curve.is_some());
        }
    }

    #[test]
    fn comments_before_the_head_are_skipped_but_counted() {
        let text =
            "# spikebench report s.yaml\r\n# data 0123\r\nmethod,task,seed,score\r\na,t,0,1\r\n";
        assert_eq!(parse(text).unwrap().runs.len(), 1);
        let twice = parse(&format!("{text}a,t,0,2\r\n")).unwrap_err();
        assert_eq!(
            twice,
            "s.csv:5: method a, task t, seed 0 is already on line 4"
        );
        let named = parse("method,task,seed,score\n#1,t,0,1\n").unwrap();
        assert_eq!(named.methods, ["#1"]);
    }

    #[test]
    fn what_is_wrong_is_said_with_file_and_line() {
        let head = "method,task,seed,score\n";
        for (text, message) in [
            (
                String::new(),
                "s.csv:1: is empty, expected a header with method",
            ),
            (
                head.replace(',', ";"),
                "s.csv:1: its cells are separated by ';', expected commas",
            ),
            (
                head.replace(',', "\t"),
                "s.csv:1: its cells are separated by '\\t', expected commas",
            ),
            (
                "Method,Task,Seed,Score\n".into(),
                "s.csv:1: column method is missing; expected method, task, seed, score and optionally step; found Method, Task",
            ),
            (
                "method,task,score\na,t,1\n".into(),
                "s.csv:1: column seed is missing",
            ),
            (
                "method,task,seed,score,task\n".into(),
                "s.csv:1: column task is given twice",
            ),
            (head.into(), "s.csv:1: holds no run"),
            (
                format!("{head}a,t,0,1\na,t,1\n"),
                "s.csv:3: holds 3 cells, expected 4",
            ),
            (
                format!("{head}a,t,0,1\na,t,0,2\n"),
                "s.csv:3: method a, task t, seed 0 is already on line 2",
            ),
            (
                format!("{head}a,t,0,many\n"),
                "s.csv:2: score \"many\" is not a number",
            ),
            (format!("{head},t,0,1\n"), "s.csv:2: method is empty"),
            (
                "method,task,seed,score,step\na,t,0,1,-5\n".into(),
                "s.csv:2: step \"-5\" is not a whole number",
            ),
            (
                "method,task,seed,score,step\na,t,0,1,5\na,t,0,2,5\n".into(),
                "seed 0, step 5 is already on line 2",
            ),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(message), "{error}\n{message}");
        }
        let error = super::parse("s.csv", b"method,task,seed,score\na,\xff,0,1\n")
            .unwrap_err()
            .to_string();
        assert_eq!(error, "s.csv:2: is not text in UTF-8");
    }

    #[test]
    fn the_hash_is_of_what_was_scored() {
        let hash = |score: &str| {
            parse(&format!("method,task,seed,score\na,t,0,{score}\n"))
                .unwrap()
                .hash()
        };
        assert_eq!(hash("1"), hash("1.0"));
        assert_ne!(hash("1"), hash("1.5"));
        assert_ne!(hash("1"), hash("nan"));
    }
}
