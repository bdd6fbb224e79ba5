//! `spikebench evaluate`: a policy from files, in an environment.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::api::{Actor, AnySurrogate, Component, Kind, ParameterError, Real, Spec, Surrogate};
use crate::network::energy::CONSTANTS;
use crate::registry::{ActorBuilder, Registry};
use crate::run::evaluate::{self, Evaluated};
use crate::run::policy::{Pilot, PolicyError};

use super::rollout::trained;
use super::{Failure, exit, show, tell};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The actor: a name, or YAML with parameters: '{popsan: {hidden: [64]}}'
    #[arg(long, value_name = "ACTOR")]
    actor: String,
    /// Its weights, as a run leaves them in actor.safetensors
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// What is known of the observations, as a run leaves it in normaliser.json; without it, an actor that was trained
    /// with standardised observations gets them as they are
    #[arg(long, value_name = "FILE")]
    normaliser: Option<PathBuf>,
    /// The environment: a name, or YAML with parameters
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: String,
    /// How many episodes
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    episodes: u64,
    /// Episode i is reset with the seed S + i
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let actor = component(registry, Kind::Actor, "--actor", &arguments.actor)?;
    let environment = component(
        registry,
        Kind::Environment,
        "--environment",
        &arguments.environment,
    )?;
    if let Some(folder) = arguments.weights.parent()
        && let Ok(trained) = trained(folder)
        && trained != actor
    {
        tell(format_args!(
            "warning: by {}, which lies beside the weights, they were trained in another actor: {}",
            folder.join("record.json").display(),
            serde_json::to_string(&trained).unwrap_or_default()
        ));
    }
    let broken = |error| Failure::new(exit::BAD_DATA, error);
    let settings = registry.environment(&environment).map_err(of_fault)?.0;
    let spec = settings.spec();
    let actor = self::actor(registry, &actor, &spec)?;
    let unknown = arguments.normaliser.is_none() && actor.normalise() == Default::default();
    let pilot = Pilot::read(
        actor,
        spec,
        &arguments.weights,
        arguments.normaliser.as_deref(),
    )?;
    if unknown {
        tell("without --normaliser the actor gets observations as they are");
    }
    let evaluated = evaluate::run(
        &pilot,
        settings.as_ref(),
        arguments.episodes,
        arguments.seed,
    )
    .map_err(broken)?;
    if arguments.json {
        show(&format!("{:#}\n", evaluated.json()))
    } else {
        show(&text(&evaluated))
    }
}

/// An actor for a task, without weights, that cannot learn.
pub(super) fn actor(
    registry: &Registry,
    component: &Component,
    spec: &Spec,
) -> Result<Box<dyn Actor>, Failure> {
    let parts = ActorBuilder {
        registry,
        surrogate: Some(Arc::new(NoDerivative) as Arc<dyn AnySurrogate>),
    };
    let settings = registry.actor(component).map_err(of_fault)?.0;
    let (features, outputs) = (spec.observation as i64, spec.action.outputs() as i64);
    settings
        .build(features, outputs, &parts)
        .map_err(|error| Failure::new(exit::BAD_DATA, error))
}

/// A component as a suite would write it, with every default filled in.
pub(super) fn component(
    registry: &Registry,
    kind: Kind,
    flag: &str,
    written: &str,
) -> Result<Component, Failure> {
    let said = |message: String| Failure::new(exit::USAGE, format!("{flag}: {message}"));
    let component: Component =
        serde_yaml::from_str(written).map_err(|error| said(error.to_string()))?;
    registry
        .resolve(kind, &component)
        .map_err(|fault| said(sentence(&fault)))
}

fn sentence(fault: &ParameterError) -> String {
    match fault.field.as_str() {
        "" => fault.message.clone(),
        field => format!("{field}: {}", fault.message),
    }
}

pub(super) fn of_fault(fault: ParameterError) -> Failure {
    Failure::new(exit::BAD_DATA, sentence(&fault))
}

impl From<PolicyError> for Failure {
    fn from(error: PolicyError) -> Self {
        let code = match error {
            PolicyError::Io { .. } => exit::IO,
            _ => exit::BAD_DATA,
        };
        Self::new(code, error)
    }
}

/// Nobody asks for a gradient here.
#[derive(Debug)]
struct NoDerivative;

impl Surrogate for NoDerivative {
    fn derivative<R: Real>(&self, _: R) -> R {
        R::from(0.0)
    }
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
        let count = evaluated.episodes.len();
        text.push_str(&format!(
            "\nreturn {mean:.3}{deviation} over {count} episodes\n"
        ));
    }
    if !evaluated.activity.layers.is_empty() {
        text.push_str("\nspikes for each neuron and time step\n");
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
            "  {nanojoules:.3} nJ at {} pJ a synaptic operation and {} pJ a multiply-accumulate ({})\n",
            constants.synaptic_operation, constants.multiply_accumulate, constants.source
        ));
    }
    text.push_str("  memory, addressing and the states of neurons are not in the energy\n");
    text
}
