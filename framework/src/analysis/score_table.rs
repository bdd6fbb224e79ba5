//! The scores of runs, wherever they come from.

use std::fmt::Write;
use std::io;

use super::spreadsheet::guarded;

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
    /// Method by method.
    pub runs: Vec<Run>,
    /// Whether runs have learning curves. Otherwise every run has a single score, at step 0.
    pub has_steps: bool,
    /// Columns of a file that mean nothing here.
    pub ignored: Vec<String>,
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
    /// Scores by ascending step. `None` for a run that failed: it did not finish, or one of its scores is empty, NaN,
    /// infinite or beyond [`LARGEST`](crate::stats::describe::LARGEST).
    pub curve: Option<Vec<(u64, f64)>>,
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
            text(&points);
        }
        hasher.finalize().to_hex()[..16].to_owned()
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
    /// reads without taking a name for a formula: a failed run is one line without a score, at `last_step`. `comments` become
    /// lines that begin with `#`.
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
        let mut writer = csv::Writer::from_writer(writer);
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
            match &run.curve {
                None => line(last_step, "")?,
                Some(curve) => curve
                    .iter()
                    .try_for_each(|(step, score)| line(*step, &score.to_string()))?,
            }
        }
        writer.flush()
    }
}
