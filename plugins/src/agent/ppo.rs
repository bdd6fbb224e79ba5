//! Proximal policy optimisation (Schulman et al. 2017), with the training loop and the constants of the Pop-SAN code
//! (`popsan_ppo`), for both kinds of action space. It deviates from that code where the code errs:
//!
//! - The probability of an action is the joint probability of all its dimensions, and likewise the entropy; the code clips
//!   and averages each dimension by itself.
//! - Observations are normalised; the code never updates its normaliser. The normaliser is updated together with the
//!   policy, so that an observation looks the same to the policy that acted and to the policy that learns from it.
//! - Where the time limit cuts an episode, the value of its last observation stands for the rest; the code treats it as the
//!   end of the task.
//! - A step is a step of one environment. The code counts one step of each of its ten environments as one, and takes 1 000
//!   steps of each where this takes 10 000 of one.
//! - Mean and standard deviation are in units of the action's limit, which is one in the code's tasks.
//!
//! An actor that explores with noise of its own is updated under the noise of the steps at which it acted.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    ActionSpace, Actor, AgentContext, AgentSettings, ComponentError, Declaration, Diverged, Init,
    Learner, Mismatch, Mode, ParameterError, Penalty, Policy, Spec, StateVisitor, Stateful,
    Streams, Transition, Weights,
};
use spikebench::learn::adam::Adam;
use spikebench::learn::loss::mean_of;
use spikebench::learn::normaliser::Normaliser;
use spikebench::learn::regression::Regression;
use spikebench::learn::rollout_buffer::RolloutBuffer;
use spikebench::learn::rows::rows_at;
use spikebench::learn::running_mean::RunningMean;
use spikebench::network::mlp::Perceptron;
use spikebench::network::noise::episode_tracker::EpisodeTracker;
use spikebench::register;
use tch::{Tensor, no_grad};

use super::clipped_objective::ClippedObjective;
use super::diagnostics::known;
use super::distribution::Distribution;
use super::formulas::standardised;
use super::settings::{LARGEST_BATCH, check_not_negative, symmetric_bound};
use crate::layer_sizes::{check_hidden, layer_sizes};

/// The defaults are those of the Pop-SAN code for MuJoCo; the paper gives 5e-6 for `actor_lr`. After every `horizon` steps,
/// there are `epochs` times as many updates as there are batches in the horizon, each batch drawn with replacement.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ppo {
    /// The learning rate of the whole policy: the actor with its encoder and decoder, and the standard deviation.
    actor_lr: f64,
    critic_lr: f64,
    /// The hidden layers of the critic.
    critic_hidden: Vec<u32>,
    /// The initial logarithm of the standard deviation, which is learned for each action dimension and does not depend on the
    /// observation.
    log_std: f64,
    gamma: f64,
    gae_lambda: f64,
    /// The ratio of probabilities is clipped to within this distance of one.
    clip: f64,
    value_coefficient: f64,
    entropy_coefficient: f64,
    horizon: u32,
    epochs: u32,
    batch_size: u32,
    /// Normalised observations are clipped to this many standard deviations.
    normalise_clip: f64,
}

impl Default for Ppo {
    fn default() -> Self {
        Self {
            actor_lr: 1e-5,
            critic_lr: 1e-4,
            critic_hidden: vec![256, 256],
            log_std: -0.5,
            gamma: 0.99,
            gae_lambda: 0.95,
            clip: 0.2,
            value_coefficient: 0.5,
            entropy_coefficient: 0.001,
            horizon: 10_000,
            epochs: 25,
            batch_size: 100,
            normalise_clip: 3.0,
        }
    }
}

impl Ppo {
    fn critic(&self, features: i64) -> Perceptron {
        Perceptron::new("critic", &[], layer_sizes(features, &self.critic_hidden, 1))
    }

    /// The number of updates after each horizon.
    fn updates(&self) -> u64 {
        u64::from(self.epochs) * u64::from(self.horizon.div_ceil(self.batch_size))
    }
}

