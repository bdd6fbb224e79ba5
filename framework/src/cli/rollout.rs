//! `spikebench rollout`: steps through one environment and writes a table and a picture.

use std::path::{Path, PathBuf};

use clap::Args;
use tch::Device;

use crate::analysis::read_input_file;
use crate::api::numpy::Generator;
use crate::api::{Component, EnvironmentSettings, Kind, Streams};
use crate::cli::component::{component, invalid};
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::{Lines, show, tell};
use crate::cli::runs::{listed, warn_of_another_actor};
use crate::registry::Registry;
use crate::run::film::Film;
use crate::run::policy_files::{PolicyError, STATISTICS, WEIGHTS};
use crate::run::rollout::{ActionSource, Rollout, first_row, header, next_row, read_actions};
use crate::run::trained_policy::{TrainedPolicy, build_acting_only, recorded_actor};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The environment: a name, or YAML with parameters: '{Ant-v5: {reward: v3}}'
    #[arg(value_name = "ENVIRONMENT")]
    environment: String,
    /// The seed of the reset and of random actions
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Take the actions from a table without a header: a row for each step, a column for each dimension (or the index of a
    /// choice). Without this and without a policy, actions are uniformly random: NumPy's
    /// default_rng(SEED).uniform(low, high) for each step, in single precision, or floor(uniform(0, n))
    #[arg(long, value_name = "FILE.csv", conflicts_with = "policy")]
    actions: Option<PathBuf>,
    /// Take the actions from the policy that a run has left in this folder, or from weights and statistics that lie there
    /// without a record, if --actor says of which actor. Of a folder with several runs, these are listed
    #[arg(long, value_name = "DIR", conflicts_with_all = ["weights", "normaliser"])]
    policy: Option<PathBuf>,
    /// The actor whose weights these are: a name, or YAML with parameters
    #[arg(long, value_name = "ACTOR")]
    actor: Option<String>,
    /// Take the actions from an actor with these weights, as `evaluate` does
    #[arg(
        long,
        value_name = "FILE",
        requires = "actor",
        conflicts_with = "actions"
    )]
    weights: Option<PathBuf>,
    /// The statistics of its observations
    #[arg(long, value_name = "FILE", requires = "weights")]
    normaliser: Option<PathBuf>,
    /// The number of steps [default: one for each given action, otherwise the time limit of the environment]
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// Write the table here [default: standard output]. Its columns are step,obs_0,…,reward,terminated,truncated, with 17
    /// significant digits; row 0 is the reset
    #[arg(long, value_name = "FILE.csv")]
    out: Option<PathBuf>,
    /// Stop where the task ends or its time limit is reached, instead of stepping on
    #[arg(long)]
    stop: bool,
    /// Draw the environment, without a display: a film in real time (.gif, or .mp4 where ffmpeg is installed), or its last state
    /// (.png)
    #[arg(long, value_name = "FILE.gif|mp4|png")]
    render: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    if let Some(text) = arguments.policy.as_deref().and_then(listed_runs) {
        return show(&text);
    }
    let written = &arguments.environment;
    let environment = component(registry, Kind::Environment, "ENVIRONMENT", written)?;
    let settings = registry
        .environment(&environment)
        .map_err(|error| invalid(&error))?
        .0;
    let spec = settings.spec();
    let actions = actions(arguments, registry, settings.as_ref())?;
    let steps = steps(arguments, &actions, spec.max_episode_steps)?;

    let mut rollout = Rollout::begin(settings.as_ref(), actions, arguments.seed)?;
    let mut film = match &arguments.render {
        Some(path) => Some(Film::begin(path, rollout.environment(), &environment.name)?),
        None => None,
    };
    let mut table = Lines::create(arguments.out.as_deref())?;
    table.write(&header(spec.observation))?;
    table.write(&first_row(rollout.observation()))?;
    for number in 1..=steps {
        let seen = rollout.advance();
        table.write(&next_row(number, &seen))?;
        if let Some(film) = &mut film {
            film.show(rollout.environment())?;
        }
        if arguments.stop && seen.is_last() {
            break;
        }
    }
    table.finish()?;
    if let Some(film) = film {
        film.end(rollout.environment())?;
    }
    warn_of_resets(&rollout);
    Ok(exit::DONE)
}

/// The runs in a folder, each to be filmed in its own environment.
fn listed_runs(folder: &Path) -> Option<String> {
    listed(folder, |run, recorded| {
        let environment = &recorded.environment;
        let environment = match environment.parameters.is_empty() {
            true => environment.name.clone(),
            false => serde_json::to_string(environment).unwrap_or_default(),
        };
        ["spikebench", "rollout", &environment, "--policy", run]
            .map(str::to_owned)
            .to_vec()
    })
}

