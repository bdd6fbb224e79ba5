//! `spikebench compare`: the same statistics on anyone's scores.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use crate::analysis::{
    Direction, Failed, Incomplete, Metric, Omnibus, PostHoc, ScoreError, ScoreTable, Settings,
    SettingsError, contrasts, options, path_word, quoted, read,
};
use crate::report::bundle::{self, Sources};
use crate::report::published::PublishedReport;
use crate::report::{Format, Study, missing_shapes, render};
use crate::stats::aggregate::Bounds;
use crate::stats::correction::Correction;
use crate::stats::family::Family;
use crate::stats::interval_method::IntervalMethod;
use crate::stats::signed_rank::Zeros;
use crate::stats::two_sample::Test;

use super::output::tell;
use super::reading::ReadingArguments;
use super::report::check_format;
use super::{DiskFolder, Failure, exit, show};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Files or folders with scores: a CSV file with the columns method, task, seed, score and, for curves, step, or any
    /// other of the forms in docs/scores.md
    #[arg(required = true)]
    scores: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingArguments,
    /// The method that the others are compared with; default: the first in the file
    #[arg(long, value_name = "METHOD")]
    baseline: Option<String>,
    /// Compare every method with every other
    #[arg(long)]
    all_pairs: bool,
    /// The test of two groups of runs
    #[arg(long, value_enum, default_value = "welch")]
    test: Test,
    /// The test of all methods of a task at once
    #[arg(long, value_enum, default_value = "kruskal-wallis")]
    omnibus: Omnibus,
    /// Which methods differ after that: over tasks, or on each task
    #[arg(long, value_enum, default_value = "nemenyi")]
    post_hoc: PostHoc,
    /// The correction for several comparisons
    #[arg(long, value_enum, default_value = "holm")]
    correction: Correction,
    /// Which comparisons the correction is for
    #[arg(long, value_enum, default_value = "per_environment")]
    family: Family,
    /// The accepted probability of a false alarm in a family
    #[arg(long, value_name = "ALPHA", default_value = "0.05", value_parser = alpha)]
    alpha: f64,
    /// The scores of a task that become 0 and 1 on the common scale; from-data: where a task has none, those of its worst and
    /// its best run
    #[arg(long, alias = "bounds", value_name = "TASK=LOW:HIGH|from-data", value_parser = normalisation)]
    normalise: Vec<Normalisation>,
    /// The same as --normalise from-data
    #[arg(long, hide = true)]
    bounds_from_scores: bool,
    /// How many steps a complete run has; default: as many as the longest run of its task. One that ends before is a run
    /// without a usable score
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// Compare the runs at this step, whatever they did after it
    #[arg(long, value_name = "STEP")]
    until: Option<u64>,
    /// What is left out over all tasks if a method has no score on a task
    #[arg(long, value_enum, default_value = "drop-method")]
    incomplete: Incomplete,
    /// The score that runs of a task are expected to reach
    #[arg(long, value_name = "TASK=SCORE", value_parser = threshold)]
    threshold: Vec<(String, f64)>,
    /// How many more evaluations must score as much for it to count as reached
    #[arg(long, value_name = "N", default_value_t = 0)]
    stays: usize,
    /// What runs without a usable score count as
    #[arg(long, value_enum, default_value = "refuse")]
    failed: Failed,
    /// The number of a run that is compared; may be given several times, the first one is the main one: final, last:K,
    /// best, best_of_mean, auc, steps_to:SCORE (or steps_to with --threshold), stability
    #[arg(long, default_value = "final", value_parser = metric)]
    metric: Vec<Metric>,
    /// Whether a higher or a lower score is better
    #[arg(long, value_enum, default_value = "higher")]
    better: Direction,
    /// What Wilcoxon's test does with pairs that do not differ
    #[arg(long, value_enum, default_value = "wilcox")]
    zeros: Zeros,
    /// How intervals are resampled; default: the difference by the t interval that goes with the test, the IQM of a
    /// task by the expanded percentile, over tasks rliable's percentile
    #[arg(long, value_enum)]
    interval: Option<IntervalMethod>,
    /// What equivalence means to the test tost, in the unit of the scores
    #[arg(long, value_name = "DIFFERENCE", value_parser = positive)]
    margin: Option<f64>,
    /// A difference between tasks' means that does not matter to the Bayesian test
    #[arg(long, value_name = "DIFFERENCE", default_value = "0.01", value_parser = not_negative)]
    rope: f64,
    /// Where bootstrap and random permutations start
    #[arg(long, value_name = "SEED", default_value_t = Settings::default().seed)]
    seed: u64,
    /// How to show it [default: text; with --out: all]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write files into this folder instead of showing a text
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let format = if arguments.json {
        Format::Json
    } else {
        check_format(arguments.format, arguments.out.is_some())?
    };
    let table = read(&arguments.scores, &arguments.reading.reading())?;
    if !table.published.is_empty() {
        return published(arguments, &table, format);
    }
    let name = arguments.names().join(" ");
    let study = Study::of_scores(&name, table, &arguments.settings()?)?;
    let command = arguments.command()?;
    let Some(out) = &arguments.out else {
        return show(&render(&study, &command, format));
    };
    let sources = Sources {
        study: &study,
        runs: None,
        shapes: &[],
        command: &command,
    };
    if let Some(note) = missing_shapes::note(&study) {
        tell(note);
    }
    let folder = DiskFolder::create(out)?;
    let written = bundle::write(&sources, format, &folder);
    folder.finish(written)
}

