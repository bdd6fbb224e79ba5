//! From a CSV file to [`Scores`]: everything that can be wrong with it is found here, with its line.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use thiserror::Error;

use crate::stats::describe::LARGEST;

/// The columns a file must have, in any order.
const NEEDED: [&str; 4] = ["method", "task", "seed", "score"];

/// The column of curves.
const STEP: &str = "step";

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
    /// its scores is empty, NaN, infinite or beyond [`LARGEST`].
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
        let (comments, bytes) = after_comments(bytes);
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

/// Where what stands.
struct Columns {
    needed: [usize; 4],
    step: Option<usize>,
    ignored: Vec<String>,
}

/// One line.
struct Row<'a> {
    method: &'a str,
    task: &'a str,
    seed: &'a str,
    step: u64,
    score: Option<f64>,
}

impl Columns {
    fn of(head: &csv::StringRecord) -> Result<Self, String> {
        let place = |name: &str| {
            let mut places = (0..head.len()).filter(|&column| &head[column] == name);
            match (places.next(), places.next()) {
                (Some(_), Some(_)) => Err(format!("column {name} is given twice")),
                (place, _) => Ok(place),
            }
        };
        let mut needed = [0; 4];
        for (slot, name) in needed.iter_mut().zip(NEEDED) {
            *slot = place(name)?.ok_or_else(|| {
                let found: Vec<&str> = head.iter().collect();
                let known = "expected method, task, seed, score and optionally step";
                format!(
                    "column {name} is missing; {known}; found {}",
                    found.join(", ")
                )
            })?;
        }
        let step = place(STEP)?;
        let is_known = |name: &str| NEEDED.contains(&name) || name == STEP;
        let ignored = head
            .iter()
            .filter(|name| !is_known(name))
            .map(str::to_owned)
            .collect();
        Ok(Self {
            needed,
            step,
            ignored,
        })
    }

    fn row<'a>(&self, record: &'a csv::StringRecord) -> Result<Row<'a>, String> {
        let [method, task, seed, score] = self.needed.map(|column| &record[column]);
        for (name, text) in [("method", method), ("task", task), ("seed", seed)] {
            if text.is_empty() {
                return Err(format!("{name} is empty"));
            }
        }
        let step = self.step.map_or(Ok(0), |column| step(&record[column]))?;
        Ok(Row {
            method,
            task,
            seed,
            step,
            score: number(score)?,
        })
    }
}

/// A whole number, also as floats are printed: `1000000`, `1e6`, `1000000.0`.
fn step(text: &str) -> Result<u64, String> {
    let whole =
        |value: &f64| (0.0..=9_007_199_254_740_992.0).contains(value) && value.fract() == 0.0;
    text.parse::<u64>()
        .ok()
        .or_else(|| {
            text.parse::<f64>()
                .ok()
                .filter(whole)
                .map(|value| value as u64)
        })
        .ok_or_else(|| format!("step {text:?} is not a whole number that is not negative"))
}

/// A score; nothing where the run failed.
fn number(text: &str) -> Result<Option<f64>, String> {
    if text.is_empty() || ["na", "none", "null"].contains(&text.to_lowercase().as_str()) {
        return Ok(None);
    }
    let value: f64 = text
        .parse()
        .map_err(|_| format!("score {text:?} is not a number"))?;
    Ok(Some(value).filter(|value| value.abs() <= LARGEST))
}

/// What has been read so far.
#[derive(Default)]
struct Building {
    methods: Vec<String>,
    tasks: Vec<String>,
    places: HashMap<(usize, usize, String), usize>,
    runs: Vec<Open>,
}

/// A run whose points are not all known.
struct Open {
    method: usize,
    task: usize,
    seed: String,
    /// The line of each step.
    lines: HashMap<u64, u64>,
    points: Vec<(u64, Option<f64>)>,
}

impl Building {
    fn add(&mut self, row: Row<'_>, line: u64) -> Result<(), String> {
        let method = place(&mut self.methods, row.method);
        let task = place(&mut self.tasks, row.task);
        let runs = &mut self.runs;
        let key = (method, task, row.seed.to_owned());
        let index = *self.places.entry(key).or_insert_with(|| {
            let (lines, points) = (HashMap::new(), Vec::new());
            runs.push(Open {
                method,
                task,
                seed: row.seed.to_owned(),
                lines,
                points,
            });
            runs.len() - 1
        });
        let run = &mut runs[index];
        if let Some(before) = run.lines.insert(row.step, line) {
            let Row {
                method,
                task,
                seed,
                step,
                ..
            } = row;
            return Err(format!(
                "method {method}, task {task}, seed {seed}{} stands in line {before} already",
                if run.points.iter().any(|point| point.0 != 0) || step != 0 {
                    format!(", step {step}")
                } else {
                    String::new()
                }
            ));
        }
        run.points.push((row.step, row.score));
        Ok(())
    }

    fn finished(&mut self) -> Vec<Run> {
        let finish = |mut open: Open| {
            open.points.sort_by_key(|point| point.0);
            let curve = open
                .points
                .into_iter()
                .map(|(step, score)| Some((step, score?)))
                .collect();
            Run {
                method: open.method,
                task: open.task,
                seed: open.seed,
                curve,
            }
        };
        std::mem::take(&mut self.runs)
            .into_iter()
            .map(finish)
            .collect()
    }
}

fn place(names: &mut Vec<String>, name: &str) -> usize {
    names
        .iter()
        .position(|known| known == name)
        .unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        })
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
            (String::new(), "s.csv:1: column method is missing"),
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