impl AgentSettings for Ppo {
    fn accepts(&self, spec: &Spec) -> Result<(), ComponentError> {
        match spec.action {
            ActionSpace::Box(_) => symmetric_bound("ppo", spec).map(drop),
            ActionSpace::Discrete(_) => Ok(()),
        }
    }

    fn start(&self, context: AgentContext) -> Result<Box<dyn Learner>, ComponentError> {
        Ok(Box::new(PpoLearner::new(self.clone(), context)?))
    }

    fn multiply_adds(&self, spec: &Spec, actor: u64, steps: u64) -> u64 {
        let critic = self.critic(spec.observation as i64).multiply_adds();
        let updates = (steps / u64::from(self.horizon)).saturating_mul(self.updates());
        let learning = updates
            .saturating_mul(self.batch_size.into())
            .saturating_mul(3 * (actor + critic));
        // The probability of each action, and the values before and after each step.
        learning.saturating_add(steps.saturating_mul(actor + 2 * critic))
    }

    fn numbers(&self, spec: &Spec, actor: u64, steps: u64) -> u64 {
        let critic = self.critic(spec.observation as i64).multiply_adds();
        let networks = actor.saturating_add(critic).saturating_mul(4);
        let horizon = steps.min(self.horizon.into());
        let transition = 2 * spec.observation + spec.action.width() + 3;
        networks.saturating_add(horizon.saturating_mul(transition as u64))
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("actor_lr", self.actor_lr)?;
        ParameterError::unless_positive("critic_lr", self.critic_lr)?;
        check_hidden("critic_hidden", &self.critic_hidden)?;
        ParameterError::unless_fraction("gamma", self.gamma)?;
        ParameterError::unless_fraction("gae_lambda", self.gae_lambda)?;
        ParameterError::unless_positive("clip", self.clip)?;
        check_not_negative("value_coefficient", self.value_coefficient)?;
        check_not_negative("entropy_coefficient", self.entropy_coefficient)?;
        // Advantages are divided by their standard deviation, which takes at least two of them.
        ParameterError::unless_at_least("horizon", self.horizon.into(), 2)?;
        ParameterError::unless_at_least("epochs", self.epochs.into(), 1)?;
        ParameterError::unless_size("batch_size", self.batch_size.into(), LARGEST_BATCH)?;
        ParameterError::unless_positive("normalise_clip", self.normalise_clip)
    }
}

#[derive(Debug)]
struct PpoLearner {
    settings: Ppo,
    /// The limit of continuous actions; `None` for discrete ones.
    limit: Option<f64>,
    actor: Box<dyn Actor>,
    /// The weights of the actor, and `log_std` for continuous actions.
    actor_online: Weights,
    actor_adam: Adam,
    critic: Perceptron,
    critic_online: Weights,
    critic_adam: Adam,
    normaliser: Normaliser,
    episodes: EpisodeTracker,
    rollout: RolloutBuffer,
    exploration: Streams,
    encoder: Streams,
    evaluation: Streams,
    sampling: Streams,
    actor_loss: RunningMean,
    critic_loss: RunningMean,
    entropy: RunningMean,
}

impl PpoLearner {
    fn new(settings: Ppo, context: AgentContext) -> Result<Self, ComponentError> {
        let features = context.spec.observation as i64;
        let replicas = context.seeds.len() as i64;
        let mut learned = context.actor.learned();
        let (limit, width) = match &context.spec.action {
            ActionSpace::Box(bounds) => {
                let limit = symmetric_bound("ppo", &context.spec)?;
                let log_std = Init::Values(vec![settings.log_std as f32; bounds.len()]);
                let actions = bounds.len() as i64;
                learned.push(Declaration::new("log_std", &[actions], log_std));
                (Some(limit), actions)
            }
            ActionSpace::Discrete(_) => (None, 1),
        };
        let actor_online = context.weights("actor weights", &learned);
        let critic = settings.critic(features);
        let critic_online = context.weights("critic weights", &critic.learned());
        let episodes = EpisodeTracker::new(&context);
        Ok(Self {
            limit,
            actor_adam: Adam::new(&actor_online, settings.actor_lr),
            critic_adam: Adam::new(&critic_online, settings.critic_lr),
            normaliser: Normaliser::new(
                context.actor.normalise(),
                replicas,
                features,
                settings.horizon as usize,
                settings.normalise_clip,
                context.device,
            ),
            rollout: RolloutBuffer::new(
                replicas,
                features,
                width,
                episodes.width(),
                context.device,
            ),
            episodes,
            exploration: context.streams("exploration"),
            encoder: context.streams("encoder"),
            evaluation: context.streams("encoder in evaluation"),
            sampling: context.streams("minibatches"),
            actor_loss: RunningMean::new(replicas),
            critic_loss: RunningMean::new(replicas),
            entropy: RunningMean::new(replicas),
            actor: context.actor,
            actor_online,
            critic,
            critic_online,
            settings,
        })
    }

