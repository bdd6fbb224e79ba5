//! Deep Q-network (Mnih et al. 2015). The actor is the Q-network: its outputs are the values of the actions. With a spiking
//! actor this is the deep spiking Q-network of Liu et al. 2021 (arXiv 2201.07211, firing rates read out linearly) or of
//! Chen et al. 2022 (arXiv 2201.09754, the largest membrane potential of a non-spiking output neuron), depending on the
//! actor's decoder; the actor `dsqn` is made for it.
//!
//! `reward_scale` is what makes values of a hundred learnable, for perceptrons and spiking networks alike. A network whose
//! outputs start near zero cannot follow a target that rises by one with every copy. With unscaled rewards, the values on
//! CartPole either lagged behind (copies every 100 updates or more) or diverged to millions (every 25 or fewer), because
//! the Huber loss pulls with the same force however wrong a value is (van Hasselt et al. 2016, arXiv 1602.07714, on the
//! magnitudes of values).
//!
//! Population codes (`popsan`) need `n_step: 5`. Their values are rough: fitted to the same returns, their errors vary from
//! state to state about twice as much as those of a perceptron. A one-step target always takes the better of two such
//! values, and the errors accumulate over `1 / (1 − gamma)` steps. With popsan's defaults and layers of 64, the values
//! along its own greedy episodes on CartPole were too high by 0.27 out of at most 1, nearly as high 25 steps before the
//! cart left the track as in its middle, and the cart left after some 90 steps. With five rewards in every target and 64
//! output neurons per action they are too high by 0.03, and the values of the two actions lie almost three times as far
//! apart as with one reward. Slower targets, copies, other learning rates, batches, discounts or buffers, or more time
//! steps alone left the return below 150.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    ActionSpace, Actor, AgentContext, AgentSettings, ComponentError, Diverged, Formula, Learner,
    Mismatch, Mode, ParameterError, Policy, Real, Spec, StateVisitor, Stateful, Streams,
    Transition, Weights,
};
use spikebench::learn::adam::{Adam, polyak_update};
use spikebench::learn::loss::mean_of;
use spikebench::learn::replay_buffer::{Batch, NStep};
use spikebench::learn::running_mean::RunningMean;
use spikebench::register;
use tch::{Tensor, no_grad};

use super::choice::{greedy, value_of};
use super::diagnostics::known;
use super::experience::{Experience, ExperienceConfig};
use super::formulas::td_target;
use super::settings::LARGEST_BATCH;

/// The defaults are for classic control, found in some forty runs on CartPole-v1 with seeds 1 to 3. For Atari, both papers
/// use a batch of 32, a buffer of a million, a target update every 10 000 steps, and exploration that falls to 0.1.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Dqn {
    /// The learning rate of the whole network, encoder and decoder included.
    actor_lr: f64,
    gamma: f64,
    /// A target consists of the rewards of this many steps and the value after them (Hessel et al. 2018, arXiv 1710.02298).
    n_step: u32,
    /// Rewards are multiplied by this before learning. With the default, `1 − gamma`, a reward of one in every step gives a
    /// value of one.
    reward_scale: f64,
    batch_size: u32,
    buffer_size: u32,
    /// There are no updates before this step.
    update_after: u64,
    update_every: u64,
    gradient_steps: u64,
    /// The target network is updated after this many updates of the network ...
    target_every: u64,
    /// ... and keeps this fraction of its own weights: none, as published, or most of them, for small steps (Lillicrap et al.
    /// 2016), which proved steadier.
    polyak: f64,
    /// Double Q-learning: the network chooses the action, the target network gives its value (van Hasselt et al. 2016).
    double_q: bool,
    /// The probability of a random action falls from the first to the second number ...
    epsilon: (f64, f64),
    /// ... over this many steps.
    epsilon_steps: u64,
    /// The observation normaliser is updated in blocks of this many steps.
    normalise_every: u32,
    /// Normalised observations are clipped to this many standard deviations.
    normalise_clip: f64,
}

impl Default for Dqn {
    fn default() -> Self {
        Self {
            actor_lr: 3e-4,
            gamma: 0.98,
            n_step: 1,
            reward_scale: 0.02,
            batch_size: 128,
            buffer_size: 50_000,
            update_after: 1_000,
            update_every: 1,
            gradient_steps: 1,
            target_every: 1,
            polyak: 0.99,
            double_q: true,
            epsilon: (1.0, 0.05),
            epsilon_steps: 6_000,
            normalise_every: 50,
            normalise_clip: 3.0,
        }
    }
}

