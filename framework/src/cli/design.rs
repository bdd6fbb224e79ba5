//! `spikebench design`: how many runs a comparison needs, before they are made.

use std::path::PathBuf;

use clap::Args;

use crate::analysis::{
    Analysis, Expected, Goal, Looks, Pilot, PilotError, Settings, name, option, path_word, quoted,
    read,
};
use crate::report::design::Design;
use crate::stats::correction::Correction;
use crate::stats::two_sample::Test;

use super::compare::{alpha, positive};
use super::reading::ReadingArguments;
use super::{Failure, exit, show};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Scores of a pilot: a CSV file as for `compare`
    #[arg(required_unless_present = "effect")]
    scores: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingArguments,
    /// A difference that is expected, in standard deviations; may be given several times
    #[arg(long, value_name = "D", value_parser = positive)]
    effect: Vec<f64>,
    /// The probability of finding a difference that is there
    #[arg(long, value_name = "POWER", default_value = "0.8", value_parser = alpha)]
    power: f64,
    /// The accepted probability of a false alarm in a family
    #[arg(long, value_name = "ALPHA", default_value = "0.05", value_parser = alpha)]
    alpha: f64,
    /// The correction for several comparisons
    #[arg(long, value_enum, default_value = "holm")]
    correction: Correction,
    /// How many comparisons share alpha; default: the methods of the pilot but one, or 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    comparisons: Option<u32>,
    /// The test that will be made, and whose power counts
    #[arg(long, value_enum, default_value = "welch")]
    test: Test,
    /// What this many runs of each method can show
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=10_000))]
    runs: Option<u32>,
    /// The method that the others are compared with; default: the first in the file
    #[arg(long, value_name = "METHOD", requires = "scores")]
    baseline: Option<String>,
    /// Decide by looking at the pilot at most this many times, planned before the first run
    #[arg(long, value_name = "N", requires = "scores", requires = "every", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    looks: Option<u32>,
    /// How many further runs of each method there are at each look
    #[arg(long, value_name = "RUNS", requires = "looks", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    every: Option<u32>,
    /// Where the relabellings of the looks start
    #[arg(long, value_name = "SEED", default_value_t = Settings::default().seed)]
    seed: u64,
    /// As JSON, at full precision
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let scores = (!arguments.scores.is_empty())
        .then(|| read(&arguments.scores, &arguments.reading.reading()))
        .transpose()?;
    if arguments.test == Test::Tost {
        let message = "--test tost: to show two methods equal takes other numbers of runs than to tell them apart, and \
                       only those of the latter are known here";
        return Err(Failure::new(exit::USAGE, message));
    }
    let methods = scores.as_ref().map_or(2, |scores| scores.methods.len());
    let goal = Goal {
        power: arguments.power,
        alpha: arguments.alpha,
        correction: arguments.correction,
        comparisons: arguments
            .comparisons
            .map_or(methods.saturating_sub(1).max(1), |count| count as usize),
        test: arguments.test,
    };
    let looks = arguments
        .looks
        .zip(arguments.every)
        .map(|(looks, every)| Looks {
            looks: looks as usize,
            runs: every as usize,
        });
    let pilot = match &scores {
        None => Vec::new(),
        Some(scores) => {
            let settings = Settings {
                baseline: arguments.baseline.clone(),
                seed: arguments.seed,
                ..Settings::default()
            };
            Pilot::all(&Analysis::of(scores, &settings)?, &goal, looks)?
        }
    };
    let runs = arguments.runs.map(|runs| runs as usize);
    let expect = |&effect: &f64| Expected::of(effect, &goal, runs);
    let design = Design {
        command: arguments.command(),
        goal,
        runs,
        expected: arguments.effect.iter().map(expect).collect(),
        pilot,
        looks,
    };
    show(&if arguments.json {
        design.json()
    } else {
        design.text()
    })
}

impl From<PilotError> for Failure {
    fn from(error: PilotError) -> Self {
        Self::new(exit::BAD_DATA, error)
    }
}

impl Arguments {
    /// The command that makes this again: whatever differs from the defaults.
    fn command(&self) -> String {
        let mut words = vec!["spikebench".to_owned(), "design".to_owned()];
        words.extend(self.scores.iter().map(|scores| path_word(scores)));
        words.extend(self.reading.reading().options());
        let mut option = |name: &str, value: String| words.extend(option(name, value));
        for effect in &self.effect {
            option("effect", effect.to_string());
        }
        let options = [
            ("power", self.power.to_string(), self.power != 0.8),
            ("alpha", self.alpha.to_string(), self.alpha != 0.05),
            (
                "correction",
                name(self.correction),
                self.correction != Correction::Holm,
            ),
            ("test", name(self.test), self.test != Test::default()),
            (
                "seed",
                self.seed.to_string(),
                self.seed != Settings::default().seed,
            ),
        ];
        let numbers = [
            ("comparisons", self.comparisons),
            ("runs", self.runs),
            ("looks", self.looks),
            ("every", self.every),
        ];
        for (name, value, differs) in options {
            if differs {
                option(name, value);
            }
        }
        for (name, value) in numbers {
            if let Some(value) = value {
                option(name, value.to_string());
            }
        }
        if let Some(baseline) = &self.baseline {
            option("baseline", baseline.clone());
        }
        quoted(words.iter().map(String::as_str))
    }
}
