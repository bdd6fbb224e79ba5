//! From a CSV file to [`Scores`]: everything that can be wrong with it is found here, with its line.

use std::fs;
use std::io;
use std::path::Path;

use thiserror::Error;

use super::building::Building;
use super::columns::Columns;

/// Every run of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// In the order of their first appearance.
    pub methods: Vec<String>,
    /// In the order of their first appearance.
    pub tasks: Vec<String>,
    /// In the order of their first appearance.
    pub runs: Vec<Run>,
    /// Whether the file has a column `step`.
    pub has_steps: bool,
    /// Columns that mean nothing here.
    pub ignored: Vec<String>,
    /// A hash of all the runs: the same data give the same analysis.
    pub data_hash: String,
}

/// One method on one task with one seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its place in [`Scores::methods`].
    pub method: usize,
    /// Its place in [`Scores::tasks`].
    pub task: usize,
    /// As it is written; equal text is the same seed.
    pub seed: String,
    /// Scores by ascending step; a single one at step 0 in a file without steps. `None` for a run that failed: one of
    /// its scores is empty, NaN, infinite or beyond [`LARGEST`](crate::stats::describe::LARGEST).
    pub curve: Option<Vec<(u64, f64)>>,
}

/// What is wrong with a file of scores, and where.
#[derive(Debug, Error)]
pub enum ScoresError {
    /// The file system does not give it.
    #[error("{file}: {source}")]
    Unreadable {
        /// The file, as it was named.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// What it says is no table of scores.
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

impl Scores {
    /// Reads and checks a file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or that is no table of scores: a column that is missing or given twice, a line with
    /// too few or too many cells, an empty name, a step that is no whole number, a score that is no number, the same
    /// run (at the same step) twice, or no run at all.
    pub fn read(path: &Path) -> Result<Self, ScoresError> {
        let file = path.display().to_string();
        let bytes = fs::read(path).map_err(|source| ScoresError::Unreadable {
            file: file.clone(),
            source,
        })?;
        Self::parse(&file, &bytes)
    }

    /// Checks the text of a file; `file` is for messages.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read), a file that cannot be read apart.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, ScoresError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let bytes = with_plain_ends(bytes);
        let (comments, bytes) = after_comments(&bytes);
        let wrong = |line: u64, message: String| ScoresError::Wrong {
            file: file.to_owned(),
            line: comments + line,
            message,
        };
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(bytes);
        let broken = |error: csv::Error| {
            let line = error.position().map_or(1, csv::Position::line);
            wrong(line, describe(&error))
        };
        let head = reader.headers().map_err(broken)?.clone();
        let columns = Columns::of(&head).map_err(|message| wrong(1, message))?;
        let mut building = Building::default();
        for record in reader.records() {
            let record = record.map_err(broken)?;
            let line = record.position().map_or(1, csv::Position::line);
            columns
                .row(&record)
                .and_then(|row| building.add(row, comments + line))
                .map_err(|message| wrong(line, message))?;
        }
        let runs = building.finished();
        if runs.is_empty() {
            return Err(wrong(
                1,
                "holds no run: expected at least one line below the head".into(),
            ));
        }
        let hash = data_hash(&building.methods, &building.tasks, &runs);
        Ok(Self {
            methods: building.methods,
            tasks: building.tasks,
            runs,
            has_steps: columns.step.is_some(),
            ignored: columns.ignored,
            data_hash: hash,
        })
    }
}

/// The text with lines that end as on Unix: the reader counts those that end in CR LF one too few.
fn with_plain_ends(bytes: &[u8]) -> Vec<u8> {
    let is_kept = |&place: &usize| !bytes[place..].starts_with(b"\r\n");
    let kept = (0..bytes.len()).filter(is_kept);
    kept.map(|place| bytes[place]).collect()
}

/// How many lines before the head begin with `#`, as our own reports and the monitor files of Stable-Baselines3 do, and what
/// follows them. Further down such a line is a run like any other, whose method has that name.
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

fn data_hash(methods: &[String], tasks: &[String], runs: &[Run]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("spikebench scores v1");
    let mut text = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    for run in runs {
        text(&methods[run.method]);
        text(&tasks[run.task]);
        text(&run.seed);
        let points: Vec<String> = run
            .curve
            .iter()
            .flatten()
            .map(|(step, score)| format!("{step} {:x}", score.to_bits()))
            .collect();
        text(&points.join(" "));
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Scores, String> {
        Scores::parse("s.csv", text.as_bytes()).map_err(|error| error.to_string())
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
            "s.csv:5: method a, task t, seed 0 stands in line 4 already"
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
                "s.csv:1: is empty, expected a head with method",
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
                "s.csv:3: method a, task t, seed 0 stands in line 2 already",
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
                "seed 0, step 5 stands in line 2 already",
            ),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(message), "{error}\n{message}");
        }
        let error = Scores::parse("s.csv", b"method,task,seed,score\na,\xff,0,1\n")
            .unwrap_err()
            .to_string();
        assert_eq!(error, "s.csv:2: is not text in UTF-8");
    }

    #[test]
    fn the_hash_is_of_what_was_scored() {
        let hash = |score: &str| {
            parse(&format!("method,task,seed,score\na,t,0,{score}\n"))
                .unwrap()
                .data_hash
        };
        assert_eq!(hash("1"), hash("1.0"));
        assert_ne!(hash("1"), hash("1.5"));
        assert_ne!(hash("1"), hash("nan"));
    }
}
