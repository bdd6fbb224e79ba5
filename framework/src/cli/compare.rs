//! `spikebench compare`: the same statistics on anyone's scores.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::report::scores;
use crate::scores::{
    Analysis, Failed, Metric, Omnibus, PostHoc, Scores, ScoresError, Settings, SettingsError,
};
use crate::stats::aggregate::Bounds;
use crate::stats::correction::Correction;
use crate::stats::ends::Ends;
use crate::stats::family::Family;
use crate::stats::signed_rank::Zeros;
use crate::stats::two_sample::Test;

use super::{Failure, exit, show};

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
    #[arg(long, value_name = "TASK=LOW:HIGH", value_parser = bounds)]
    normalise: Vec<(String, Bounds)>,
    /// The score that runs of a task are expected to reach
    #[arg(long, value_name = "TASK=SCORE", value_parser = threshold)]
    threshold: Vec<(String, f64)>,
    /// How many more evaluations must score as much for it to count as reached
    #[arg(long, value_name = "N", default_value_t = 0)]
    stays: usize,
    /// What runs without a usable score count as
    #[arg(long, value_enum, default_value = "refuse")]
    failed: Failed,
    /// What is compared of a curve
    #[arg(long, value_enum, default_value = "final")]
    metric: Metric,
    /// What Wilcoxon's test does with pairs that do not differ
    #[arg(long, value_enum, default_value = "wilcox")]
    zeros: Zeros,
    /// How intervals are resampled; default: the difference by the t interval that goes with the test, the IQM of a
    /// task by the stretched percentile, over tasks rliable's percentile
    #[arg(long, value_enum)]
    interval: Option<Ends>,
    /// What equivalence means to the test tost, in the unit of the scores
    #[arg(long, value_name = "DIFFERENCE", value_parser = positive)]
    margin: Option<f64>,
    /// A difference between tasks' means that does not matter to the Bayesian test
    #[arg(long, value_name = "DIFFERENCE", default_value = "0.01", value_parser = not_negative)]
    rope: f64,
    /// Where bootstrap and random permutations start
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
    /// As JSON, at full precision
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let scores = Scores::read(&arguments.scores)?;
    let analysis = Analysis::of(&scores, &arguments.settings())?;
    let command = arguments.command();
    show(&if arguments.json {
        scores::json(&analysis, &command)
    } else {
        scores::text(&analysis, &command)
    })
}

impl From<ScoresError> for Failure {
    fn from(error: ScoresError) -> Self {
        let code = match error {
            ScoresError::Unreadable { .. } => exit::IO,
            ScoresError::Wrong { .. } => exit::BAD_DATA,
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
    fn settings(&self) -> Settings {
        Settings {
            baseline: self.baseline.clone(),
            all_pairs: self.all_pairs,
            test: self.test,
            omnibus: self.omnibus,
            post_hoc: self.post_hoc,
            correction: self.correction,
            family: self.family,
            alpha: self.alpha,
            failed: self.failed,
            metric: self.metric,
            zeros: self.zeros,
            interval: self.interval,
            margin: self.margin,
            rope: self.rope,
            bounds: self.normalise.clone(),
            thresholds: self.threshold.clone(),
            stays: self.stays,
            seed: self.seed,
        }
    }

    /// The command that makes this analysis again: whatever differs from the defaults.
    fn command(&self) -> String {
        let (settings, usual) = (self.settings(), Settings::default());
        let mut command = format!("spikebench compare {}", self.scores.display());
        let mut option = |name: &str, value: String, is_usual: bool| {
            if !is_usual {
                command.push_str(&format!(" --{name}"));
                if !value.is_empty() {
                    command.push_str(&format!(" {value}"));
                }
            }
        };
        if let Some(baseline) = &settings.baseline {
            option("baseline", baseline.clone(), false);
        }
        option("all-pairs", String::new(), !settings.all_pairs);
        option("test", name(settings.test), settings.test == usual.test);
        option(
            "omnibus",
            name(settings.omnibus),
            settings.omnibus == usual.omnibus,
        );
        option(
            "post-hoc",
            name(settings.post_hoc),
            settings.post_hoc == usual.post_hoc,
        );
        option(
            "correction",
            name(settings.correction),
            settings.correction == usual.correction,
        );
        option(
            "family",
            name(settings.family),
            settings.family == usual.family,
        );
        option(
            "alpha",
            settings.alpha.to_string(),
            settings.alpha == usual.alpha,
        );
        for (task, bounds) in &settings.bounds {
            option(
                "normalise",
                format!("{task}={}:{}", bounds.low, bounds.high),
                false,
            );
        }
        for (task, score) in &settings.thresholds {
            option("threshold", format!("{task}={score}"), false);
        }
        option(
            "stays",
            settings.stays.to_string(),
            settings.stays == usual.stays,
        );
        option(
            "failed",
            name(settings.failed),
            settings.failed == usual.failed,
        );
        option(
            "metric",
            name(settings.metric),
            settings.metric == usual.metric,
        );
        option("zeros", name(settings.zeros), settings.zeros == usual.zeros);
        if let Some(interval) = settings.interval {
            option("interval", name(interval), false);
        }
        if let Some(margin) = settings.margin {
            option("margin", margin.to_string(), false);
        }
        option(
            "rope",
            settings.rope.to_string(),
            settings.rope == usual.rope,
        );
        option(
            "seed",
            settings.seed.to_string(),
            settings.seed == usual.seed,
        );
        command
    }
}

pub(super) fn name(value: impl ValueEnum) -> String {
    value
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
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
    let bounds = Bounds::new(number(low)?, number(high)?).ok_or("LOW must be below HIGH")?;
    Ok((task.to_owned(), bounds))
}
