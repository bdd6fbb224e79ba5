//! The scores that have been read, sorted into runs. Those of one run may stand anywhere, in any file.

use std::collections::HashMap;
use std::path::Path;

use super::super::published::Published;
use super::super::score_table::ScoreTable;
use super::error::ScoreError;
use super::names::Names;
use super::open_run::{NO_EPISODE, OpenRun, Point, Repetition, joined};
use super::options::SameStep;
use super::run_name::RunName;

/// One score of a run.
pub struct Row<'a> {
    pub method: &'a str,
    pub task: &'a str,
    /// Empty where nothing is said of it.
    pub context: &'a str,
    pub seed: &'a str,
    /// 0 for scores without steps.
    pub step: u64,
    /// Which of the episodes at this step; `None` if there are no episodes.
    pub episode: Option<&'a str>,
    /// `None` where it is missing or no usable number.
    pub score: Option<f64>,
    /// The line of the file, 0 where there are no lines.
    pub line: u64,
}

/// All runs of all files.
#[derive(Default)]
pub struct Runs {
    methods: Names,
    tasks: Names,
    contexts: Names,
    seeds: Names,
    episodes: Names,
    files: Vec<String>,
    /// Where the run is that has these places of method, task, context and seed.
    places: HashMap<[u32; 4], u32>,
    runs: Vec<OpenRun>,
    /// The place of the run to which the last score belongs.
    last: usize,
    /// How many scores there are.
    pub scores: usize,
    /// Whether scores have steps.
    pub has_steps: bool,
    /// Columns that mean nothing here.
    pub ignored: Vec<String>,
    /// What a reader must be told.
    pub notes: Vec<String>,
    /// What papers publish instead of runs.
    pub published: Vec<Published>,
    /// How lines of one run at one step can be told apart, for the message that refuses them.
    pub hint: Option<String>,
}

impl Runs {
    /// What follows comes from this file.
    pub fn begin(&mut self, file: &str) {
        self.files.push(file.to_owned());
    }

    /// Takes one score.
    pub fn add(&mut self, row: &Row<'_>) {
        self.scores += 1;
        let place = [
            self.methods.place(row.method),
            self.tasks.place(row.task),
            self.contexts.place(row.context),
            self.seeds.place(row.seed),
        ];
        let episode = row
            .episode
            .map_or(NO_EPISODE, |episode| self.episodes.place(episode));
        let is_of_last = self
            .runs
            .get(self.last)
            .is_some_and(|last| last.place == place);
        if !is_of_last {
            let runs = &mut self.runs;
            self.last = *self.places.entry(place).or_insert_with(|| {
                runs.push(OpenRun {
                    place,
                    points: Vec::with_capacity(1),
                });
                runs.len() as u32 - 1
            }) as usize;
        }
        self.runs[self.last].points.push(Point {
            step: row.step,
            score: row.score.unwrap_or(f64::NAN),
            line: u32::try_from(row.line).unwrap_or(u32::MAX),
            file: (self.files.len() as u32).saturating_sub(1),
            episode,
        });
    }

    /// Takes a run that has no score.
    pub fn add_lost(&mut self, name: &RunName, task: &str) {
        self.has_steps = true;
        self.add(&Row {
            method: name.method.as_deref().unwrap_or_default(),
            task,
            context: "",
            seed: name.seed.as_deref().unwrap_or("0"),
            step: 0,
            episode: None,
            score: None,
            line: 0,
        });
    }

    /// The task of all runs, if it is one and has a name.
    pub fn only_task(&self) -> Option<&str> {
        match self.tasks.list.as_slice() {
            [only] if !only.is_empty() => Some(only),
            _ => None,
        }
    }

    /// Gives a name to the task of files that do not name one. The name, if there is such a task.
    pub fn name_task(&mut self, name: &str) -> Option<String> {
        let name = if name.is_empty() { "task" } else { name };
        let tasks = self.tasks.list.iter_mut();
        let published = self.published.iter_mut().map(|one| &mut one.task);
        let mut is_named = false;
        for task in tasks.chain(published).filter(|task| task.is_empty()) {
            name.clone_into(task);
            is_named = true;
        }
        is_named.then(|| name.to_owned())
    }

