//! `spikebench try`: from a surrogate to a comparison in minutes, on the task of the quickstart.

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use clap::Args;

use crate::api::Kind;
use crate::cli::component::component;
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::tell;
use crate::cli::suite::DEFAULT_RESULTS;
use crate::registry::Registry;
use crate::registry::plugin::IMAGE_OPTION;
use crate::run::this_program;
use crate::suite::Suite;
use crate::suite::estimate::Estimate;
use crate::suite::plan::Plan;

/// The most cells of a suite for a few minutes.
const MOST_CELLS: u64 = 10_000;
/// Two runs of each surrogate are needed for a comparison; more than thirty show little more.
const SEEDS: (f64, f64) = (2.0, 30.0);

#[derive(Debug, Args)]
pub struct Arguments {
    /// The surrogate, as a suite would name it
    surrogate: String,
    /// The surrogates to compare it with, the baseline first
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "rectangular,trapezoidal"
    )]
    against: Vec<String>,
    /// About how long it may take; the number of seeds follows from it
    #[arg(long, value_name = "MINUTES", default_value = "3", value_parser = minutes)]
    minutes: f64,
    /// How many cells run at the same time [default: the number of cores]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse::<f64>().ok();
    let minutes = minutes.filter(|minutes| minutes.is_finite() && *minutes > 0.0);
    minutes.ok_or_else(|| "expected a positive number of minutes".to_owned())
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let tried = component(registry, Kind::Surrogate, "SURROGATE", &arguments.surrogate)?;
    for name in &arguments.against {
        component(registry, Kind::Surrogate, "--against", name)?;
    }
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let jobs = arguments.jobs.map_or(cores, NonZeroUsize::get);

    let file = PathBuf::from(DEFAULT_RESULTS).join(format!("try-{}.yaml", tried.name));
    let name = file.display().to_string();
    let one_seed = suite(arguments, &tried.name, 1);
    let suite_of_one = Suite::parse(&name, &one_seed, registry, MOST_CELLS)?;
    let plan = Plan::of(&suite_of_one, registry)?;
    let seconds = Estimate::of(&plan, registry)?.core_seconds;
    let seeds = arguments.minutes * 60.0 * jobs as f64 / seconds;
    let seeds = seeds.clamp(SEEDS.0, SEEDS.1) as u64;
    fs::create_dir_all(DEFAULT_RESULTS)
        .and_then(|()| fs::write(&file, suite(arguments, &tried.name, seeds)))
        .map_err(|error| Failure::new(exit::IO, format!("{name} cannot be written: {error}")))?;
    tell(format_args!(
        "{seeds} seeds of {} surrogates, in {name}",
        plan.cells.len()
    ));

    let jobs = jobs.to_string();
    match command(registry, &["run", &name, "--jobs", &jobs])? {
        // What did not finish is part of the comparison.
        exit::DONE | exit::RUN_FAILED => command(registry, &["report", &name]),
        code => Ok(code),
    }
}

/// The suite that compares the surrogate, with seeds from 0.
fn suite(arguments: &Arguments, name: &str, seeds: u64) -> String {
    let mut surrogates = arguments.against.clone();
    let baseline = surrogates
        .first()
        .cloned()
        .unwrap_or_else(|| name.to_owned());
    if !surrogates.contains(&arguments.surrogate) {
        surrogates.push(arguments.surrogate.clone());
    }
    include_str!("../../template/try.yaml")
        .replace("NAME", name)
        .replace("SEEDS", &seeds.to_string())
        .replace("SURROGATES", &surrogates.join(", "))
        .replace("BASELINE", &baseline)
}

/// Runs this program with other arguments and the same plugins, and gives its exit code.
fn command(registry: &Registry, words: &[&str]) -> Result<u8, Failure> {
    let images = registry.plugins().iter();
    let images = images.flat_map(|plugin| [IMAGE_OPTION.into(), plugin.argument()]);
    let status = Command::new(this_program()?)
        .args(words)
        .args(images)
        .status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.unwrap_or(exit::INTERRUPTED))
}
