//! Soft actor-critic (Haarnoja et al. 2018) with a fixed temperature, with the training loop and the constants of the
//! Pop-SAN code (`sac_cuda_norm.py`). The actor gives the mean of a squashed normal distribution, and a perceptron gives
//! its standard deviation.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    Actor, AgentContext, AgentSettings, ComponentError, Diverged, Learner, Mismatch, Mode,
    ParameterError, Policy, Spec, StateVisitor, Stateful, Streams, Transition, Weights,
};
use spikebench::kernel::ShapeRef;
use spikebench::kernel::elementwise::elementwise;
use spikebench::learn::adam::{Adam, minimise, polyak_update};
use spikebench::learn::loss::mean_of;
use spikebench::learn::regression::Regression;
use spikebench::learn::replay_buffer::{Batch, NStep};
use spikebench::learn::running_mean::RunningMean;
use spikebench::network::mlp::Perceptron;
use spikebench::register;
use tch::{Tensor, no_grad};

use super::diagnostics::known;
use super::experience::{Experience, ExperienceConfig};
use super::formulas::{least, row_sums, squash};
use super::settings::{LARGEST_BATCH, check_not_negative, symmetric_bound};
use super::soft_value::{SoftCost, SoftTarget};
use super::squashed_normal::{Drawn, LogDensity};
use crate::layer_sizes::{check_hidden, layer_sizes};

/// The defaults are those of the Pop-SAN code for MuJoCo. Learning happens in blocks: `gradient_steps` updates of critics,
/// policy and the critics' targets after every `update_every` steps. The policy has no target network.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Sac {
    /// The learning rate of the whole actor, encoder and decoder included.
    actor_lr: f64,
    /// The learning rate of the perceptron that gives the standard deviation.
    log_std_lr: f64,
    critic_lr: f64,
    /// The hidden layers of the perceptron that gives the standard deviation.
    log_std_hidden: Vec<u32>,
    /// The hidden layers of each critic.
    critic_hidden: Vec<u32>,
    /// The logarithm of the standard deviation is clamped to these bounds.
    log_std_range: (f64, f64),
    /// The temperature: the reward for one nat of entropy.
    alpha: f64,
    gamma: f64,
    polyak: f64,
    batch_size: u32,
    buffer_size: u32,
    /// Actions are uniformly random up to this step.
    start_steps: u64,
    /// There are no updates before this step.
    update_after: u64,
    update_every: u64,
    gradient_steps: u64,
    /// The observation normaliser is updated in blocks of this many steps.
    normalise_every: u32,
    /// Normalised observations are clipped to this many standard deviations.
    normalise_clip: f64,
}

impl Default for Sac {
    fn default() -> Self {
        Self {
            actor_lr: 1e-4,
            log_std_lr: 1e-3,
            critic_lr: 1e-3,
            log_std_hidden: vec![256, 256],
            critic_hidden: vec![256, 256],
            log_std_range: (-20.0, 2.0),
            alpha: 0.2,
            gamma: 0.99,
            polyak: 0.995,
            batch_size: 100,
            buffer_size: 1_000_000,
            start_steps: 10_000,
            update_after: 1_000,
            update_every: 50,
            gradient_steps: 50,
            normalise_every: 50,
            normalise_clip: 3.0,
        }
    }
}

impl Sac {
    fn experience(&self) -> ExperienceConfig {
        ExperienceConfig {
            buffer_size: self.buffer_size,
            normalise_every: self.normalise_every,
            normalise_clip: self.normalise_clip,
            update_after: self.update_after,
            update_every: self.update_every,
        }
    }

    /// Both critics side by side.
    fn critics(&self, features: i64, actions: i64) -> Perceptron {
        let sizes = layer_sizes(features + actions, &self.critic_hidden, 1);
        Perceptron::new("critic", &[TWINS], sizes)
    }

    /// The perceptron from observations to the logarithm of the standard deviation.
    fn log_std(&self, features: i64, actions: i64) -> Perceptron {
        let sizes = layer_sizes(features, &self.log_std_hidden, actions);
        Perceptron::new("log_std", &[], sizes)
    }
}

