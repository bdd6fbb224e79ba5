//! Proximal policy optimisation (Schulman et al. 2017), with the loop and the constants of the Pop-SAN code
//! (`popsan_ppo`), for both kinds of action space, and without that code's slips:
//!
//! - The probability of an action is that of all its dimensions together, and so is the entropy; the code clips
//!   and averages dimension by dimension.
//! - Observations are normalised; the code's normaliser is never updated. It learns when the policy does, so that an
//!   observation is the same to the policy that acted and to the one that learns from it.
//! - Where the time limit cuts an episode, the value of its last observation stands for the rest; the code takes that
//!   for an end.
//! - A step is a step of one environment. The code counts its ten environments' steps as one, and takes 1 000 steps
//!   of each where this takes 10 000 of one.
//! - Mean and deviation are in units of the action's limit, which is one in the code's tasks.
//!
//! An actor that explores by noise of its own is judged with the noise of the moments at which it acted.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    ActionSpace, Actor, AgentSettings, ComponentError, Declaration, Diverged, Exchange, Init,
    Learner, Mismatch, Mode, ParameterError, Policy, Site, Spec, Stateful, Streams, Transition,
    Weights,
};
use spikebench::learn::adam::Adam;
use spikebench::learn::loss::{mean, squared_error};
use spikebench::learn::normaliser::Normaliser;
use spikebench::learn::rollout_buffer::Trajectory;
use spikebench::learn::running_mean::Tally;
use spikebench::network::mlp::Perceptron;
use spikebench::network::noise::episodes::Episodes;
use spikebench::register;
use tch::{Kind, Tensor, no_grad};

use super::formulas::{categorical, normal, standardised};
use super::{check_hidden, check_not_negative, known, sizes, squash, symmetric_bound};

/// The defaults are those of the Pop-SAN code for MuJoCo; the paper gives 5e-6 for `actor_lr`. Every `horizon` steps
/// there are `epochs` times as many updates as it takes batches to make up the horizon, each batch drawn with
/// replacement.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ppo {
    /// Learning rate of the whole policy: actor, encoder and decoder included, and the deviation.
    actor_lr: f64,
    critic_lr: f64,
    /// Hidden layers of the critic.
    critic_hidden: Vec<u32>,
    /// What the logarithm of the deviation begins with; learned, for each action dimension, whatever is observed.
    log_std: f64,
    gamma: f64,
    gae_lambda: f64,
    /// How far the probability of an action may move before there is no more to gain from it.
    clip: f64,
    value_coefficient: f64,
    entropy_coefficient: f64,
    horizon: u32,
    epochs: u32,
    batch_size: u32,
    /// Normalised observations are kept within this many deviations.
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
        Perceptron::new("critic", &[], sizes(features, &self.critic_hidden, 1))
    }

    /// Updates in one horizon.
    fn updates(&self) -> u32 {
        self.epochs * self.horizon.div_ceil(self.batch_size)
    }
}

impl AgentSettings for Ppo {
    fn accepts(&self, spec: &Spec) -> Result<(), ComponentError> {
        match spec.action {
            ActionSpace::Box(_) => symmetric_bound("ppo", spec).map(drop),
            ActionSpace::Discrete(_) => Ok(()),
        }
    }

    fn start(&self, site: Site) -> Result<Box<dyn Learner>, ComponentError> {
        Ok(Box::new(Running::new(self.clone(), site)?))
    }

    fn multiply_adds(&self, spec: &Spec, actor: u64, steps: u64) -> u64 {
        let critic = self.critic(spec.observation as i64).multiply_adds();
        let updates = (steps / u64::from(self.horizon)).saturating_mul(self.updates().into());
        let learning = updates
            .saturating_mul(self.batch_size.into())
            .saturating_mul(3 * (actor + critic));
        // The probability of what was done, and the values before and after each step.
        learning.saturating_add(steps.saturating_mul(actor + 2 * critic))
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
        // Advantages are standardised by their deviation, which takes two.
        ParameterError::unless_at_least("horizon", self.horizon.into(), 2)?;
        ParameterError::unless_at_least("epochs", self.epochs.into(), 1)?;
        ParameterError::unless_at_least("batch_size", self.batch_size.into(), 1)?;
        ParameterError::unless_positive("normalise_clip", self.normalise_clip)
    }
}

/// What the actor's values are to the policy.
#[derive(Debug, Clone, Copy)]
enum Space {
    /// The means of a normal distribution, before tanh and in units of the limit.
    Box { limit: f64 },
    /// The logarithms of the actions' probabilities, up to a constant.
    Discrete,
}