    /// The actor's outputs `[R, B, width]` with the noise of the steps at which it acted, and the penalty of that noise.
    fn outputs(&mut self, observation: &Tensor, step_keys: Option<&Tensor>) -> (Tensor, Penalty) {
        let weights = &self.actor_online;
        let mut noise = self.episodes.learning(&mut self.encoder, step_keys);
        let output = self.actor.forward(observation, weights, &mut noise);
        (output, noise.into_penalty())
    }

    /// All updates after one rollout.
    fn learn(&mut self) -> Result<(), Diverged> {
        let rollout = self.rollout.take();
        let observation = self.normaliser.normalise(&rollout.observation);
        let next_observation = self.normaliser.normalise(&rollout.next_observation);
        let size = self.settings.batch_size as usize;
        let horizon = self.settings.horizon as usize;

        let (log_probability, advantage, target) = no_grad(|| {
            let value = self.critic.forward(&observation, &self.critic_online);
            let next_value = self.critic.forward(&next_observation, &self.critic_online);
            let (gamma, lambda) = (self.settings.gamma, self.settings.gae_lambda);
            let advantage = rollout.advantages(&value, &next_value, gamma, lambda);
            let target = &advantage + value;
            // One batch at a time, because all time steps of all neurons are in memory at once.
            let of = |all: &Tensor| all.split(size as i64, 1).into_iter();
            let mut step_keys = rollout.step_keys.as_ref().map(of);
            let before: Vec<Tensor> = of(&observation)
                .zip(of(&rollout.action))
                .map(|(observation, action)| {
                    let keys = step_keys.as_mut().and_then(Iterator::next);
                    let (output, _) = self.outputs(&observation, keys.as_ref());
                    distribution(self.limit, &self.actor_online).log_probability(&output, &action)
                })
                .collect();
            (Tensor::cat(&before, 1), standardised(&advantage), target)
        });
        let all = [
            &observation,
            &rollout.action,
            &log_probability,
            &advantage,
            &target,
        ];
        for _ in 0..self.settings.updates() {
            let places = self.sampling.indices(size, horizon);
            let [observation, action, before, advantage, target] = rows_at(all, &places);
            let step_keys = rollout.step_keys.as_ref();
            let step_keys = step_keys.map(|keys| rows_at([keys], &places));
            let (output, penalty) =
                self.outputs(&observation, step_keys.as_ref().map(|[keys]| keys));
            self.update_actor(&output, penalty, [&action, &before, &advantage])?;
            self.update_critic(&observation, &target)?;
        }
        Ok(())
    }

    /// One gradient step that increases the clipped objective (equation 7) and the entropy, from the actor's outputs, the
    /// actions, the logarithms of their probabilities `before` the updates, and their advantages.
    fn update_actor(
        &mut self,
        output: &Tensor,
        penalty: Penalty,
        [action, before, advantage]: [&Tensor; 3],
    ) -> Result<(), Diverged> {
        let distribution = distribution(self.limit, &self.actor_online);
        let log_probability = distribution.log_probability(output, action);
        let entropy = distribution.entropy(output);
        let objective = ClippedObjective {
            clip: self.settings.clip,
            entropy_coefficient: self.settings.entropy_coefficient,
        };
        let judged = [&log_probability, before, advantage, &entropy];
        let loss = penalty.added_to(mean_of(objective, &judged));
        self.actor_loss.add_loss("actor loss", &loss)?;
        self.entropy.add_mean(&entropy);
        self.actor_adam.minimise(&loss, &mut self.actor_online);
        Ok(())
    }

