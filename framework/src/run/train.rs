//! A cell from its first step to its outcome. Training prints nothing: it emits events.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use crate::api::{
    Actor, ComponentError, Environment, EnvironmentSettings, Learner, Mode, Site, Streams,
    Transition,
};
use crate::network::anneal::Progress;
use crate::registry::{ActorBuilder, Registry};
use crate::run::diagnostics::{Gauge, Sample};
use crate::run::policy::PolicyFiles;
use crate::run::record::{Diagnostic, Evaluation, Outcome, Status, Timing};
use crate::suite::plan::Cell;

/// Something that happened in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// So many environment steps are done.
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

/// Trains one cell, from its seed alone. The outcome says how it ended; an error is one of the components'.
pub fn run(
    cell: &Cell,
    registry: &Registry,
    device: Device,
    emit: &mut dyn FnMut(Event),
) -> Result<Outcome, ComponentError> {
    let Prepared {
        mut learner,
        mut tasks,
        mut evaluator,
        gauge,
        progress,
    } = prepare(cell, registry, device)?;
    let mut stopwatch = Stopwatch::start();
    let mut observation = tasks.begin();
    for step in 1..=cell.budget.steps {
        progress.tell(step - 1, cell.budget.steps);
        let action = learner
            .act(&observation.unsqueeze(1), Mode::Explore)
            .squeeze_dim(1);
        let seen = tasks.step(&action);
        let learned = learner.observe(&Transition {
            observation: &observation,
            action: &action,
            reward: &seen.reward,
            next_observation: &seen.next_observation,
            terminated: &seen.terminated,
            truncated: &seen.truncated,
        });
        if let Err(diverged) = learned {
            return Ok(Outcome::because(
                Status::Diverged,
                format!("{diverged} at step {step}"),
            ));
        }
        observation = seen.go_on_from;
        emit(Event::Step(step));
        if step.is_multiple_of(cell.budget.evaluate_every) {
            stopwatch.pause();
            let (episodes, observations) = evaluator.evaluate(learner.as_mut(), step);
            if episodes.iter().any(|episode| !episode.total.is_finite()) {
                return Ok(Outcome::because(
                    Status::Diverged,
                    format!("return is not finite at step {step}"),
                ));
            }
            emit(Event::Evaluated(episodes));
            emit(Event::Measured(gauge.read(
                learner.as_mut(),
                &observations,
                step,
            )));
            emit(Event::Measured(simulator_resets(&tasks, &evaluator, step)));
            emit(Event::Timed(Timing {
                step,
                seconds: stopwatch.seconds(),
            }));
            stopwatch.go_on();
        }
    }
    let files = PolicyFiles::of(&learner.policy(), 0)
        .map_err(|error| ComponentError::new(format!("failed to encode the policy: {error}")))?;
    emit(Event::Learned(files));
    Ok(Outcome::finished())
}

/// Counts the time of training alone. Nothing that is computed may depend on it.
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

    fn go_on(&mut self) {
        self.since = Instant::now();
    }

    /// Up to the last pause.
    fn seconds(&self) -> f64 {
        self.before.as_secs_f64()
    }
}

/// How often so far the simulator has thrown a state away within a step; nothing where it never has.
fn simulator_resets(tasks: &Tasks, evaluator: &Evaluator, step: u64) -> Vec<Diagnostic> {
    [
        ("simulator_resets_in_training", &tasks.environments),
        ("simulator_resets_in_evaluation", &evaluator.environments),
    ]
    .into_iter()
    .map(|(name, environments)| {
        let simulators = environments.iter().filter_map(|one| one.simulator());
        let resets: u64 = simulators.map(|one| one.auto_resets()).sum();
        Diagnostic {
            step,
            name: name.to_owned(),
            value: resets as f64,
        }
    })
    .filter(|resets| resets.value > 0.0)
    .collect()
}

/// All that a cell needs, before its first step.
#[derive(Debug)]
pub struct Prepared {
    learner: Box<dyn Learner>,
    tasks: Tasks,
    evaluator: Evaluator,
    gauge: Gauge,
    progress: Progress,
}

/// Makes the parts of a cell; what cannot be made on this machine fails here.
pub fn prepare(
    cell: &Cell,
    registry: &Registry,
    device: Device,
) -> Result<Prepared, ComponentError> {
    let seeds = [cell.seed];
    let settings = registry.environment(&cell.environment)?.0;
    let progress = Progress::default();
    let network = || network(cell, registry, settings.as_ref(), &progress);
    Ok(Prepared {
        learner: start(
            cell,
            registry,
            settings.as_ref(),
            network()?,
            &seeds,
            device,
        )?,
        tasks: Tasks::open(settings.as_ref(), &seeds, device)?,
        evaluator: Evaluator::open(
            settings.as_ref(),
            &seeds,
            cell.budget.evaluation_episodes,
            device,
        )?,
        gauge: Gauge::new(network()?, &seeds, device),
        progress,
    })
}

/// The policy network of a cell. It holds no weights.
fn network(
    cell: &Cell,
    registry: &Registry,
    settings: &dyn EnvironmentSettings,
    progress: &Progress,
) -> Result<Box<dyn Actor>, ComponentError> {
    let spec = settings.spec();
    let surrogate = match &cell.surrogate {
        Some(component) => Some(progress.followed_by(registry.surrogate(component)?.0)),
        None => None,
    };
    let actor = registry.actor(&cell.actor)?.0;
    let parts = ActorBuilder {
        registry,
        surrogate,
    };
    actor.build(
        spec.observation as i64,
        spec.action.outputs() as i64,
        &parts,
    )
}