#[derive(Debug)]
struct Running {
    settings: Ppo,
    space: Space,
    actor: Box<dyn Actor>,
    /// Those of the actor, and `log_std` where there is one.
    actor_online: Weights,
    actor_adam: Adam,
    critic: Perceptron,
    critic_online: Weights,
    critic_adam: Adam,
    normaliser: Normaliser,
    episodes: Episodes,
    trajectory: Trajectory,
    exploration: Streams,
    encoder: Streams,
    evaluation: Streams,
    sampling: Streams,
    actor_loss: Tally,
    critic_loss: Tally,
    entropy: Tally,
}

impl Running {
    fn new(settings: Ppo, site: Site) -> Result<Self, ComponentError> {
        let features = site.spec.observation as i64;
        let replicas = site.seeds.len() as i64;
        let mut learned = site.actor.learned();
        let (space, width) = match &site.spec.action {
            ActionSpace::Box(bounds) => {
                let limit = symmetric_bound("ppo", &site.spec)?;
                let log_std = Init::Values(vec![settings.log_std as f32; bounds.len()]);
                let actions = bounds.len() as i64;
                learned.push(Declaration::new("log_std", &[actions], log_std));
                (Space::Box { limit }, actions)
            }
            ActionSpace::Discrete(_) => (Space::Discrete, 1),
        };
        let mut draw = site.streams("actor weights");
        let actor_online = Weights::new(&learned, &mut draw, site.device);
        let critic = settings.critic(features);
        let mut draw = site.streams("critic weights");
        let critic_online = Weights::new(&critic.learned(), &mut draw, site.device);
        let episodes = Episodes::new(&site);
        Ok(Self {
            space,
            actor_adam: Adam::new(&actor_online, settings.actor_lr),
            critic_adam: Adam::new(&critic_online, settings.critic_lr),
            normaliser: Normaliser::new(
                site.actor.normalise(),
                replicas,
                features,
                settings.horizon as usize,
                settings.normalise_clip,
                site.device,
            ),
            trajectory: Trajectory::new(replicas, features, width, episodes.width(), site.device),
            episodes,
            exploration: site.streams("exploration"),
            encoder: site.streams("encoder"),
            evaluation: site.streams("encoder in evaluation").in_evaluation(),
            sampling: site.streams("minibatches"),
            actor_loss: Tally::new(replicas),
            critic_loss: Tally::new(replicas),
            entropy: Tally::new(replicas),
            actor: site.actor,
            actor_online,
            critic,
            critic_online,
            settings,
        })
    }

    /// Mean `[R, B, actions]` and logarithm of the deviation `[R, 1, actions]`, in units of the limit, from what the
    /// actor gives.
    fn normal(&self, proposed: &Tensor) -> (Tensor, Tensor) {
        let log_std = self.actor_online.get("log_std").unsqueeze(1);
        (proposed.tanh(), log_std)
    }

    /// The logarithm of the probability, or of the density, of actions and the entropy of the policy, `[R, B, 1]` each, with
    /// the noise of the moments at which it acted.
    fn judge(
        &mut self,
        observation: &Tensor,
        moments: &Tensor,
        action: &Tensor,
    ) -> (Tensor, Tensor) {
        let weights = &self.actor_online;
        let mut noise = self.encoder.at(self.episodes.moments().and(Some(moments)));
        let proposed = self.actor.forward(observation, weights, &mut noise);
        match self.space {
            Space::Box { limit } => {
                let (mean, log_std) = self.normal(&proposed);
                normal(&(action / limit), &mean, &log_std)
            }
            Space::Discrete => categorical(action, &proposed),
        }
    }

    /// Many updates from what was lived through.
    fn learn(&mut self) -> Result<(), Diverged> {
        let lived = self.trajectory.take();
        let observation = self.normaliser.normalise(&lived.observation);
        let next_observation = self.normaliser.normalise(&lived.next_observation);
        let size = i64::from(self.settings.batch_size);
        let horizon = self.settings.horizon as usize;

        let (log_probability, advantage, target) = no_grad(|| {
            let value = self.critic.forward(&observation, &self.critic_online);
            let next_value = self.critic.forward(&next_observation, &self.critic_online);
            let (gamma, lambda) = (self.settings.gamma, self.settings.gae_lambda);
            let advantage = lived.advantages(&value, &next_value, gamma, lambda);
            let target = &advantage + value;
            // A batch at a time, because all time steps of all neurons are in memory at once.
            let of = |all: &Tensor| all.split(size, 1).into_iter();
            let batches = of(&observation)
                .zip(of(&lived.moments))
                .zip(of(&lived.action));
            let judged: Vec<Tensor> = batches
                .map(|((observation, moments), action)| {
                    self.judge(&observation, &moments, &action).0
                })
                .collect();
            (Tensor::cat(&judged, 1), standardised(&advantage), target)
        });
        for _ in 0..self.settings.updates() {
            let batch = self.sampling.indices(size as usize, horizon).concat();
            let batch: Vec<i64> = batch.into_iter().map(|index| index as i64).collect();
            let batch = Tensor::from_slice(&batch).view([-1, size, 1]);
            let batch = batch.to_device(advantage.device());
            let of =
                |all: &Tensor| all.gather(1, &batch.expand([-1, -1, all.size()[2]], false), false);
            let observation = of(&observation);
            self.update_actor(
                &observation,
                &of(&lived.moments),
                &of(&lived.action),
                &of(&log_probability),
                &of(&advantage),
            )?;
            self.update_critic(&observation, &of(&target))?;
        }
        Ok(())
    }