/// The largest size of a table of actions.
const MAX_ACTION_BYTES: u64 = 256 << 20;

fn actions(
    arguments: &Arguments,
    registry: &Registry,
    settings: &dyn EnvironmentSettings,
) -> Result<ActionSource, Failure> {
    let spec = settings.spec();
    if let Some(path) = &arguments.actions {
        let bytes = read_input_file(path, MAX_ACTION_BYTES).map_err(|error| {
            let message = format!("failed to read {}: {error}", path.display());
            Failure::new(exit::IO, message)
        })?;
        let actions = read_actions(&bytes, &spec.action).map_err(|error| {
            Failure::new(exit::BAD_DATA, format!("{}: {error}", path.display()))
        })?;
        return Ok(ActionSource::Given(actions));
    }
    let Some(Files {
        actor,
        weights,
        statistics,
    }) = policy_files(arguments, registry)?
    else {
        return Ok(ActionSource::Random(Generator::new(arguments.seed)));
    };
    warn_of_another_actor(&weights, &actor);
    let actor = build_acting_only(registry, &actor, &spec)?;
    let policy = TrainedPolicy::read(actor, spec, &weights, statistics.as_deref())?;
    // The encoder draws the same numbers as in an episode of `evaluate` with this seed.
    let noise = Streams::new(&[arguments.seed], "encoder in evaluation", Device::Cpu);
    Ok(ActionSource::Policy(Box::new(policy), noise))
}

/// An actor and the files of its policy.
struct Files {
    actor: Component,
    weights: PathBuf,
    statistics: Option<PathBuf>,
}

/// The policy that was asked for: that of a run, or of an actor that came from elsewhere.
fn policy_files(arguments: &Arguments, registry: &Registry) -> Result<Option<Files>, Failure> {
    let named = arguments.actor.as_ref();
    let named = named.map(|actor| component(registry, Kind::Actor, "--actor", actor));
    let named = named.transpose()?;
    match (&arguments.policy, &arguments.weights, named) {
        (None, None, Some(_)) => {
            let message = "--actor: the weights are missing; --weights FILE or --policy DIR says where they are";
            Err(Failure::new(exit::USAGE, message))
        }
        (None, Some(weights), Some(actor)) => Ok(Some(Files {
            actor,
            weights: weights.clone(),
            statistics: arguments.normaliser.clone(),
        })),
        (None, _, None) => Ok(None),
        (Some(folder), _, named) => {
            let [weights, statistics] = [WEIGHTS, STATISTICS].map(|name| folder.join(name));
            let is_foreign = named.is_some() && !statistics.exists();
            Ok(Some(Files {
                actor: match named {
                    Some(actor) => actor,
                    None => {
                        recorded_actor(folder).map_err(|error| without_record(folder, error))?
                    }
                },
                weights,
                statistics: (!is_foreign).then_some(statistics),
            }))
        }
    }
}

/// A folder with weights and no record is the policy of an actor that nothing names.
fn without_record(folder: &Path, error: PolicyError) -> Failure {
    let lacks_record = !folder.join("record.json").exists() && folder.join(WEIGHTS).exists();
    let failure = Failure::from(error);
    if lacks_record {
        let message = format!(
            "{} holds weights and no record that names their actor: --actor ACTOR does",
            folder.display()
        );
        return Failure::new(exit::USAGE, message);
    }
    failure
}

fn steps(arguments: &Arguments, actions: &ActionSource, limit: u64) -> Result<usize, Failure> {
    let given = match actions {
        ActionSource::Given(actions) => Some(actions.len()),
        _ => None,
    };
    match (arguments.steps, given) {
        (Some(steps), Some(given)) if steps > given => {
            let message = format!("--steps: {steps} is more than the {given} given actions");
            Err(Failure::new(exit::USAGE, message))
        }
        (Some(steps), _) | (None, Some(steps)) => Ok(steps),
        (None, None) => Ok(limit as usize),
    }
}

fn warn_of_resets(rollout: &Rollout) {
    let simulator = rollout.environment().simulator();
    let resets = simulator.map_or(0, |one| one.auto_resets());
    if resets > 0 {
        tell(format_args!(
            "note: the simulator discarded an unstable state and started over in {resets} of its steps; from the first of \
             them on, the table does not show the task"
        ));
    }
}