impl AgentSettings for Sac {
    fn accepts(&self, spec: &Spec) -> Result<(), ComponentError> {
        symmetric_bound("sac", spec).map(drop)
    }

    fn start(&self, context: AgentContext) -> Result<Box<dyn Learner>, ComponentError> {
        Ok(Box::new(SacLearner::new(self.clone(), context)?))
    }

    fn multiply_adds(&self, spec: &Spec, actor: u64, steps: u64) -> u64 {
        let (features, actions) = (spec.observation as i64, spec.action.width() as i64);
        let critics = self.critics(features, actions).multiply_adds();
        let policy = actor + self.log_std(features, actions).multiply_adds();
        let updates = steps
            .saturating_sub(self.update_after)
            .saturating_mul(self.gradient_steps)
            / self.update_every;
        // The target takes a forward pass of everything; an update takes three times as much, forward and backward; the
        // policy's update also takes the critics' forward pass and their backward pass to the input.
        let update = 4 * critics + policy + 3 * policy + 2 * critics;
        updates
            .saturating_mul(u64::from(self.batch_size))
            .saturating_mul(update)
    }

    fn numbers(&self, spec: &Spec, actor: u64, steps: u64) -> u64 {
        let (features, actions) = (spec.observation as i64, spec.action.width() as i64);
        let critics = self.critics(features, actions).multiply_adds();
        let policy = actor.saturating_add(self.log_std(features, actions).multiply_adds());
        let buffer = self.experience().numbers(spec, steps);
        buffer
            .saturating_add(policy.saturating_mul(4))
            .saturating_add(critics.saturating_mul(5))
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("actor_lr", self.actor_lr)?;
        ParameterError::unless_positive("log_std_lr", self.log_std_lr)?;
        ParameterError::unless_positive("critic_lr", self.critic_lr)?;
        check_hidden("log_std_hidden", &self.log_std_hidden)?;
        check_hidden("critic_hidden", &self.critic_hidden)?;
        let (low, high) = self.log_std_range;
        ParameterError::unless(
            low < high,
            "log_std_range",
            format!("[{low}, {high}]"),
            "must run from low to high",
        )?;
        check_not_negative("alpha", self.alpha)?;
        ParameterError::unless_fraction("gamma", self.gamma)?;
        ParameterError::unless_fraction("polyak", self.polyak)?;
        ParameterError::unless_size("batch_size", self.batch_size.into(), LARGEST_BATCH)?;
        ParameterError::unless_at_least("buffer_size", self.buffer_size.into(), 1)?;
        ParameterError::unless_at_least("update_every", self.update_every, 1)?;
        ParameterError::unless_at_least("gradient_steps", self.gradient_steps, 1)?;
        ParameterError::unless_at_least("normalise_every", self.normalise_every.into(), 1)?;
        ParameterError::unless_positive("normalise_clip", self.normalise_clip)
    }
}

#[derive(Debug)]
struct SacLearner {
    settings: Sac,
    action_limit: f64,
    actions: i64,
    actor: Box<dyn Actor>,
    actor_online: Weights,
    actor_adam: Adam,
    log_std: Perceptron,
    log_std_online: Weights,
    log_std_adam: Adam,
    critic: Perceptron,
    critic_online: Weights,
    /// The same numbers as `critic_online`; the policy's gradient flows through them but not into them.
    critic_frozen: Weights,
    critic_target: Weights,
    critic_adam: Adam,
    experience: Experience,
    exploration: Streams,
    encoder: Streams,
    evaluation: Streams,
    policy: Streams,
    critic_loss: RunningMean,
    actor_loss: RunningMean,
    log_density: RunningMean,
}

