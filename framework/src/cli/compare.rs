//! `spikebench compare`: the same statistics on anyone's scores.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use crate::analysis::{
    Direction, Failed, Metric, Omnibus, PostHoc, ScoreError, Settings, SettingsError, options,
    quoted, read,
};
use crate::report::bundle::{self, Sources};
use crate::report::{Format, Study, render};
use crate::stats::aggregate::Bounds;
use crate::stats::correction::Correction;
use crate::stats::family::Family;
use crate::stats::interval_method::IntervalMethod;
use crate::stats::signed_rank::Zeros;
use crate::stats::two_sample::Test;

use super::report::check_format;
use super::{DiskFolder, Failure, exit, show};

#[derive(Debug, Args)]
pub struct Arguments {
    /// A CSV file with the columns method, task, seed, score and, for curves, step
    scores: PathBuf,
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
    /// The scores of a task that become 0 and 1 on the common scale
    #[arg(long, alias = "bounds", value_name = "TASK=LOW:HIGH", value_parser = bounds)]
    normalise: Vec<(String, Bounds)>,
    /// Let the worst and the best run of a task stand for 0 and 1 where it has no bounds
    #[arg(long)]
    bounds_from_scores: bool,
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
    let table = read(&arguments.scores)?;
    let name = arguments.scores.display().to_string();
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
    let folder = DiskFolder::create(out)?;
    let written = bundle::write(&sources, format, &folder);
    folder.finish(written)
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
            bounds: by_task(&self.normalise)?,
            bounds_from_scores: self.bounds_from_scores,
            thresholds: by_task(&self.threshold)?,
            stays: self.stays,
            seed: self.seed,
        })
    }

    /// The command that makes this analysis again: whatever differs from the defaults.
    fn command(&self) -> Result<String, Failure> {
        let file = self.scores.display().to_string();
        let options = options(&self.settings()?);
        let mut words = vec!["spikebench", "compare", file.as_str()];
        words.extend(options.iter().map(String::as_str));
        Ok(quoted(words))
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
    text.parse()
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

fn bounds(text: &str) -> Result<(String, Bounds), String> {
    let parts = text
        .rsplit_once('=')
        .and_then(|(task, range)| Some((task, range.split_once(':')?)));
    let (task, (low, high)) = parts.ok_or("expected TASK=LOW:HIGH")?;
    let bounds = Bounds::new(number(low)?, number(high)?).ok_or("LOW and HIGH must differ")?;
    Ok((task.to_owned(), bounds))
}
