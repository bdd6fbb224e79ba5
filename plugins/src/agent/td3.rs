//! Twin delayed deep deterministic policy gradient (Fujimoto et al. 2018), with the training loop and the constants of the
//! Pop-SAN code (`td3_cuda_norm.py`).

use serde::{Deserialize, Serialize};
use spikebench::api::{
    Actor, AgentContext, AgentSettings, ComponentError, Diverged, Learner, Mismatch, Mode,
    ParameterError, Policy, Spec, StateVisitor, Stateful, Streams, Transition, Weights,
};
use spikebench::kernel::ShapeRef;
use spikebench::kernel::elementwise::elementwise;
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
use super::formulas::{Smoothed, least, squash, td_target};
use super::settings::{LARGEST_BATCH, check_not_negative, symmetric_bound};
use crate::layer_sizes::{check_hidden, layer_sizes};

/// The defaults are those of the Pop-SAN code for MuJoCo. Learning happens in blocks of `gradient_steps` updates after
/// every `update_every` steps; within a block, the actor and all targets are updated on every `policy_delay`-th update.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Td3 {
    /// The learning rate of the whole actor, encoder and decoder included.
    actor_lr: f64,
    critic_lr: f64,
    /// The hidden layers of each critic.
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
    policy_delay: u64,
    /// The standard deviation of the exploration noise, in units of the action.
    action_noise: f64,
    /// The standard deviation of the target policy's noise.
    target_noise: f64,
    /// The bound of the target policy's noise.
    noise_clip: f64,
    /// The observation normaliser is updated in blocks of this many steps.
    normalise_every: u32,
    /// Normalised observations are clipped to this many standard deviations.
    normalise_clip: f64,
}

impl Default for Td3 {
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
            policy_delay: 2,
            action_noise: 0.1,
            target_noise: 0.2,
            noise_clip: 0.5,
            normalise_every: 50,
            normalise_clip: 3.0,
        }
    }
}

impl Td3 {
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
}

impl AgentSettings for Td3 {
    fn accepts(&self, spec: &Spec) -> Result<(), ComponentError> {
        symmetric_bound("td3", spec).map(drop)
    }

    fn start(&self, context: AgentContext) -> Result<Box<dyn Learner>, ComponentError> {
        Ok(Box::new(Td3Learner::new(self.clone(), context)?))
    }

    fn multiply_adds(&self, spec: &Spec, actor: u64, steps: u64) -> u64 {
        let critics = self
            .critics(spec.observation as i64, spec.action.width() as i64)
            .multiply_adds();
        let updates = steps
            .saturating_sub(self.update_after)
            .saturating_mul(self.gradient_steps)
            / self.update_every;
        // The target takes a forward pass of everything; an update takes three times as much, forward and backward; the
        // actor is updated on delayed updates only, through the critics' backward pass to their input.
        let update = 4 * critics + actor + (3 * actor + 2 * critics) / self.policy_delay;
        updates
            .saturating_mul(u64::from(self.batch_size))
            .saturating_mul(update)
    }

    fn numbers(&self, spec: &Spec, actor: u64, steps: u64) -> u64 {
        let critics = self
            .critics(spec.observation as i64, spec.action.width() as i64)
            .multiply_adds();
        let [actor, critics] = [actor, critics].map(|weights| weights.saturating_mul(5));
        let buffer = self.experience().numbers(spec, steps);
        buffer.saturating_add(actor).saturating_add(critics)
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
        ParameterError::unless_at_least("policy_delay", self.policy_delay, 1)?;
        check_not_negative("action_noise", self.action_noise)?;
        check_not_negative("target_noise", self.target_noise)?;
        check_not_negative("noise_clip", self.noise_clip)?;
        ParameterError::unless_at_least("normalise_every", self.normalise_every.into(), 1)?;
        ParameterError::unless_positive("normalise_clip", self.normalise_clip)
    }
}

#[derive(Debug)]
struct Td3Learner {
    settings: Td3,
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
    draws: Draws,
    critic_loss: RunningMean,
    actor_loss: RunningMean,
}

/// One random stream per purpose, so that drawing from one never shifts another.
#[derive(Debug)]
struct Draws {
    exploration: Streams,
    encoder: Streams,
    evaluation: Streams,
    target: Streams,
}

impl Td3Learner {
    fn new(settings: Td3, context: AgentContext) -> Result<Self, ComponentError> {
        let action_limit = symmetric_bound("td3", &context.spec)?;
        let features = context.spec.observation as i64;
        let actions = context.spec.action.width() as i64;
        let replicas = context.seeds.len() as i64;

        let actor_online = context.weights("actor weights", &context.actor.learned());
        let critic = settings.critics(features, actions);
        let critic_online = context.weights("critic weights", &critic.learned());

        let experience = Experience::new(settings.experience(), &context, actions);
        let draws = Draws {
            exploration: context.streams("exploration"),
            encoder: context.streams("encoder"),
            evaluation: context.streams("encoder in evaluation"),
            target: context.streams("target policy noise"),
        };
        Ok(Self {
            action_limit,
            actions,
            actor_target: actor_online.frozen_copy(),
            actor_adam: Adam::new(&actor_online, settings.actor_lr),
            actor: context.actor,
            actor_online,
            critic_frozen: critic_online.frozen(),
            critic_target: critic_online.frozen_copy(),
            critic_adam: Adam::new(&critic_online, settings.critic_lr),
            critic,
            critic_online,
            experience,
            draws,
            critic_loss: RunningMean::new(replicas),
            actor_loss: RunningMean::new(replicas),
            settings,
        })
    }