impl SacLearner {
    fn new(settings: Sac, context: AgentContext) -> Result<Self, ComponentError> {
        let action_limit = symmetric_bound("sac", &context.spec)?;
        let features = context.spec.observation as i64;
        let actions = context.spec.action.width() as i64;
        let replicas = context.seeds.len() as i64;

        let actor_online = context.weights("actor weights", &context.actor.learned());
        let log_std = settings.log_std(features, actions);
        let log_std_online = context.weights("log std weights", &log_std.learned());
        let critic = settings.critics(features, actions);
        let critic_online = context.weights("critic weights", &critic.learned());

        Ok(Self {
            action_limit,
            actions,
            actor_adam: Adam::new(&actor_online, settings.actor_lr),
            log_std_adam: Adam::new(&log_std_online, settings.log_std_lr),
            critic_frozen: critic_online.frozen(),
            critic_target: critic_online.frozen_copy(),
            critic_adam: Adam::new(&critic_online, settings.critic_lr),
            experience: Experience::new(settings.experience(), &context, actions),
            exploration: context.streams("exploration"),
            encoder: context.streams("encoder"),
            evaluation: context.streams("encoder in evaluation"),
            policy: context.streams("policy"),
            critic_loss: RunningMean::new(replicas),
            actor_loss: RunningMean::new(replicas),
            log_density: RunningMean::new(replicas),
            actor: context.actor,
            actor_online,
            log_std,
            log_std_online,
            critic,
            critic_online,
            settings,
        })
    }

    /// Both critics' values of a batch, `[R, 2, B, 1]`.
    fn value(&self, observation: &Tensor, action: &Tensor, weights: &Weights) -> Tensor {
        self.critic.forward_parts(&[observation, action], weights)
    }

    /// Draws actions `[R, B, actions]` around the policy's mean, and returns them with the logarithms of their densities
    /// `[R, B, 1]` in units of the action's limit.
    fn draw(&mut self, observation: &Tensor, mean: &Tensor) -> (Tensor, Tensor) {
        let log_std = self.log_std.forward(observation, &self.log_std_online);
        let normal = self.policy.normal(mean.shape());
        let drawn = [mean, &log_std, &normal];
        let action = elementwise(self.drawn(), &drawn);
        let density = LogDensity {
            log_std_range: self.settings.log_std_range,
        };
        (action, row_sums(&elementwise(density, &drawn)))
    }

    fn drawn(&self) -> Drawn {
        Drawn {
            log_std_range: self.settings.log_std_range,
            limit: self.action_limit,
        }
    }

    /// The critics' targets for a batch, `[R, B, 1]`.
    fn target(&mut self, batch: &Batch) -> Tensor {
        let weights = &self.actor_online;
        let mut noise = self.encoder.without_exploration();
        let mean = self
            .actor
            .forward(&batch.next_observation, weights, &mut noise);
        let (action, log_density) = self.draw(&batch.next_observation, &mean);
        let value = self.value(&batch.next_observation, &action, &self.critic_target);
        let target = SoftTarget {
            alpha: self.settings.alpha,
        };
        elementwise(
            target,
            &[&batch.reward, &batch.discount, &least(&value), &log_density],
        )
    }

    /// One gradient step of critics and policy, followed by the update of the critics' targets.
    fn update(&mut self) -> Result<(), Diverged> {
        let one_step = NStep::one_step(self.settings.gamma);
        let batch = self.experience.batch(self.settings.batch_size, one_step);

        let target = no_grad(|| self.target(&batch));
        let parts = [&batch.observation, &batch.action];
        let fit = Regression::new(&self.critic, &self.critic_online, &parts, &target, 1.0);
        self.critic_loss.add_loss("critic loss", fit.loss())?;
        fit.descend(&mut self.critic_adam, &mut self.critic_online);

        let weights = &self.actor_online;
        let mut noise = self.experience.learning(&mut self.encoder, &batch);
        let proposed = self.actor.forward(&batch.observation, weights, &mut noise);
        let penalty = noise.into_penalty();
        let (action, log_density) = self.draw(&batch.observation, &proposed);
        let value = self.value(&batch.observation, &action, &self.critic_frozen);
        let cost = SoftCost {
            alpha: self.settings.alpha,
        };
        let actor_loss = mean_of(cost, &[&log_density, &least(&value)]);
        let actor_loss = penalty.added_to(actor_loss);
        self.actor_loss.add_loss("actor loss", &actor_loss)?;
        self.log_density.add_mean(&log_density);
        minimise(
            &actor_loss,
            [
                (&mut self.actor_adam, &mut self.actor_online),
                (&mut self.log_std_adam, &mut self.log_std_online),
            ],
        );

        let polyak = self.settings.polyak;
        polyak_update(&mut self.critic_target, &self.critic_online, polyak);
        Ok(())
    }
}

