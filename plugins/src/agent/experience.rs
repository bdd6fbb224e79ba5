//! The experience of an off-policy agent: its replay buffer, the normaliser of its observations, and the schedule of its
//! updates.

use spikebench::api::{
    AgentContext, Mismatch, NoiseContext, Spec, StateVisitor, Stateful, Statistics, Streams,
    Transition,
};
use spikebench::learn::normaliser::Normaliser;
use spikebench::learn::replay_buffer::{Batch, NStep, ReplayBuffer};
use spikebench::learn::transition_ring::Widths;
use spikebench::network::noise::episode_tracker::EpisodeTracker;
use tch::Tensor;

/// How experience is stored and normalised, and when updates are due.
#[derive(Debug, Clone, Copy)]
pub struct ExperienceConfig {
    /// The capacity of the replay buffer.
    pub buffer_size: u32,
    /// The observation normaliser is updated in blocks of this many steps.
    pub normalise_every: u32,
    /// Normalised observations are clipped to this many standard deviations.
    pub normalise_clip: f64,
    /// There are no updates before this step.
    pub update_after: u64,
    /// The number of steps between blocks of updates.
    pub update_every: u64,
}

impl ExperienceConfig {
    /// The number of values in the buffer of one replica after `steps` steps, apart from the final observations of episodes.
    pub fn numbers(&self, spec: &Spec, steps: u64) -> u64 {
        let widths = Widths {
            features: spec.observation,
            actions: spec.action.width(),
            step_key: 0,
        };
        steps
            .min(self.buffer_size.into())
            .saturating_mul(widths.row() as u64)
    }
}

/// The transitions of all replicas and the statistics of their observations.
#[derive(Debug)]
pub struct Experience {
    config: ExperienceConfig,
    steps: u64,
    normaliser: Normaliser,
    episodes: EpisodeTracker,
    replay: ReplayBuffer,
    sampling: Streams,
}

impl Experience {
    /// No experience yet, for actions of this many numbers.
    pub fn new(config: ExperienceConfig, context: &AgentContext, actions: i64) -> Self {
        let features = context.spec.observation as i64;
        let replicas = context.seeds.len() as i64;
        let episodes = EpisodeTracker::new(context);
        Self {
            config,
            steps: 0,
            normaliser: Normaliser::new(
                context.actor.normalise(),
                replicas,
                features,
                config.normalise_every as usize,
                config.normalise_clip,
                context.device,
            ),
            replay: ReplayBuffer::new(
                config.buffer_size as usize,
                replicas,
                features,
                actions,
                episodes.width(),
                context.device,
            ),
            episodes,
            sampling: context.streams("replay"),
        }
    }

    /// The number of environment steps so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Records a step of every replica, and returns whether updates are due.
    pub fn observe(&mut self, seen: &Transition<'_>) -> bool {
        self.replay.push(seen, self.episodes.step_keys());
        self.episodes.observe(seen);
        self.normaliser.observe(seen.observation);
        let step = self.steps;
        self.steps += 1;
        step >= self.config.update_after && step.is_multiple_of(self.config.update_every)
    }

    /// The context in which the actor chooses an action at the current step.
    pub fn acting<'d>(&'d self, draws: &'d mut Streams) -> NoiseContext<'d> {
        self.episodes.acting(draws)
    }

    /// The context in which the actor is updated on a batch.
    pub fn learning<'d>(&self, draws: &'d mut Streams, batch: &'d Batch) -> NoiseContext<'d> {
        self.episodes.learning(draws, batch.step_keys.as_ref())
    }

    /// Normalises observations for the networks.
    pub fn normalise(&self, observation: &Tensor) -> Tensor {
        self.normaliser.normalise(observation)
    }

    /// The statistics of the observations.
    pub fn statistics(&self) -> Vec<Statistics> {
        self.normaliser.statistics()
    }

    /// Samples a batch, with its observations normalised.
    pub fn batch(&mut self, size: u32, n_step: NStep) -> Batch {
        let size = size as usize;
        let batch = self.replay.sample(size, n_step, &mut self.sampling);
        Batch {
            observation: self.normalise(&batch.observation),
            next_observation: self.normalise(&batch.next_observation),
            ..batch
        }
    }
}

impl Stateful for Experience {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.count("steps", &mut self.steps)?;
        with.part("normaliser", &mut self.normaliser)?;
        with.part("episodes", &mut self.episodes)?;
        with.part("replay", &mut self.replay)?;
        with.part("sampling", &mut self.sampling)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use spikebench::api::{ActionSpace, Component, Spec, Weights};
    use spikebench::registry::{ActorBuilder, Registry};
    use tch::{Device, Kind, no_grad};

