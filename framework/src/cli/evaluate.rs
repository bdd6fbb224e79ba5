//! `spikebench evaluate`: plays episodes with a trained policy.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::api::{Component, Kind, Transform};
use crate::cli::component::{component, invalid};
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::{show, show_json, tell};
use crate::cli::runs::{listed, warn_of_another_actor};
use crate::network::energy::CONSTANTS;
use crate::registry::Registry;
use crate::run::evaluate::{self, Evaluated};
use crate::run::policy_files::{STATISTICS, WEIGHTS};
use crate::run::trained_policy::{TrainedPolicy, build_acting_only, recorded};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The folder of a run, whose record names actor and environment. Of a folder with several runs, these are listed
    #[arg(value_name = "RUN", conflicts_with_all = ["actor", "weights", "normaliser"])]
    run: Option<PathBuf>,
    /// The actor: a name, or YAML with parameters: '{popsan: {hidden: [64]}}'
    #[arg(long, value_name = "ACTOR", required_unless_present = "run")]
    actor: Option<String>,
    /// The weights of the actor, as a run leaves them in actor.safetensors
    #[arg(long, value_name = "FILE", required_unless_present = "run")]
    weights: Option<PathBuf>,
    /// The statistics of the observations, as a run leaves them in normaliser.json; without them, an actor that was
    /// trained with standardised observations gets them as they are
    #[arg(long, value_name = "FILE")]
    normaliser: Option<PathBuf>,
    /// The environment: a name, or YAML with parameters [default for a run: that in which it was trained]
    #[arg(long, value_name = "ENVIRONMENT", required_unless_present = "run")]
    environment: Option<String>,
    /// The number of episodes
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    episodes: u64,
    /// Reset episode i with the seed S + i
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    if let Some(text) = arguments.run.as_deref().and_then(listed_runs) {
        return show(&text);
    }
    let Subject {
        actor,
        environment,
        weights,
        normaliser,
    } = subject(arguments, registry)?;
    warn_of_another_actor(&weights, &actor);
    let settings = registry
        .environment(&environment)
        .map_err(|error| invalid(&error))?
        .0;
    let spec = settings.spec();
    let actor = build_acting_only(registry, &actor, &spec)?;
    let lacks_statistics = normaliser.is_none() && actor.normalise() == Transform::default();
    let policy = TrainedPolicy::read(actor, spec, &weights, normaliser.as_deref())?;
    if lacks_statistics {
        tell("without --normaliser the actor gets observations as they are");
    }
    let (episodes, seed) = (arguments.episodes, arguments.seed);
    let evaluated = evaluate::run(&policy, settings.as_ref(), episodes, seed)?;
    if arguments.json {
        show_json(&evaluated.json())
    } else {
        show(&text(&evaluated))
    }
}

/// Whose policy is played where.
struct Subject {
    actor: Component,
    environment: Component,
    weights: PathBuf,
    normaliser: Option<PathBuf>,
}

fn subject(arguments: &Arguments, registry: &Registry) -> Result<Subject, Failure> {
    let named = |kind: Kind, option: &str, text: Option<&String>| {
        text.map(|text| component(registry, kind, option, text))
            .transpose()
    };
    let environment = named(
        Kind::Environment,
        "--environment",
        arguments.environment.as_ref(),
    )?;
    let actor = named(Kind::Actor, "--actor", arguments.actor.as_ref())?;
    match (&arguments.run, actor, &arguments.weights, environment) {
        (Some(folder), _, _, environment) => {
            let recorded = recorded(folder)?;
            Ok(Subject {
                actor: recorded.actor,
                environment: environment.unwrap_or(recorded.environment),
                weights: folder.join(WEIGHTS),
                normaliser: Some(folder.join(STATISTICS)),
            })
        }
        (None, Some(actor), Some(weights), Some(environment)) => Ok(Subject {
            actor,
            environment,
            weights: weights.clone(),
            normaliser: arguments.normaliser.clone(),
        }),
        // The command line has seen to it that all are there.
        _ => Err(Failure::new(
            exit::USAGE,
            "expected RUN, or --actor, --weights and --environment",
        )),
    }
}

fn listed_runs(folder: &Path) -> Option<String> {
    listed(folder, |run, _| {
        ["spikebench", "evaluate", run].map(str::to_owned).to_vec()
    })
}

fn text(evaluated: &Evaluated) -> String {
    let mut text = String::from("  seed       return  length\n");
    for episode in &evaluated.episodes {
        let (seed, total, length) = (episode.seed, episode.total, episode.length);
        text.push_str(&format!("{seed:>6} {total:>12.3} {length:>7}\n"));
    }
    if let Some(mean) = evaluated.mean() {
        let deviation = evaluated.deviation();
        let deviation = deviation.map_or(String::new(), |one| format!(" ± {one:.3}"));
        let count = match evaluated.episodes.len() {
            1 => "1 episode".to_owned(),
            count => format!("{count} episodes"),
        };
        text.push_str(&format!("\nreturn {mean:.3}{deviation} over {count}\n"));
    }
    if !evaluated.activity.layers.is_empty() {
        text.push_str("\nspikes per neuron and time step\n");
        for layer in &evaluated.activity.layers {
            text.push_str(&format!(
                "  {:<10} {:.4}\n",
                layer.name, layer.firing_rate[0]
            ));
        }
    }
    text.push_str(&format!(
        "\none inference\n  {:.1} synaptic operations, {} multiply-accumulates\n",
        evaluated.synaptic_operations(),
        evaluated.activity.multiply_accumulates
    ));
    for (constants, nanojoules) in CONSTANTS.iter().zip(evaluated.nanojoules()) {
        text.push_str(&format!(
            "  {nanojoules:.3} nJ at {} pJ per synaptic operation and {} pJ per multiply-accumulate ({})\n",
            constants.synaptic_operation, constants.multiply_accumulate, constants.source
        ));
    }
    text.push_str("  the energy excludes memory, addressing and the states of the neurons\n");
    text
}