/// What papers publish is compared as far as that goes.
fn published(arguments: &Arguments, table: &ScoreTable, format: Format) -> Result<u8, Failure> {
    let settings = arguments.settings()?;
    let contrasts = contrasts(&table.published, &settings)?;
    let command = arguments.command()?;
    let report = PublishedReport {
        command: &command,
        groups: &table.published,
        contrasts: &contrasts,
        settings: &settings,
        notes: &table.notes,
    };
    match format {
        Format::Text => show(&report.text()),
        Format::Json => show(&report.json()),
        _ => {
            let message = "--format and --out: published means are shown as text or JSON only";
            Err(Failure::new(exit::USAGE, message))
        }
    }
}

impl From<ScoreError> for Failure {
    fn from(error: ScoreError) -> Self {
        let code = match error {
            ScoreError::Unreadable { .. } => exit::IO,
            ScoreError::Wrong { .. } => exit::BAD_DATA,
        };
        Self::new(code, error)
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::new(exit::USAGE, error)
    }
}

impl Arguments {
    fn settings(&self) -> Result<Settings, Failure> {
        Ok(Settings {
            baseline: self.baseline.clone(),
            all_pairs: self.all_pairs,
            metrics: once_each(&self.metric)?,
            better: self.better,
            test: self.test,
            margin: self.margin,
            omnibus: self.omnibus,
            post_hoc: self.post_hoc,
            correction: self.correction,
            family: self.family,
            alpha: self.alpha,
            failed: self.failed,
            zeros: self.zeros,
            interval: self.interval,
            rope: self.rope,
            bounds: by_task(&self.bounds())?,
            bounds_from_scores: self.bounds_from_scores
                || self.normalise.contains(&Normalisation::FromData),
            steps: self.steps,
            until: self.until,
            incomplete: self.incomplete,
            thresholds: by_task(&self.threshold)?,
            stays: self.stays,
            seed: self.seed,
        })
    }

    /// The bounds that were given, task by task.
    fn bounds(&self) -> Vec<(String, Bounds)> {
        let given = self.normalise.iter().filter_map(|given| match given {
            Normalisation::FromData => None,
            Normalisation::Task(task, bounds) => Some((task.clone(), *bounds)),
        });
        given.collect()
    }

    /// The command that makes this analysis again: whatever differs from the defaults.
    fn command(&self) -> Result<String, Failure> {
        let mut words = vec!["spikebench".to_owned(), "compare".to_owned()];
        words.extend(self.scores.iter().map(|path| path_word(path)));
        words.extend(self.reading.reading().options());
        words.extend(options(&self.settings()?));
        Ok(quoted(words.iter().map(String::as_str)))
    }

    /// The files, as they were named.
    fn names(&self) -> Vec<String> {
        let names = self.scores.iter().map(|path| path.display().to_string());
        names.collect()
    }
}

fn once_each(metrics: &[Metric]) -> Result<Vec<Metric>, Failure> {
    let twice = (1..metrics.len()).find(|&place| metrics[..place].contains(&metrics[place]));
    match twice {
        Some(place) => {
            let message = format!("metric {} is given twice", metrics[place]);
            Err(Failure::new(exit::USAGE, message))
        }
        None => Ok(metrics.to_vec()),
    }
}

fn by_task<T: Copy>(given: &[(String, T)]) -> Result<BTreeMap<String, T>, Failure> {
    let mut by_task = BTreeMap::new();
    for (task, value) in given {
        if by_task.insert(task.clone(), *value).is_some() {
            let message = format!("task {task:?} is given twice");
            return Err(Failure::new(exit::USAGE, message));
        }
    }
    Ok(by_task)
}

fn metric(text: &str) -> Result<Metric, String> {
    Metric::of_scores(text)
}

fn number(text: &str) -> Result<f64, String> {
    text.trim()
        .parse::<f64>()
        .ok()
        .filter(|value| value.is_finite())
        .ok_or_else(|| format!("{text:?} is not a number"))
}

pub(super) fn alpha(text: &str) -> Result<f64, String> {
    number(text)
        .ok()
        .filter(|alpha| *alpha > 0.0 && *alpha < 1.0)
        .ok_or_else(|| "must lie between 0 and 1".into())
}

pub(super) fn positive(text: &str) -> Result<f64, String> {
    number(text)
        .ok()
        .filter(|value| *value > 0.0)
        .ok_or_else(|| "must be a positive number".into())
}

fn not_negative(text: &str) -> Result<f64, String> {
    number(text)
        .ok()
        .filter(|value| *value >= 0.0)
        .ok_or_else(|| "must be a number that is not negative".into())
}

fn threshold(text: &str) -> Result<(String, f64), String> {
    let (task, score) = text.rsplit_once('=').ok_or("expected TASK=SCORE")?;
    Ok((task.to_owned(), number(score)?))
}

/// What one `--normalise` says.
#[derive(Debug, Clone, PartialEq)]
enum Normalisation {
    FromData,
    Task(String, Bounds),
}

fn normalisation(text: &str) -> Result<Normalisation, String> {
    if text == "from-data" {
        return Ok(Normalisation::FromData);
    }
    let parts = text
        .rsplit_once('=')
        .and_then(|(task, range)| Some((task, range.split_once(':')?)));
    let (task, (low, high)) = parts.ok_or("expected TASK=LOW:HIGH or from-data")?;
    let bounds = Bounds::new(number(low)?, number(high)?).ok_or("LOW and HIGH must differ")?;
    Ok(Normalisation::Task(task.to_owned(), bounds))
}