    /// One gradient step up the clipped objective (equation 7) and the entropy.
    fn update_actor(
        &mut self,
        observation: &Tensor,
        moments: &Tensor,
        action: &Tensor,
        log_probability_before: &Tensor,
        advantage: &Tensor,
    ) -> Result<(), Diverged> {
        let (log_probability, entropy) = self.judge(observation, moments, action);
        let ratio = (log_probability - log_probability_before).exp();
        let clip = self.settings.clip;
        let clipped = ratio.clamp(1.0 - clip, 1.0 + clip) * advantage;
        let objective = (ratio * advantage).minimum(&clipped);
        let entropy = mean(&entropy);
        let loss = -mean(&objective) - &entropy * self.settings.entropy_coefficient;
        let loss = self
            .episodes
            .penalised(loss, self.actor.as_ref(), &self.actor_online);
        Diverged::unless_finite("actor loss", &loss)?;
        self.actor_loss.add(&loss);
        self.entropy.add(&entropy);
        self.actor_adam.minimise(&loss, &mut self.actor_online);
        Ok(())
    }

    fn update_critic(&mut self, observation: &Tensor, target: &Tensor) -> Result<(), Diverged> {
        let value = self.critic.forward(observation, &self.critic_online);
        let loss = squared_error(&value.unsqueeze(1), target) * self.settings.value_coefficient;
        Diverged::unless_finite("critic loss", &loss)?;
        self.critic_loss.add(&loss);
        self.critic_adam.minimise(&loss, &mut self.critic_online);
        Ok(())
    }
}

impl Learner for Running {
    fn act(&mut self, observation: &Tensor, mode: Mode) -> Tensor {
        let mut noise = match mode {
            Mode::Explore => self.encoder.at(self.episodes.moments()),
            Mode::Evaluate => self.evaluation.at(None),
        };
        let observation = self.normaliser.normalise(observation);
        let weights = &self.actor_online;
        let proposed = no_grad(|| self.actor.forward(&observation, weights, &mut noise));
        match (self.space, mode) {
            (Space::Box { limit }, Mode::Evaluate) => squash(&proposed, limit),
            (Space::Box { limit }, Mode::Explore) => {
                let (mean, log_std) = self.normal(&proposed);
                let normal = self.exploration.normal(&mean.size());
                no_grad(|| (mean + log_std.exp() * normal) * limit)
            }
            (Space::Discrete, Mode::Evaluate) => proposed.argmax(-1, true).to_kind(Kind::Float),
            (Space::Discrete, Mode::Explore) => {
                // The largest of the logarithms with Gumbel noise is drawn from the distribution.
                let uniform = self.exploration.uniform(&proposed.size());
                let gumbel = -(-uniform.log()).log();
                (proposed + gumbel).argmax(-1, true).to_kind(Kind::Float)
            }
        }
    }

    fn observe(&mut self, seen: &Transition<'_>) -> Result<(), Diverged> {
        Diverged::unless_finite("action", seen.action)?;
        self.trajectory.push(seen, self.episodes.moments());
        self.episodes.observe(seen);
        if self.trajectory.len() == self.settings.horizon as usize {
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

impl Stateful for Running {
    fn exchange(&mut self, with: &mut Exchange<'_>) -> Result<(), Mismatch> {
        with.part("actor", &mut self.actor_online)?;
        with.part("actor_adam", &mut self.actor_adam)?;
        with.part("critic", &mut self.critic_online)?;
        with.part("critic_adam", &mut self.critic_adam)?;
        with.part("normaliser", &mut self.normaliser)?;
        with.part("episodes", &mut self.episodes)?;
        with.part("trajectory", &mut self.trajectory)?;
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
    agent "ppo" => Ppo
}