impl Learner for SacLearner {
    fn act(&mut self, observation: &Tensor, mode: Mode) -> Tensor {
        let shape = [observation.size()[0], observation.size()[1], self.actions];
        let limit = self.action_limit;
        if mode == Mode::Explore && self.experience.steps() <= self.settings.start_steps {
            return (self.exploration.uniform(&shape) * 2.0 - 1.0) * limit;
        }
        let mut noise = match mode {
            Mode::Explore => self.experience.acting(&mut self.encoder),
            Mode::Evaluate => self.evaluation.without_exploration(),
        };
        let observation = self.experience.normalise(observation);
        let weights = &self.actor_online;
        let mean = no_grad(|| self.actor.forward(&observation, weights, &mut noise));
        match mode {
            Mode::Evaluate => squash(&mean, limit),
            Mode::Explore => {
                let log_std = no_grad(|| self.log_std.forward(&observation, &self.log_std_online));
                let normal = self.exploration.normal(&shape);
                elementwise(self.drawn(), &[&mean, &log_std, &normal])
            }
        }
    }

    fn observe(&mut self, seen: &Transition<'_>) -> Result<(), Diverged> {
        Diverged::unless_finite("action", seen.action)?;
        if self.experience.observe(seen) {
            for _ in 0..self.settings.gradient_steps {
                self.update()?;
            }
        }
        Ok(())
    }

    fn policy(&self) -> Policy<'_> {
        Policy {
            weights: &self.actor_online,
            statistics: self.experience.statistics(),
        }
    }

    fn diagnostics(&mut self) -> Vec<(&'static str, Vec<f64>)> {
        let negative = |numbers: Vec<f64>| numbers.into_iter().map(|number| -number).collect();
        known([
            ("actor_gradient_norm", self.actor_adam.gradient_norm()),
            ("critic_gradient_norm", self.critic_adam.gradient_norm()),
            ("actor_loss", self.actor_loss.take()),
            ("critic_loss", self.critic_loss.take()),
            ("entropy", self.log_density.take().map(negative)),
        ])
    }
}

impl Stateful for SacLearner {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.part("experience", &mut self.experience)?;
        with.part("actor", &mut self.actor_online)?;
        with.part("actor_adam", &mut self.actor_adam)?;
        with.part("log_std", &mut self.log_std_online)?;
        with.part("log_std_adam", &mut self.log_std_adam)?;
        with.part("critic", &mut self.critic_online)?;
        with.part("critic_target", &mut self.critic_target)?;
        with.part("critic_adam", &mut self.critic_adam)?;
        with.part("exploration", &mut self.exploration)?;
        with.part("encoder", &mut self.encoder)?;
        with.part("evaluation", &mut self.evaluation)?;
        with.part("policy", &mut self.policy)?;
        with.part("critic_loss", &mut self.critic_loss)?;
        with.part("actor_loss", &mut self.actor_loss)?;
        with.part("log_density", &mut self.log_density)
    }
}

const TWINS: i64 = 2;

register! {
    /// Soft actor-critic with a fixed temperature, and the training loop and the constants of the Pop-SAN code.
    agent "sac" => Sac;
    cites "Soft actor-critic: T. Haarnoja, A. Zhou, P. Abbeel, S. Levine. Soft actor-critic: off-policy maximum entropy deep \
           reinforcement learning with a stochastic actor. ICML, 2018."
}
