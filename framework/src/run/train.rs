//! The training of one cell, from its first step to its outcome. Training prints nothing; it emits events.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::api::{
    Actor, AgentContext, ComponentError, Diverged, Learner, Mismatch, Mode, Spec, StateVisitor,
    Stateful, Transition,
};
use crate::kernel::WithoutSubnormals;
use crate::network::anneal::Progress;
use crate::registry::Registry;
use crate::run::diagnostics::DiagnosticsProbe;
use crate::run::episode::TimeLimit;
use crate::run::evaluator::Evaluator;
use crate::run::measurements::Measurement;
use crate::run::policy_files::PolicyFiles;
use crate::run::record::{Diagnostic, Outcome, Status, Timing};
use crate::run::replicas::Replicas;
use crate::suite::Budget;
use crate::suite::plan::Cell;

/// Something that happened in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Training begins, or continues from a checkpoint.
    Began {
        /// The number of steps that are done.
        step: u64,
        /// Checkpoints that cannot be used, each with the reason.
        skipped: Vec<String>,
    },
    /// This many environment steps are done.
    Step(u64),
    /// Something could not be written, for this reason; it is tried again.
    Refused(String),
    /// Something was measured at an evaluation.
    Measurement(Measurement),
    /// Training ended with this policy.
    Learned(PolicyFiles),
}

/// What follows a training from outside, and may interrupt it between two steps.
pub trait Follower {
    /// Is told what happened. Training stops if this fails.
    fn event(&mut self, event: Event) -> Result<(), Interruption>;

    /// Is called after every step, when `training` may be saved, and once more after the last one. Training stops if this
    /// fails.
    fn between_steps(&mut self, step: u64, training: &mut dyn Stateful)
    -> Result<(), Interruption>;
}

/// Why a training stopped before its end.
#[derive(Debug)]
pub enum Interruption {
    /// It was asked to.
    Asked,
    /// What it measured, or a checkpoint, cannot be written.
    Storage(std::io::Error),
}

/// How training went on.
#[derive(Debug)]
pub enum Ending {
    /// It came to an end.
    Outcome(Outcome),
    /// It stopped before.
    Interrupted(Interruption),
}

/// Trains a cell without interruption; all its randomness comes from its seed. The outcome says how training ended. Fails if
/// a component cannot be made on this machine.
pub fn run(
    cell: &Cell,
    registry: &Registry,
    device: Device,
    emit: &mut dyn FnMut(Event),
) -> Result<Outcome, ComponentError> {
    struct Emit<'a>(&'a mut dyn FnMut(Event));

    impl Follower for Emit<'_> {
        fn event(&mut self, event: Event) -> Result<(), Interruption> {
            (self.0)(event);
            Ok(())
        }

        fn between_steps(&mut self, _: u64, _: &mut dyn Stateful) -> Result<(), Interruption> {
            Ok(())
        }
    }

    match prepare(cell, registry, device)?.run(&mut Emit(emit)) {
        Ending::Outcome(outcome) => Ok(outcome),
        Ending::Interrupted(_) => unreachable!("nobody interrupts this training"),
    }
}

impl Training {
    /// Trains from the step that was reached to the end of the budget.
    pub fn run(mut self, follower: &mut dyn Follower) -> Ending {
        match self.steps(follower) {
            Ok(outcome) => Ending::Outcome(outcome),
            Err(interruption) => Ending::Interrupted(interruption),
        }
    }

    fn steps(&mut self, follower: &mut dyn Follower) -> Result<Outcome, Interruption> {
        self.state.stopwatch.resume();
        while self.state.step < self.budget.steps {
            self.progress.tell(self.state.step, self.budget.steps);
            self.state.step += 1;
            let step = self.state.step;
            if let Err(diverged) = self.state.advance() {
                return Ok(diverged_at(step, &diverged.to_string()));
            }
            follower.event(Event::Step(step))?;
            if step.is_multiple_of(self.budget.evaluate_every) {
                self.state.stopwatch.pause();
                if let Err(outcome) = self.evaluate(follower)? {
                    return Ok(outcome);
                }
                self.state.stopwatch.resume();
            }
            follower.between_steps(step, &mut self.state)?;
        }
        let policy = self.state.learner.policy();
        // The last update comes after the last evaluation of what the learner computes.
        let mut weights = policy.weights.iter();
        if weights.any(|(_, weight)| Diverged::unless_finite("weight", weight).is_err()) {
            return Ok(diverged_at(self.state.step, "a weight is not finite"));
        }
        match PolicyFiles::of(&policy, 0) {
            Ok(files) => follower.event(Event::Learned(files))?,
            Err(error) => {
                let reason = format!("failed to encode the policy: {error}");
                return Ok(Outcome::because(Status::Failed, reason));
            }
        }
        Ok(Outcome::finished())
    }