    /// The table of all runs.
    pub fn table(mut self, same_step: SameStep) -> Result<ScoreTable, ScoreError> {
        self.places = HashMap::new();
        self.seeds.close();
        let mut gaps = Gaps::default();
        let mut averaged = Averaged::default();
        let mut first: Option<Repetition> = None;
        for open in &mut self.runs {
            open.points
                .sort_by_key(|point| (point.step, point.episode, point.file, point.line));
            if let Some(found) = open.repetition(same_step)
                && first.as_ref().is_none_or(|first| found.is_before(first))
            {
                first = Some(found);
            }
        }
        if let Some(repetition) = first {
            return Err(self.refused(&repetition));
        }
        let seeds = &self.seeds.list;
        let close = |mut open: OpenRun| {
            averaged.add(&open);
            if open
                .points
                .windows(2)
                .any(|pair| pair[0].step == pair[1].step)
            {
                open.points = joined(&open.points, same_step);
            }
            gaps.add(&open);
            open.closed(seeds)
        };
        let runs = std::mem::take(&mut self.runs)
            .into_iter()
            .map(close)
            .collect();
        self.notes.extend(averaged.note());
        self.notes.extend(gaps.note(&self.files));
        Ok(ScoreTable {
            runs,
            methods: self.methods.list,
            tasks: self.tasks.list,
            contexts: self.contexts.list,
            context_axes: Vec::new(),
            has_steps: self.has_steps,
            ignored: self.ignored,
            notes: self.notes,
            published: self.published,
        })
    }

    fn refused(&self, repetition: &Repetition) -> ScoreError {
        let Repetition { place, one, again } = repetition;
        let [method, task, _, seed] = place.map(|place| place as usize);
        let step = if self.has_steps {
            format!(", step {}", one.step)
        } else {
            String::new()
        };
        let file = |point: &Point| self.files[point.file as usize].clone();
        let before = match (one.line, one.file == again.file) {
            (0, true) => "is given twice".to_owned(),
            (0, false) => format!("is already in {}", file(one)),
            (line, true) => format!("is already on line {line}"),
            (line, false) => format!("is already in {}:{line}", file(one)),
        };
        let are_events = |point: &Point| file(point).contains("tfevents");
        let folder = |point: &Point| Path::new(&file(point)).parent().map(Path::to_owned);
        let cure = match &self.hint {
            _ if one.file != again.file && are_events(one) && folder(one) == folder(again) => {
                "--same-step last takes the later file, as of a run that was started again".into()
            }
            _ if one.file != again.file => {
                "if these are two runs, --name-pattern '(?<method>…)-(?<seed>\\d+)' says what their paths tell".into()
            }
            Some(hint) => hint.clone(),
            None => "--same-step mean averages them".into(),
        };
        let message = format!(
            "method {}, task {}, seed {}{step} {before}; {cure}",
            self.methods.list[method], self.tasks.list[task], self.seeds.list[seed],
        );
        match again.line {
            0 => ScoreError::of_file(&file(again), message),
            line => ScoreError::of_line(&file(again), u64::from(line), message),
        }
    }
}

/// The runs whose scores at one step were averaged.
#[derive(Default)]
struct Averaged {
    runs: usize,
    least: usize,
    most: usize,
}

impl Averaged {
    fn add(&mut self, open: &OpenRun) {
        let most = open
            .points
            .chunk_by(|one, next| one.step == next.step)
            .filter(|points| points[0].episode != NO_EPISODE)
            .map(<[Point]>::len)
            .max();
        if let Some(most) = most.filter(|most| *most > 1) {
            self.least = if self.runs == 0 {
                most
            } else {
                self.least.min(most)
            };
            self.most = self.most.max(most);
            self.runs += 1;
        }
    }

    fn note(&self) -> Option<String> {
        let count = match (self.least, self.most) {
            (_, 0) => return None,
            (least, most) if least == most => format!("{most}"),
            (least, most) => format!("{least} to {most}"),
        };
        Some(format!(
            "the score of a run is the mean of its episodes, {count} of them; --columns step=NAME reads them as a curve"
        ))
    }
}

/// The scores that are missing within curves.
#[derive(Default)]
struct Gaps {
    inner: usize,
    first: Option<(u32, u32)>,
}

impl Gaps {
    fn add(&mut self, open: &OpenRun) {
        let known = |point: &&Point| !point.score.is_nan();
        let last = open.points.iter().rfind(known);
        let last = last.map(|point| point.step);
        for point in open.points.iter().filter(|point| point.score.is_nan()) {
            let place = (point.file, point.line);
            // A run without its last score has failed, and is named as such.
            if last.is_some_and(|last| point.step < last) {
                self.inner += 1;
                self.first = Some(self.first.map_or(place, |first| first.min(place)));
            }
        }
    }

    fn note(&self, files: &[String]) -> Option<String> {
        let place = |(file, line): (u32, u32)| match line {
            0 => files[file as usize].clone(),
            line if files.len() > 1 => format!("{}:{line}", files[file as usize]),
            line => format!("line {line}"),
        };
        self.first.map(|first| {
            format!(
                "{} without a usable score within a curve (first: {}); curves pass over them",
                counted(self.inner, "evaluation"),
                place(first)
            )
        })
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