    /// The clipped double-Q target of a batch, `[R, B, 1]`.
    fn target(&mut self, batch: &Batch) -> Tensor {
        let proposed = self.actor.forward(
            &batch.next_observation,
            &self.actor_target,
            &mut self.draws.encoder.without_exploration(),
        );
        let smoothed = Smoothed {
            limit: self.action_limit,
            noise: self.settings.target_noise,
            clip: self.settings.noise_clip,
        };
        let noise = self.draws.target.normal(batch.action.shape());
        let action = elementwise(smoothed, &[&proposed, &noise]);
        let values = self
            .critic
            .forward_parts(&[&batch.next_observation, &action], &self.critic_target);
        td_target(batch, &least(&values), 1.0)
    }

    /// One gradient step of both critics and, if `delayed`, of the actor and all targets.
    fn update(&mut self, delayed: bool) -> Result<(), Diverged> {
        let one_step = NStep::one_step(self.settings.gamma);
        let batch = self.experience.batch(self.settings.batch_size, one_step);

        let target = no_grad(|| self.target(&batch));
        let parts = [&batch.observation, &batch.action];
        let fit = Regression::new(&self.critic, &self.critic_online, &parts, &target, 1.0);
        self.critic_loss.add_loss("critic loss", fit.loss())?;
        fit.descend(&mut self.critic_adam, &mut self.critic_online);

        if delayed {
            let mut noise = self.experience.learning(&mut self.draws.encoder, &batch);
            let weights = &self.actor_online;
            let proposed = self.actor.forward(&batch.observation, weights, &mut noise);
            let penalty = noise.into_penalty();
            let action = squash(&proposed, self.action_limit);
            let first = self
                .critic
                .forward_parts_first(&[&batch.observation, &action], &self.critic_frozen);
            let actor_loss = penalty.added_to(negative_mean(&first));
            self.actor_loss.add_loss("actor loss", &actor_loss)?;
            self.actor_adam
                .minimise(&actor_loss, &mut self.actor_online);
            let polyak = self.settings.polyak;
            polyak_update(&mut self.actor_target, &self.actor_online, polyak);
            polyak_update(&mut self.critic_target, &self.critic_online, polyak);
        }
        Ok(())
    }
}

impl Learner for Td3Learner {
    fn act(&mut self, observation: &Tensor, mode: Mode) -> Tensor {
        let [replicas, batch, _] = observation.size()[..] else {
            panic!(
                "observations are [R, B, features], not {:?}",
                observation.size()
            )
        };
        let shape = [replicas, batch, self.actions];
        let limit = self.action_limit;
        if mode == Mode::Explore && self.experience.steps() <= self.settings.start_steps {
            return (self.draws.exploration.uniform(&shape) * 2.0 - 1.0) * limit;
        }
        let mut noise = match mode {
            Mode::Explore => self.experience.acting(&mut self.draws.encoder),
            Mode::Evaluate => self.draws.evaluation.without_exploration(),
        };
        let observation = self.experience.normalise(observation);
        let action = no_grad(|| {
            squash(
                &self
                    .actor
                    .forward(&observation, &self.actor_online, &mut noise),
                limit,
            )
        });
        match mode {
            Mode::Evaluate => action,
            Mode::Explore => {
                let noise = self.draws.exploration.normal(&shape) * self.settings.action_noise;
                (action + noise).clamp(-limit, limit)
            }
        }
    }

    fn observe(&mut self, seen: &Transition<'_>) -> Result<(), Diverged> {
        Diverged::unless_finite("action", seen.action)?;
        if self.experience.observe(seen) {
            for update in 0..self.settings.gradient_steps {
                self.update(update.is_multiple_of(self.settings.policy_delay))?;
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

impl Stateful for Td3Learner {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.part("experience", &mut self.experience)?;
        with.part("actor", &mut self.actor_online)?;
        with.part("actor_target", &mut self.actor_target)?;
        with.part("actor_adam", &mut self.actor_adam)?;
        with.part("critic", &mut self.critic_online)?;
        with.part("critic_target", &mut self.critic_target)?;
        with.part("critic_adam", &mut self.critic_adam)?;
        with.part("exploration", &mut self.draws.exploration)?;
        with.part("encoder", &mut self.draws.encoder)?;
        with.part("evaluation", &mut self.draws.evaluation)?;
        with.part("target_noise", &mut self.draws.target)?;
        with.part("critic_loss", &mut self.critic_loss)?;
        with.part("actor_loss", &mut self.actor_loss)
    }
}

const TWINS: i64 = 2;

register! {
    /// Twin delayed DDPG with the training loop and the constants of the Pop-SAN code.
    agent "td3" => Td3;
    cites "Twin delayed deep deterministic policy gradient: S. Fujimoto, H. van Hoof, D. Meger. Addressing function approximation \
           error in actor-critic methods. ICML, 2018."
}