impl Dqn {
    fn experience(&self) -> ExperienceConfig {
        ExperienceConfig {
            buffer_size: self.buffer_size,
            normalise_every: self.normalise_every,
            normalise_clip: self.normalise_clip,
            update_after: self.update_after,
            update_every: self.update_every,
        }
    }
}

impl AgentSettings for Dqn {
    fn accepts(&self, spec: &Spec) -> Result<(), ComponentError> {
        choices(spec).map(drop)
    }

    fn start(&self, context: AgentContext) -> Result<Box<dyn Learner>, ComponentError> {
        Ok(Box::new(DqnLearner::new(self.clone(), context)?))
    }

    fn multiply_adds(&self, _: &Spec, actor: u64, steps: u64) -> u64 {
        let updates = steps
            .saturating_sub(self.update_after)
            .saturating_mul(self.gradient_steps)
            / self.update_every;
        // The target takes a forward pass; an update takes three times as much, forward and backward.
        updates
            .saturating_mul(u64::from(self.batch_size))
            .saturating_mul(4 * actor)
    }

    fn numbers(&self, spec: &Spec, actor: u64, steps: u64) -> u64 {
        let buffer = self.experience().numbers(spec, steps);
        buffer.saturating_add(actor.saturating_mul(5))
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("actor_lr", self.actor_lr)?;
        ParameterError::unless_fraction("gamma", self.gamma)?;
        ParameterError::unless_at_least("n_step", self.n_step.into(), 1)?;
        ParameterError::unless_positive("reward_scale", self.reward_scale)?;
        ParameterError::unless_size("batch_size", self.batch_size.into(), LARGEST_BATCH)?;
        ParameterError::unless_at_least("buffer_size", self.buffer_size.into(), 1)?;
        ParameterError::unless_at_least("update_every", self.update_every, 1)?;
        ParameterError::unless_at_least("gradient_steps", self.gradient_steps, 1)?;
        ParameterError::unless_at_least("target_every", self.target_every, 1)?;
        ParameterError::unless_fraction("polyak", self.polyak)?;
        ParameterError::unless_fraction("epsilon[0]", self.epsilon.0)?;
        ParameterError::unless_fraction("epsilon[1]", self.epsilon.1)?;
        ParameterError::unless_at_least("epsilon_steps", self.epsilon_steps, 1)?;
        ParameterError::unless_at_least("normalise_every", self.normalise_every.into(), 1)?;
        ParameterError::unless_positive("normalise_clip", self.normalise_clip)
    }
}

#[derive(Debug)]
struct DqnLearner {
    settings: Dqn,
    updates: u64,
    choices: i64,
    actor: Box<dyn Actor>,
    online: Weights,
    target: Weights,
    adam: Adam,
    experience: Experience,
    exploration: Streams,
    encoder: Streams,
    evaluation: Streams,
    loss: RunningMean,
    /// The values of the actions in the batches, in units of scaled rewards.
    scaled_value: RunningMean,
}

impl DqnLearner {
    fn new(settings: Dqn, context: AgentContext) -> Result<Self, ComponentError> {
        let replicas = context.seeds.len() as i64;
        let online = context.weights("actor weights", &context.actor.learned());
        Ok(Self {
            updates: 0,
            choices: choices(&context.spec)?,
            target: online.frozen_copy(),
            adam: Adam::new(&online, settings.actor_lr),
            experience: Experience::new(settings.experience(), &context, 1),
            exploration: context.streams("exploration"),
            encoder: context.streams("encoder"),
            evaluation: context.streams("encoder in evaluation"),
            loss: RunningMean::new(replicas),
            scaled_value: RunningMean::new(replicas),
            actor: context.actor,
            online,
            settings,
        })
    }

    /// The probability of a random action.
    fn epsilon(&self) -> f64 {
        let (first, last) = self.settings.epsilon;
        let progress = self.experience.steps() as f64 / self.settings.epsilon_steps as f64;
        first + (last - first) * progress.min(1.0)
    }

    /// The targets for the actions of a batch, `[R, B, 1]`.
    fn target(&mut self, batch: &Batch) -> Tensor {
        let next = &batch.next_observation;
        let mut noise = self.encoder.without_exploration();
        let values = self.actor.forward(next, &self.target, &mut noise);
        let choice = if self.settings.double_q {
            greedy(&self.actor.forward(next, &self.online, &mut noise))
        } else {
            greedy(&values)
        };
        let best = value_of(&choice, &values);
        td_target(batch, &best, self.settings.reward_scale)
    }

