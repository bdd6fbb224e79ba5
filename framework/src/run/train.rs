//! The training of one cell, from its first step to its outcome. Training prints nothing; it emits events.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tch::Device;

use crate::api::{Actor, AgentContext, ComponentError, Learner, Mode, Spec, Transition};
use crate::network::anneal::Progress;
use crate::registry::Registry;
use crate::run::diagnostics::DiagnosticsProbe;
use crate::run::evaluator::Evaluator;
use crate::run::policy_files::PolicyFiles;
use crate::run::record::{Diagnostic, Evaluation, Outcome, Status, Timing};
use crate::run::replicas::Replicas;
use crate::suite::plan::Cell;

/// Something that happened in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// This many environment steps are done.
    Step(u64),
    /// An evaluation ended; these are all its episodes.
    Evaluated(Vec<Evaluation>),
    /// Diagnostics were measured at an evaluation.
    Measured(Vec<Diagnostic>),
    /// The time that training had taken by an evaluation.
    Timed(Timing),
    /// Training ended with this policy.
    Learned(PolicyFiles),
}

/// Trains a cell; all its randomness comes from its seed. The outcome says how training ended. Fails if a component cannot
/// be made on this machine.
pub fn run(
    cell: &Cell,
    registry: &Registry,
    device: Device,
    emit: &mut dyn FnMut(Event),
) -> Result<Outcome, ComponentError> {
    let Training {
        mut learner,
        mut replicas,
        mut evaluator,
        probe,
        progress,
    } = prepare(cell, registry, device)?;
    let mut stopwatch = Stopwatch::start();
    let mut observation = replicas.begin();
    for step in 1..=cell.budget.steps {
        progress.tell(step - 1, cell.budget.steps);
        let action = learner
            .act(&observation.unsqueeze(1), Mode::Explore)
            .squeeze_dim(1);
        let seen = replicas.step(&action);
        let learned = learner.observe(&Transition {
            observation: &observation,
            action: &action,
            reward: &seen.reward,
            next_observation: &seen.next_observation,
            terminated: &seen.terminated,
            truncated: &seen.truncated,
        });
        if let Err(diverged) = learned {
            return Ok(diverged_at(step, &diverged.to_string()));
        }
        observation = seen.following;
        emit(Event::Step(step));
        if step.is_multiple_of(cell.budget.evaluate_every) {
            stopwatch.pause();
            let (episodes, sample) = evaluator.evaluate(learner.as_mut(), step);
            if episodes.iter().any(|episode| !episode.total.is_finite()) {
                return Ok(diverged_at(step, "return is not finite"));
            }
            emit(Event::Evaluated(episodes));
            let diagnostics = probe.measure(learner.as_mut(), &sample, step);
            emit(Event::Measured(diagnostics));
            let resets = simulator_resets(&replicas, &evaluator, step);
            emit(Event::Measured(resets));
            emit(Event::Timed(Timing {
                step,
                seconds: stopwatch.seconds(),
            }));
            stopwatch.resume();
        }
    }
    let files = PolicyFiles::of(&learner.policy(), 0)
        .map_err(|error| ComponentError::new(format!("failed to encode the policy: {error}")))?;
    emit(Event::Learned(files));
    Ok(Outcome::finished())
}

fn diverged_at(step: u64, what: &str) -> Outcome {
    Outcome::because(Status::Diverged, format!("{what} at step {step}"))
}

/// Measures the time of training alone. No computed result may depend on it.
#[derive(Debug)]
struct Stopwatch {
    before: Duration,
    since: Instant,
}

impl Stopwatch {
    fn start() -> Self {
        Self {
            before: Duration::ZERO,
            since: Instant::now(),
        }
    }

    fn pause(&mut self) {
        self.before += self.since.elapsed();
    }

    fn resume(&mut self) {
        self.since = Instant::now();
    }

    /// Seconds up to the last pause.
    fn seconds(&self) -> f64 {
        self.before.as_secs_f64()
    }
}

/// How often the simulators have discarded an unstable state so far; nothing for those that never have.
fn simulator_resets(replicas: &Replicas, evaluator: &Evaluator, step: u64) -> Vec<Diagnostic> {
    let counts = [
        ("simulator_resets_in_training", replicas.simulator_resets()),
        (
            "simulator_resets_in_evaluation",
            evaluator.simulator_resets(),
        ),
    ];
    let counts = counts.into_iter().filter(|(_, resets)| *resets > 0);
    counts
        .map(|(name, resets)| Diagnostic {
            step,
            name: name.to_owned(),
            value: resets as f64,
        })
        .collect()
}

/// Everything that the training of a cell needs before its first step.
#[derive(Debug)]
pub struct Training {
    learner: Box<dyn Learner>,
    replicas: Replicas,
    evaluator: Evaluator,
    probe: DiagnosticsProbe,
    progress: Progress,
}

/// Makes the agent and the environments of a cell. Fails if one of them cannot be made on this machine.
pub fn prepare(
    cell: &Cell,
    registry: &Registry,
    device: Device,
) -> Result<Training, ComponentError> {
    let seeds = [cell.seed];
    let environment = registry.environment(&cell.environment)?.0;
    let settings = environment.as_ref();
    let spec = settings.spec();
    let progress = Progress::default();
    let context = AgentContext {
        spec: spec.clone(),
        actor: network(cell, registry, &spec, &progress)?,
        seeds: seeds.to_vec(),
        device,
    };
    let learner = registry.agent(&cell.agent)?.0.start(context)?;
    let episodes = cell.budget.evaluation_episodes;
    Ok(Training {
        learner,
        replicas: Replicas::open(settings, &seeds, device)?,
        evaluator: Evaluator::open(settings, &seeds, episodes, device)?,
        probe: DiagnosticsProbe::new(network(cell, registry, &spec, &progress)?, &seeds, device),
        progress,
    })
}

/// The policy network of a cell, which holds no weights. Its surrogate follows the progress of training.
fn network(
    cell: &Cell,
    registry: &Registry,
    spec: &Spec,
    progress: &Progress,
) -> Result<Box<dyn Actor>, ComponentError> {
    let surrogate = match &cell.surrogate {
        Some(component) => Some(progress.followed_by(registry.surrogate(component)?.0)),
        None => None,
    };
    registry.build_actor(&cell.actor, surrogate, spec)
}