    /// Evaluates the learner, and gives the outcome of a run that ends here.
    fn evaluate(
        &mut self,
        follower: &mut dyn Follower,
    ) -> Result<Result<(), Outcome>, Interruption> {
        let State {
            step,
            learner,
            replicas,
            evaluator,
            stopwatch,
            ..
        } = &mut self.state;
        let step = *step;
        let mut tell = |measurement| follower.event(Event::Measurement(measurement));
        let (episodes, sample) = evaluator.evaluate(learner.as_mut(), step);
        if episodes.iter().any(|episode| !episode.total.is_finite()) {
            return Ok(Err(diverged_at(step, "return is not finite")));
        }
        tell(Measurement::Evaluated(episodes))?;
        let diagnostics = self.probe.measure(learner.as_mut(), &sample, step);
        tell(Measurement::Measured(diagnostics))?;
        let resets = simulator_resets(replicas, evaluator, step);
        if !resets.is_empty() {
            tell(Measurement::Measured(resets))?;
        }
        let seconds = stopwatch.seconds();
        tell(Measurement::Timed(Timing { step, seconds }))?;
        Ok(Ok(()))
    }
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
    fn stopped() -> Self {
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

    /// Seconds up to now.
    fn running_seconds(&self) -> f64 {
        (self.before + self.since.elapsed()).as_secs_f64()
    }

    /// Goes on from so many seconds.
    fn restart_at(&mut self, seconds: f64) {
        self.before = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        self.since = Instant::now();
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

/// Everything that the training of a cell needs before its next step.
#[derive(Debug)]
pub struct Training {
    budget: Budget,
    state: State,
    probe: DiagnosticsProbe,
    progress: Progress,
}

/// All that changes in training.
#[derive(Debug)]
struct State {
    /// The number of steps that are done.
    step: u64,
    learner: Box<dyn Learner>,
    replicas: Replicas,
    evaluator: Evaluator,
    /// The observation to act on next.
    observation: Tensor,
    stopwatch: Stopwatch,
}

impl State {
    /// Takes one step and learns from it.
    fn advance(&mut self) -> Result<(), Diverged> {
        let action = self
            .learner
            .act(&self.observation.unsqueeze(1), Mode::Explore)
            .squeeze_dim(1);
        let seen = self.replicas.step(&action);
        let _mode = WithoutSubnormals::begin();
        self.learner.observe(&Transition {
            observation: &self.observation,
            action: &action,
            reward: &seen.reward,
            next_observation: &seen.next_observation,
            terminated: &seen.terminated,
            truncated: &seen.truncated,
        })?;
        self.observation = seen.following;
        Ok(())
    }
}

impl Stateful for State {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.count("step", &mut self.step)?;
        with.part("learner", self.learner.as_mut())?;
        with.part("environments", &mut self.replicas)?;
        with.part("evaluator", &mut self.evaluator)?;
        with.tensor("observation", &mut self.observation)?;
        // Up to now, which a running stopwatch has not counted yet.
        let mut seconds = self.stopwatch.running_seconds();
        with.number("seconds", &mut seconds)?;
        self.stopwatch.restart_at(seconds);
        Ok(())
    }
}

impl Stateful for Training {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        self.state.visit(with)
    }
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
    TimeLimit::check(settings)?;
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
    let mut replicas = Replicas::open(settings, &seeds, device)?;
    let observation = replicas.begin();
    Ok(Training {
        budget: cell.budget.clone(),
        state: State {
            step: 0,
            learner,
            replicas,
            evaluator: Evaluator::open(settings, &seeds, episodes, device)?,
            observation,
            stopwatch: Stopwatch::stopped(),
        },
        probe: DiagnosticsProbe::new(network(cell, registry, &spec, &progress)?, &seeds, device),
        progress,
    })
}

/// Whether what a cell computes depends on how long it will train, as an annealed surrogate does.
pub fn depends_on_length(cell: &Cell, registry: &Registry) -> bool {
    let surrogate = cell.surrogate.as_ref();
    surrogate.is_some_and(|component| {
        let made = registry.surrogate(component);
        made.is_ok_and(|(surrogate, _)| surrogate.after(0.0).is_some())
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