    fn update_critic(&mut self, observation: &Tensor, target: &Tensor) -> Result<(), Diverged> {
        let (weights, scale) = (&self.critic_online, self.settings.value_coefficient);
        let fit = Regression::new(&self.critic, weights, &[observation], target, scale);
        self.critic_loss.add_loss("critic loss", fit.loss())?;
        fit.descend(&mut self.critic_adam, &mut self.critic_online);
        Ok(())
    }
}

/// The distribution over actions that the outputs of an actor with these weights parametrise; discrete without a limit.
fn distribution(limit: Option<f64>, weights: &Weights) -> Distribution<'_> {
    match limit {
        Some(limit) => Distribution::Normal {
            limit,
            log_std: weights.get("log_std"),
        },
        None => Distribution::Categorical,
    }
}

impl Learner for PpoLearner {
    fn act(&mut self, observation: &Tensor, mode: Mode) -> Tensor {
        let mut noise = match mode {
            Mode::Explore => self.episodes.acting(&mut self.encoder),
            Mode::Evaluate => self.evaluation.without_exploration(),
        };
        let observation = self.normaliser.normalise(observation);
        let weights = &self.actor_online;
        let proposed = no_grad(|| self.actor.forward(&observation, weights, &mut noise));
        match mode {
            Mode::Evaluate => distribution(self.limit, weights).mode(&proposed),
            Mode::Explore => {
                distribution(self.limit, weights).draw(&proposed, &mut self.exploration)
            }
        }
    }

    fn observe(&mut self, seen: &Transition<'_>) -> Result<(), Diverged> {
        Diverged::unless_finite("action", seen.action)?;
        self.rollout.push(seen, self.episodes.step_keys());
        self.episodes.observe(seen);
        if self.rollout.len() == self.settings.horizon as usize {
            self.learn()?;
        }
        self.normaliser.observe(seen.observation);
        Ok(())
    }

    fn policy(&self) -> Policy<'_> {
        Policy {
            weights: &self.actor_online,
            statistics: self.normaliser.statistics(),
        }
    }

    fn diagnostics(&mut self) -> Vec<(&'static str, Vec<f64>)> {
        known([
            ("actor_gradient_norm", self.actor_adam.gradient_norm()),
            ("critic_gradient_norm", self.critic_adam.gradient_norm()),
            ("actor_loss", self.actor_loss.take()),
            ("critic_loss", self.critic_loss.take()),
            ("entropy", self.entropy.take()),
        ])
    }
}

impl Stateful for PpoLearner {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.part("actor", &mut self.actor_online)?;
        with.part("actor_adam", &mut self.actor_adam)?;
        with.part("critic", &mut self.critic_online)?;
        with.part("critic_adam", &mut self.critic_adam)?;
        with.part("normaliser", &mut self.normaliser)?;
        with.part("episodes", &mut self.episodes)?;
        with.part("trajectory", &mut self.rollout)?;
        with.part("exploration", &mut self.exploration)?;
        with.part("encoder", &mut self.encoder)?;
        with.part("evaluation", &mut self.evaluation)?;
        with.part("sampling", &mut self.sampling)?;
        with.part("actor_loss", &mut self.actor_loss)?;
        with.part("critic_loss", &mut self.critic_loss)?;
        with.part("entropy", &mut self.entropy)
    }
}

register! {
    /// Proximal policy optimisation with the constants of the Pop-SAN code, for both kinds of action space.
    agent "ppo" => Ppo;
    cites "Proximal policy optimisation: J. Schulman, F. Wolski, P. Dhariwal, A. Radford, O. Klimov. Proximal policy optimization \
           algorithms. arXiv 1707.06347, 2017."
}
