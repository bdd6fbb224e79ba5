//! The scores of runs, wherever they come from.

use std::fmt::Write;
use std::io;

use super::published::Published;
use super::spreadsheet::{csv_writer, guarded};

/// Every run that is to be compared. Methods, tasks and contexts are named once and referred to by their place.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreTable {
    /// What is compared, in the order of a suite's axis or of first appearance in a file.
    pub methods: Vec<String>,
    /// What they are compared on.
    pub tasks: Vec<String>,
    /// What is the same for all methods of one comparison, such as actor and agent of a suite that compares surrogates.
    /// A table that knows of no context has one with an empty name.
    pub contexts: Vec<String>,
    /// What contexts consist of, such as an actor and an agent; empty where only their names are known.
    pub context_axes: Vec<ContextAxis>,
    /// Method by method.
    pub runs: Vec<Run>,
    /// Whether runs have learning curves. Otherwise every run has a single score, at step 0.
    pub has_steps: bool,
    /// Columns of a file that mean nothing here.
    pub ignored: Vec<String>,
    /// What a reader must be told about the scores: how they were read, and what looks wrong with them.
    pub notes: Vec<String>,
    /// What papers publish of methods instead of runs. A table has either these or runs.
    pub published: Vec<Published>,
}

/// One of the things that a context fixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextAxis {
    /// `actor`
    pub name: String,
    /// What it is in each of the [contexts](ScoreTable::contexts).
    pub labels: Vec<String>,
}

/// One method on one task in one context with one seed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    /// Its place in [`ScoreTable::methods`].
    pub method: usize,
    /// Its place in [`ScoreTable::tasks`].
    pub task: usize,
    /// Its place in [`ScoreTable::contexts`].
    pub context: usize,
    /// As it is written; equal text is the same seed.
    pub seed: String,
    /// Scores by ascending step. `None` for a run that failed: it did not finish, or its last score is empty, NaN, infinite or
    /// beyond [`LARGEST`](crate::stats::describe::LARGEST). Scores before the last one that are none are left out.
    pub curve: Option<Vec<(u64, f64)>>,
    /// The scores of a run that failed, up to where it did.
    pub partial: Option<Vec<(u64, f64)>>,
    /// The first step that is known of the run, with a score or without one.
    pub first_step: u64,
    /// The last step that is known of the run, with a score or without one.
    pub last_step: u64,
    /// Why the run counts as one that failed, if it is more than that it did, such as `ends at step 100 of 200`.
    pub fault: Option<String>,
    /// Why the run has no numbers that need its whole curve, such as `begins at step 100, the others at 10`.
    pub late: Option<String>,
    /// Milliseconds of training at each point of the curve, if they are known.
    pub clock: Option<Vec<u64>>,
    /// The threads that trained it, if that is known.
    pub cores: Option<u32>,
    /// What the network did at evaluations, in ascending order of steps; empty where that is not known.
    pub activity: Vec<NetworkActivity>,
}

/// What one inference of a network takes, measured at an evaluation.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct NetworkActivity {
    /// Environment steps of training before the evaluation.
    pub step: u64,
    /// The mean number of spikes of a hidden neuron in a time step; `None` for a network without spikes.
    pub firing_rate: Option<f64>,
    /// Weights that are added up because of spikes.
    pub synaptic_operations: Option<f64>,
    /// Multiplications by numbers that are not spikes.
    pub multiply_accumulates: Option<f64>,
    /// The share of hidden neurons whose surrogate gradient is zero whatever they see.
    pub dead: Option<f64>,
}

impl ScoreTable {
    /// A hash of all the runs but their times, in 16 hexadecimal digits: the same scores give the same analysis.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("spikebench scores v1");
        let mut text = |text: &str| {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        let mut points = String::new();
        for run in &self.runs {
            text(&self.methods[run.method]);
            text(&self.tasks[run.task]);
            if self.contexts.len() > 1 {
                text(&self.contexts[run.context]);
            }
            text(&run.seed);
            points.clear();
            for (step, score) in run.curve.iter().flatten() {
                let space = if points.is_empty() { "" } else { " " };
                // A string takes whatever is written to it.
                let _ = write!(points, "{space}{step} {:x}", score.to_bits());
            }
            if let Some(partial) = &run.partial {
                let _ = write!(points, "{} {partial:?}", run.last_step);
            }
            text(&points);
        }
        hasher.finalize().to_hex()[..16].to_owned()
    }

    /// What a context consists of, in the order of [`context_axes`](Self::context_axes).
    pub fn parts_of(&self, context: &str) -> Vec<&str> {
        let place = self.contexts.iter().position(|known| known == context);
        let axes = self.context_axes.iter();
        axes.map(|axis| place.map_or("", |place| axis.labels[place].as_str()))
            .collect()
    }

    /// The name of one comparison: its task, and its context where there are several.
    pub fn key(&self, task: usize, context: usize) -> String {
        if self.contexts.len() > 1 && !self.contexts[context].is_empty() {
            format!("{} · {}", self.tasks[task], self.contexts[context])
        } else {
            self.tasks[task].clone()
        }
    }

    /// Writes the table as the CSV that [`parse`](super::parse) reads back as the same table, times apart, and that a spreadsheet
    /// reads without taking a name for a formula or a comment: a failed run has a line without a score after those that it has, at the last
    /// step of the others, or at `last_step` if no run has any. `comments` become lines that begin with `#`.
    pub fn write_csv(
        &self,
        comments: &[String],
        last_step: u64,
        mut writer: impl io::Write,
    ) -> io::Result<()> {
        for line in comments {
            writeln!(writer, "# {}", line.replace(['\r', '\n'], " "))?;
        }
        let has_contexts = self.contexts.len() > 1;
        let ends = self.runs.iter().map(|run| run.last_step);
        let last_step = ends.max().filter(|step| *step > 0).unwrap_or(last_step);
        let mut writer = csv_writer(writer);
        let mut write = |cells: [&str; 5], context: &str| {
            let context = has_contexts.then_some(context);
            writer.write_record(cells.into_iter().chain(context))
        };
        write(["method", "task", "seed", "step", "score"], "context")?;
        for run in &self.runs {
            let names = [&self.methods[run.method], &self.tasks[run.task], &run.seed];
            let [method, task, seed] = names.map(|name| guarded(name));
            let context = guarded(&self.contexts[run.context]);
            let mut line = |step: u64, score: &str| {
                let step = step.to_string();
                write([&method, &task, &seed, &step, score], &context)
            };
            let known = run.curve.as_ref().or(run.partial.as_ref());
            let begins = known.and_then(|known| known.first());
            if begins.is_some_and(|first| run.first_step < first.0) {
                line(run.first_step, "")?;
            }
            for (step, score) in known.into_iter().flatten() {
                line(*step, &score.to_string())?;
            }
            if run.curve.is_none() {
                line(run.last_step.max(last_step), "")?;
            }
        }
        writer.flush()
    }
}