    use super::*;

    const SEEDS: [u64; 2] = [3, 8];

    fn context(actor: serde_json::Value) -> AgentContext {
        let registry = Registry::linked().unwrap();
        let component: Component = serde_json::from_value(actor).unwrap();
        let surrogate = registry
            .surrogate(&Component::named("triangular"))
            .unwrap()
            .0;
        let parts = ActorBuilder {
            registry: &registry,
            surrogate: Some(surrogate),
        };
        let settings = registry.actor(&component).unwrap().0;
        AgentContext {
            spec: Spec {
                observation: 4,
                action: ActionSpace::Box(vec![(-1.0, 1.0); 2]),
                max_episode_steps: 100,
            },
            actor: settings.build(4, 2, &parts).unwrap(),
            seeds: SEEDS.to_vec(),
            device: Device::Cpu,
        }
    }

    fn config() -> ExperienceConfig {
        ExperienceConfig {
            buffer_size: 1000,
            normalise_every: 10,
            normalise_clip: 3.0,
            update_after: 0,
            update_every: 1,
        }
    }

    /// The largest difference between the actor's output for a replayed batch and its output when the batch was recorded:
    /// with the step keys of the batch, and without.
    fn off(actor: serde_json::Value) -> [f64; 2] {
        let context = context(actor);
        let mut draw = context.streams("weights");
        let weights = Weights::new(&context.actor.learned(), &mut draw, Device::Cpu);
        let mut experience = Experience::new(config(), &context, 2);
        let mut streams = context.streams("encoder");
        let act = |observation: &Tensor, mut noise: NoiseContext<'_>| {
            no_grad(|| context.actor.forward(observation, &weights, &mut noise))
        };
        let zeros = Tensor::zeros([2], (Kind::Float, Device::Cpu));
        for _ in 0..300 {
            let observation = draw.normal(&[2, 1, 4]);
            let seen = experience.normalise(&observation);
            let action = act(&seen, experience.acting(&mut streams)).squeeze_dim(1);
            experience.observe(&Transition {
                observation: &observation.squeeze_dim(1),
                action: &action,
                reward: &zeros,
                next_observation: &draw.normal(&[2, 4]),
                terminated: &draw.uniform(&[2]).lt(0.05).to_kind(Kind::Float),
                truncated: &zeros,
            });
        }
        let batch = experience.batch(64, NStep::one_step(0.99));
        [batch.step_keys.as_ref(), None].map(|keys| {
            let again = act(&batch.observation, streams.exploring().at_steps(keys));
            (again - &batch.action).abs().max().double_value(&[])
        })
    }

    #[test]
    fn a_replayed_transition_is_seen_with_the_noise_with_which_its_action_was_chosen() {
        let settings = |noise: serde_json::Value| {
            off(json!({ "noisysan": { "normalise": "tanh", "hidden": [24, 17], "noise": noise } }))
        };
        // The product of another batch size may sum in another order.
        let [replayed, otherwise] = settings(json!({}));
        assert!(replayed < 1e-5, "off by {replayed:e}");
        assert!(otherwise > 0.1, "off by {otherwise:e}");
        let [_, without_noise] = settings(serde_json::Value::Null);
        assert!(without_noise < 1e-5, "off by {without_noise:e}");
    }

    #[test]
    fn noise_differs_between_steps_and_is_the_same_for_repeated_actions_within_a_step() {
        let context = context(json!({ "noisysan": { "normalise": "none", "hidden": [24, 17] } }));
        let mut draw = context.streams("weights");
        let weights = Weights::new(&context.actor.learned(), &mut draw, Device::Cpu);
        let mut experience = Experience::new(config(), &context, 2);
        let mut streams = context.streams("encoder");
        let observation = draw.normal(&[2, 1, 4]);
        let mut act = |experience: &Experience| {
            let mut noise = experience.acting(&mut streams);
            no_grad(|| context.actor.forward(&observation, &weights, &mut noise))
        };
        let first = act(&experience);
        assert!(act(&experience).equal(&first));
        let zeros = Tensor::zeros([2], (Kind::Float, Device::Cpu));
        experience.observe(&Transition {
            observation: &observation.squeeze_dim(1),
            action: &first.squeeze_dim(1),
            reward: &zeros,
            next_observation: &observation.squeeze_dim(1),
            terminated: &zeros,
            truncated: &zeros,
        });
        let moved = (act(&experience) - first).abs();
        assert!(moved.min().double_value(&[]) > 0.0, "{moved}");
    }
}
