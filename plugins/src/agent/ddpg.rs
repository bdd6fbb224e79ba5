//! Deep deterministic policy gradient (Lillicrap et al. 2016), with the training loop and the constants of the Pop-SAN code
//! (`ddpg_cuda_norm.py`).

use serde::{Deserialize, Serialize};
use spikebench::api::{
    Actor, AgentContext, AgentSettings, ComponentError, Diverged, Learner, Mismatch, Mode,
    ParameterError, Policy, Spec, StateVisitor, Stateful, Streams, Transition, Weights,
};
use spikebench::learn::adam::{Adam, polyak_update};
use spikebench::learn::loss::negative_mean;
use spikebench::learn::regression::Regression;
use spikebench::learn::replay_buffer::{Batch, NStep};
use spikebench::learn::running_mean::RunningMean;
use spikebench::network::mlp::Perceptron;
use spikebench::register;
use tch::{Tensor, no_grad};

use super::diagnostics::known;
use super::experience::{Experience, ExperienceConfig};
use super::formulas::{squash, td_target};
use super::settings::{LARGEST_BATCH, check_not_negative, symmetric_bound};
use crate::layer_sizes::{check_hidden, layer_sizes};

/// The defaults are those of the Pop-SAN code for MuJoCo. Learning happens in blocks: `gradient_steps` updates of critic,
/// actor and targets after every `update_every` steps.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ddpg {
    /// The learning rate of the whole actor, encoder and decoder included.
    actor_lr: f64,
    critic_lr: f64,
    /// The hidden layers of the critic.
    critic_hidden: Vec<u32>,
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
    /// The standard deviation of the exploration noise, in units of the action.
    action_noise: f64,
    /// The observation normaliser is updated in blocks of this many steps.
    normalise_every: u32,
    /// Normalised observations are clipped to this many standard deviations.
    normalise_clip: f64,
}

impl Default for Ddpg {
    fn default() -> Self {
        Self {
            actor_lr: 1e-4,
            critic_lr: 1e-3,
            critic_hidden: vec![256, 256],
            gamma: 0.99,
            polyak: 0.995,
            batch_size: 100,
            buffer_size: 1_000_000,
            start_steps: 10_000,
            update_after: 1_000,
            update_every: 50,
            gradient_steps: 50,
            action_noise: 0.1,
            normalise_every: 50,
            normalise_clip: 3.0,
        }
    }
}

impl Ddpg {
    fn experience(&self) -> ExperienceConfig {
        ExperienceConfig {
            buffer_size: self.buffer_size,
            normalise_every: self.normalise_every,
            normalise_clip: self.normalise_clip,
            update_after: self.update_after,
            update_every: self.update_every,
        }
    }

    fn critic(&self, features: i64, actions: i64) -> Perceptron {
        let sizes = layer_sizes(features + actions, &self.critic_hidden, 1);
        Perceptron::new("critic", &[], sizes)
    }
}

impl AgentSettings for Ddpg {
    fn accepts(&self, spec: &Spec) -> Result<(), ComponentError> {
        symmetric_bound("ddpg", spec).map(drop)
    }

    fn start(&self, context: AgentContext) -> Result<Box<dyn Learner>, ComponentError> {
        Ok(Box::new(DdpgLearner::new(self.clone(), context)?))
    }

    fn multiply_adds(&self, spec: &Spec, actor: u64, steps: u64) -> u64 {
        let critic = self
            .critic(spec.observation as i64, spec.action.width() as i64)
            .multiply_adds();
        let updates = steps
            .saturating_sub(self.update_after)
            .saturating_mul(self.gradient_steps)
            / self.update_every;
        // The targets take a forward pass; an update takes three times as much, forward and backward; the actor's update
        // also takes the critic's forward pass and its backward pass to the input.
        let update = 4 * critic + actor + 3 * actor + 2 * critic;
        updates
            .saturating_mul(u64::from(self.batch_size))
            .saturating_mul(update)
    }

    fn numbers(&self, spec: &Spec, actor: u64, steps: u64) -> u64 {
        let critic = self
            .critic(spec.observation as i64, spec.action.width() as i64)
            .multiply_adds();
        let [actor, critic] = [actor, critic].map(|weights| weights.saturating_mul(5));
        let buffer = self.experience().numbers(spec, steps);
        buffer.saturating_add(actor).saturating_add(critic)
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("actor_lr", self.actor_lr)?;
        ParameterError::unless_positive("critic_lr", self.critic_lr)?;
        check_hidden("critic_hidden", &self.critic_hidden)?;
        ParameterError::unless_fraction("gamma", self.gamma)?;
        ParameterError::unless_fraction("polyak", self.polyak)?;
        ParameterError::unless_size("batch_size", self.batch_size.into(), LARGEST_BATCH)?;
        ParameterError::unless_at_least("buffer_size", self.buffer_size.into(), 1)?;
        ParameterError::unless_at_least("update_every", self.update_every, 1)?;
        ParameterError::unless_at_least("gradient_steps", self.gradient_steps, 1)?;
        check_not_negative("action_noise", self.action_noise)?;
        ParameterError::unless_at_least("normalise_every", self.normalise_every.into(), 1)?;
        ParameterError::unless_positive("normalise_clip", self.normalise_clip)
    }
}