    /// One gradient step, and an update of the target network when it is due.
    fn update(&mut self) -> Result<(), Diverged> {
        let n_step = NStep {
            steps: self.settings.n_step,
            gamma: self.settings.gamma,
        };
        let batch = self.experience.batch(self.settings.batch_size, n_step);

        let target = no_grad(|| self.target(&batch));
        let mut noise = self.experience.learning(&mut self.encoder, &batch);
        let values = self
            .actor
            .forward(&batch.observation, &self.online, &mut noise);
        let penalty = noise.into_penalty();
        let value = value_of(&batch.action, &values);
        let loss = penalty.added_to(mean_of(Huber, &[&value, &target]));
        self.loss.add_loss("loss", &loss)?;
        self.scaled_value.add_mean(&value);
        self.adam.minimise(&loss, &mut self.online);

        self.updates += 1;
        if self.updates.is_multiple_of(self.settings.target_every) {
            polyak_update(&mut self.target, &self.online, self.settings.polyak);
        }
        Ok(())
    }
}

impl Learner for DqnLearner {
    fn act(&mut self, observation: &Tensor, mode: Mode) -> Tensor {
        let mut noise = match mode {
            Mode::Explore => self.experience.acting(&mut self.encoder),
            Mode::Evaluate => self.evaluation.without_exploration(),
        };
        let normal = self.experience.normalise(observation);
        let values = no_grad(|| self.actor.forward(&normal, &self.online, &mut noise));
        let best = greedy(&values);
        match mode {
            Mode::Evaluate => best,
            Mode::Explore => {
                let any = (self.exploration.uniform(&best.size()) * self.choices).floor();
                let explores = self.exploration.uniform(&best.size()).lt(self.epsilon());
                any.where_self(&explores, &best)
            }
        }
    }

    fn observe(&mut self, seen: &Transition<'_>) -> Result<(), Diverged> {
        if self.experience.observe(seen) {
            for _ in 0..self.settings.gradient_steps {
                self.update()?;
            }
        }
        Ok(())
    }

    fn policy(&self) -> Policy<'_> {
        Policy {
            weights: &self.online,
            statistics: self.experience.statistics(),
        }
    }

    fn diagnostics(&mut self) -> Vec<(&'static str, Vec<f64>)> {
        let unscaled = |values: Vec<f64>| {
            let scale = self.settings.reward_scale;
            values.into_iter().map(|value| value / scale).collect()
        };
        known([
            ("actor_gradient_norm", self.adam.gradient_norm()),
            ("loss", self.loss.take()),
            ("value", self.scaled_value.take().map(unscaled)),
        ])
    }
}

impl Stateful for DqnLearner {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.part("experience", &mut self.experience)?;
        with.count("updates", &mut self.updates)?;
        with.part("actor", &mut self.online)?;
        with.part("actor_target", &mut self.target)?;
        with.part("actor_adam", &mut self.adam)?;
        with.part("exploration", &mut self.exploration)?;
        with.part("encoder", &mut self.encoder)?;
        with.part("evaluation", &mut self.evaluation)?;
        with.part("loss", &mut self.loss)?;
        with.part("value", &mut self.scaled_value)
    }
}

/// The Huber loss of a value against its target: a parabola up to a distance of one, a line beyond.
#[derive(Debug, Clone)]
struct Huber;

impl Formula for Huber {
    type Inputs<R: Real> = [R; 2];

    #[inline(always)]
    fn value<R: Real>(&self, [value, target]: [R; 2]) -> R {
        let distance = (value - target).abs();
        let near = distance * distance * 0.5;
        R::select(distance.below(R::from(1.0)), near, distance - 0.5)
    }
}

/// The number of actions to choose from.
fn choices(spec: &Spec) -> Result<i64, ComponentError> {
    match spec.action {
        ActionSpace::Discrete(choices) => Ok(choices as i64),
        ActionSpace::Box(_) => Err(ComponentError::new(
            "dqn needs a discrete action space, but this one is continuous",
        )),
    }
}

register! {
    /// Deep Q-network for discrete action spaces; the actor's outputs are the values of the actions.
    agent "dqn" => Dqn;
    cites "Deep Q-network: V. Mnih, K. Kavukcuoglu, D. Silver, A. A. Rusu, J. Veness, M. G. Bellemare, A. Graves, and others. \
           Human-level control through deep reinforcement learning. Nature 518, 2015."
}