fn start(
    cell: &Cell,
    registry: &Registry,
    settings: &dyn EnvironmentSettings,
    actor: Box<dyn Actor>,
    seeds: &[u64],
    device: Device,
) -> Result<Box<dyn Learner>, ComponentError> {
    let agent = registry.agent(&cell.agent)?.0;
    agent.start(Site {
        spec: settings.spec(),
        actor,
        seeds: seeds.to_vec(),
        device,
    })
}

/// The training environments, one a replica, with their time limit.
#[derive(Debug)]
struct Tasks {
    environments: Vec<Box<dyn Environment>>,
    seeds: Vec<u64>,
    elapsed: Vec<u64>,
    limit: u64,
    device: Device,
}

/// One step of every replica.
#[derive(Debug)]
struct Seen {
    reward: Tensor,
    next_observation: Tensor,
    terminated: Tensor,
    truncated: Tensor,
    /// The same as `next_observation`, but the first one of a new episode where one ended.
    go_on_from: Tensor,
}

impl Tasks {
    fn open(
        settings: &dyn EnvironmentSettings,
        seeds: &[u64],
        device: Device,
    ) -> Result<Self, ComponentError> {
        let environments = seeds
            .iter()
            .map(|_| settings.open())
            .collect::<Result<Vec<_>, _>>()?;
        let seeds = Streams::new(seeds, "environment", device).seeds();
        let elapsed = vec![0; seeds.len()];
        Ok(Self {
            environments,
            seeds,
            elapsed,
            limit: settings.spec().max_episode_steps,
            device,
        })
    }

    fn begin(&mut self) -> Tensor {
        let seeded = self.environments.iter_mut().zip(&self.seeds);
        let rows: Vec<Vec<f64>> = seeded
            .map(|(environment, &seed)| environment.reset(Some(seed)))
            .collect();
        stack(&rows, self.device)
    }

    fn step(&mut self, action: &Tensor) -> Seen {
        let (mut rewards, mut ends, mut cuts) = (Vec::new(), Vec::new(), Vec::new());
        let (mut next, mut go_on) = (Vec::new(), Vec::new());
        for (replica, environment) in self.environments.iter_mut().enumerate() {
            let step = environment.step(&values(&action.select(0, replica as i64)));
            self.elapsed[replica] += 1;
            rewards.push(step.reward as f32);
            ends.push(f32::from(step.terminated));
            // A task that ended in its last step ended by itself.
            let truncated = !step.terminated && self.elapsed[replica] == self.limit;
            cuts.push(f32::from(truncated));
            go_on.push(if step.terminated || truncated {
                self.elapsed[replica] = 0;
                environment.reset(None)
            } else {
                step.observation.clone()
            });
            next.push(step.observation);
        }
        Seen {
            reward: Tensor::from_slice(&rewards).to_device(self.device),
            next_observation: stack(&next, self.device),
            terminated: Tensor::from_slice(&ends).to_device(self.device),
            truncated: Tensor::from_slice(&cuts).to_device(self.device),
            go_on_from: stack(&go_on, self.device),
        }
    }
}

/// Plays episodes without exploration, in environments of its own, all at the same time.
#[derive(Debug)]
struct Evaluator {
    environments: Vec<Box<dyn Environment>>,
    seeds: Streams,
    limit: u64,
    device: Device,
}

impl Evaluator {
    fn open(
        settings: &dyn EnvironmentSettings,
        seeds: &[u64],
        episodes: u64,
        device: Device,
    ) -> Result<Self, ComponentError> {
        Ok(Self {
            environments: (0..episodes)
                .map(|_| settings.open())
                .collect::<Result<_, _>>()?,
            seeds: Streams::new(seeds, "evaluation", device),
            limit: settings.spec().max_episode_steps,
            device,
        })
    }

    /// All episodes, and some of the observations in them.
    fn evaluate(&mut self, learner: &mut dyn Learner, step: u64) -> (Vec<Evaluation>, Sample) {
        let mut sample = Sample::default();
        let mut episodes: Vec<Evaluation> = (0..self.environments.len() as u64)
            .map(|episode| Evaluation {
                step,
                episode,
                total: 0.0,
                length: 0,
            })
            .collect();
        let mut observations: Vec<Vec<f64>> = Vec::new();
        for environment in &mut self.environments {
            observations.push(environment.reset(Some(self.seeds.seeds()[0])));
        }
        let mut going_on: Vec<usize> = (0..episodes.len()).collect();
        while !going_on.is_empty() {
            observations
                .iter()
                .for_each(|observation| sample.offer(observation));
            let input = stack(&observations, self.device).unsqueeze(0);
            let actions = values(&learner.act(&input, Mode::Evaluate));
            let actions = actions.chunks_exact(actions.len() / going_on.len());
            observations.clear();
            let mut still = Vec::new();
            for (&index, action) in going_on.iter().zip(actions) {
                let seen = self.environments[index].step(action);
                episodes[index].total += seen.reward;
                episodes[index].length += 1;
                if !seen.terminated && episodes[index].length < self.limit {
                    observations.push(seen.observation);
                    still.push(index);
                }
            }
            going_on = still;
        }
        (episodes, sample)
    }
}

/// Observations of the environments as the learner takes them, `[R, features]`.
fn stack(rows: &[Vec<f64>], device: Device) -> Tensor {
    let single: Vec<f32> = rows.iter().flatten().map(|&value| value as f32).collect();
    Tensor::from_slice(&single)
        .view([rows.len() as i64, -1])
        .to_device(device)
}

fn values(action: &Tensor) -> Vec<f32> {
    let action = action
        .to_device(Device::Cpu)
        .to_kind(Kind::Float)
        .contiguous()
        .view([-1]);
    let mut values = vec![0.0; action.numel()];
    action.copy_data(&mut values, action.numel());
    values
}