#[derive(Debug)]
struct DdpgLearner {
    settings: Ddpg,
    action_limit: f64,
    actions: i64,
    actor: Box<dyn Actor>,
    actor_online: Weights,
    actor_target: Weights,
    actor_adam: Adam,
    critic: Perceptron,
    critic_online: Weights,
    /// The same numbers as `critic_online`; the actor's gradient flows through them but not into them.
    critic_frozen: Weights,
    critic_target: Weights,
    critic_adam: Adam,
    experience: Experience,
    exploration: Streams,
    encoder: Streams,
    evaluation: Streams,
    critic_loss: RunningMean,
    actor_loss: RunningMean,
}

impl DdpgLearner {
    fn new(settings: Ddpg, context: AgentContext) -> Result<Self, ComponentError> {
        let action_limit = symmetric_bound("ddpg", &context.spec)?;
        let features = context.spec.observation as i64;
        let actions = context.spec.action.width() as i64;
        let replicas = context.seeds.len() as i64;

        let actor_online = context.weights("actor weights", &context.actor.learned());
        let critic = settings.critic(features, actions);
        let critic_online = context.weights("critic weights", &critic.learned());

        Ok(Self {
            action_limit,
            actions,
            actor_target: actor_online.frozen_copy(),
            actor_adam: Adam::new(&actor_online, settings.actor_lr),
            critic_frozen: critic_online.frozen(),
            critic_target: critic_online.frozen_copy(),
            critic_adam: Adam::new(&critic_online, settings.critic_lr),
            experience: Experience::new(settings.experience(), &context, actions),
            exploration: context.streams("exploration"),
            encoder: context.streams("encoder"),
            evaluation: context.streams("encoder in evaluation"),
            critic_loss: RunningMean::new(replicas),
            actor_loss: RunningMean::new(replicas),
            actor: context.actor,
            actor_online,
            critic,
            critic_online,
            settings,
        })
    }

    /// The critic's values of a batch, `[R, B, 1]`.
    fn value(&self, observation: &Tensor, action: &Tensor, weights: &Weights) -> Tensor {
        self.critic.forward_parts(&[observation, action], weights)
    }

    /// The critic's targets for a batch, `[R, B, 1]`.
    fn target(&mut self, batch: &Batch) -> Tensor {
        let weights = &self.actor_target;
        let proposed = self.actor.forward(
            &batch.next_observation,
            weights,
            &mut self.encoder.without_exploration(),
        );
        let action = squash(&proposed, self.action_limit);
        let value = self.value(&batch.next_observation, &action, &self.critic_target);
        td_target(batch, &value, 1.0)
    }

    /// One gradient step of critic and actor, followed by the update of their targets.
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
        let action = squash(&proposed, self.action_limit);
        let value = self.value(&batch.observation, &action, &self.critic_frozen);
        let actor_loss = penalty.added_to(negative_mean(&value));
        self.actor_loss.add_loss("actor loss", &actor_loss)?;
        self.actor_adam
            .minimise(&actor_loss, &mut self.actor_online);

        let polyak = self.settings.polyak;
        polyak_update(&mut self.actor_target, &self.actor_online, polyak);
        polyak_update(&mut self.critic_target, &self.critic_online, polyak);
        Ok(())
    }
}

impl Learner for DdpgLearner {
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
        let proposed = no_grad(|| self.actor.forward(&observation, weights, &mut noise));
        let action = squash(&proposed, limit);
        match mode {
            Mode::Evaluate => action,
            Mode::Explore => {
                let noise = self.exploration.normal(&shape) * self.settings.action_noise;
                (action + noise).clamp(-limit, limit)
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
        known([
            ("actor_gradient_norm", self.actor_adam.gradient_norm()),
            ("critic_gradient_norm", self.critic_adam.gradient_norm()),
            ("actor_loss", self.actor_loss.take()),
            ("critic_loss", self.critic_loss.take()),
        ])
    }
}

impl Stateful for DdpgLearner {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.part("experience", &mut self.experience)?;
        with.part("actor", &mut self.actor_online)?;
        with.part("actor_target", &mut self.actor_target)?;
        with.part("actor_adam", &mut self.actor_adam)?;
        with.part("critic", &mut self.critic_online)?;
        with.part("critic_target", &mut self.critic_target)?;
        with.part("critic_adam", &mut self.critic_adam)?;
        with.part("exploration", &mut self.exploration)?;
        with.part("encoder", &mut self.encoder)?;
        with.part("evaluation", &mut self.evaluation)?;
        with.part("critic_loss", &mut self.critic_loss)?;
        with.part("actor_loss", &mut self.actor_loss)
    }
}

register! {
    /// Deep deterministic policy gradient with the training loop and the constants of the Pop-SAN code.
    agent "ddpg" => Ddpg;
    cites "Deep deterministic policy gradient: T. P. Lillicrap, J. J. Hunt, A. Pritzel, N. Heess, T. Erez, Y. Tassa, D. Silver, D. \
           Wierstra. Continuous control with deep reinforcement learning. ICLR, 2016."
}
