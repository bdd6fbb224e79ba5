//! What an agent lives through that learns from a replay buffer, and when it is time to learn.

use spikebench::api::{
    Actor, Exchange, Mismatch, Site, Stateful, Statistics, Streams, Transition, Weights,
};
use spikebench::learn::normaliser::Normaliser;
use spikebench::learn::replay_buffer::{Ahead, Batch, Replay};
use spikebench::network::noise::episodes::Episodes;
use tch::Tensor;

/// How it is kept, and when it is learned from.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// The most transitions that are kept.
    pub buffer_size: u32,
    /// The observation normaliser learns in blocks of this many steps.
    pub normalise_every: u32,
    /// Normalised observations are kept within this many deviations.
    pub normalise_clip: f64,
    /// No learning before this step.
    pub update_after: u64,
    /// Steps from one time of learning to the next.
    pub update_every: u64,
}

/// The transitions of all replicas, and what is known of their observations.
#[derive(Debug)]
pub struct Experience {
    habits: Habits,
    steps: u64,
    normaliser: Normaliser,
    episodes: Episodes,
    replay: Replay,
    sampling: Streams,
}

impl Experience {
    /// Nothing yet, of actions that are this many numbers.
    pub fn new(habits: Habits, site: &Site, actions: i64) -> Self {
        let features = site.spec.observation as i64;
        let replicas = site.seeds.len() as i64;
        let episodes = Episodes::new(site);
        Self {
            habits,
            steps: 0,
            normaliser: Normaliser::new(
                site.actor.normalise(),
                replicas,
                features,
                habits.normalise_every as usize,
                habits.normalise_clip,
                site.device,
            ),
            replay: Replay::new(
                habits.buffer_size as usize,
                replicas,
                features,
                actions,
                episodes.width(),
                site.device,
            ),
            episodes,
            sampling: site.streams("replay"),
        }
    }

    /// Environment steps so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Takes in a step of every replica. Is it time to learn?
    pub fn observe(&mut self, seen: &Transition<'_>) -> bool {
        self.replay.push(seen, self.episodes.moments());
        self.episodes.observe(seen);
        self.normaliser.observe(seen.observation);
        let step = self.steps;
        self.steps += 1;
        step >= self.habits.update_after && step.is_multiple_of(self.habits.update_every)
    }

    /// The moments of the observations that are made now, if the actor remembers them.
    pub fn moments(&self) -> Option<&Tensor> {
        self.episodes.moments()
    }

    /// The loss of the actor with what the actor itself adds to it.
    pub fn penalised(&self, loss: Tensor, actor: &dyn Actor, weights: &Weights) -> Tensor {
        self.episodes.penalised(loss, actor, weights)
    }

    /// Observations as the networks see them.
    pub fn normalise(&self, observation: &Tensor) -> Tensor {
        self.normaliser.normalise(observation)
    }

    /// What is known of the observations.
    pub fn statistics(&self) -> Vec<Statistics> {
        self.normaliser.statistics()
    }

    /// A batch as the networks see it.
    pub fn batch(&mut self, size: u32, ahead: Ahead) -> Batch {
        let batch = self.replay.sample(size as usize, ahead, &mut self.sampling);
        Batch {
            observation: self.normalise(&batch.observation),
            next_observation: self.normalise(&batch.next_observation),
            ..batch
        }
    }
}

impl Stateful for Experience {
    fn exchange(&mut self, with: &mut Exchange<'_>) -> Result<(), Mismatch> {
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
    use spikebench::api::{ActionSpace, Component, Spec};
    use spikebench::registry::{ActorBuilder, Registry};
    use tch::{Device, Kind, no_grad};

    use super::*;

    const SEEDS: [u64; 2] = [3, 8];

    fn site(actor: serde_json::Value) -> Site {
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
        Site {
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

    fn habits() -> Habits {
        Habits {
            buffer_size: 1000,
            normalise_every: 10,
            normalise_clip: 3.0,
            update_after: 0,
            update_every: 1,
        }
    }

    /// How far what the actor proposes for a replayed batch is from what it proposed when it was lived through, at most:
    /// with the moments of the batch, and without.
    fn off(actor: serde_json::Value) -> [f64; 2] {
        let site = site(actor);
        let mut draw = site.streams("weights");
        let weights = Weights::new(&site.actor.learned(), &mut draw, Device::Cpu);
        let mut experience = Experience::new(habits(), &site, 2);
        let mut streams = site.streams("encoder");
        let act = |observation: &Tensor, moments: Option<&Tensor>, streams: &mut Streams| {
            let mut noise = streams.at(moments);
            no_grad(|| site.actor.forward(observation, &weights, &mut noise))
        };
        let zeros = Tensor::zeros([2], (Kind::Float, Device::Cpu));
        for _ in 0..300 {
            let observation = draw.normal(&[2, 1, 4]);
            let seen = experience.normalise(&observation);
            let action = act(&seen, experience.moments(), &mut streams).squeeze_dim(1);
            experience.observe(&Transition {
                observation: &observation.squeeze_dim(1),
                action: &action,
                reward: &zeros,
                next_observation: &draw.normal(&[2, 4]),
                terminated: &draw.uniform(&[2]).lt(0.05).to_kind(Kind::Float),
                truncated: &zeros,
            });
        }
        let batch = experience.batch(64, Ahead::one_step(0.99));
        [batch.moments.as_ref(), None].map(|moments| {
            let again = act(&batch.observation, moments, &mut streams);
            (again - &batch.action).abs().max().double_value(&[])
        })
    }

    #[test]
    fn a_replayed_transition_is_seen_with_the_noise_that_its_action_was_chosen_with() {
        let settings = |noise: serde_json::Value| {
            off(json!({ "noisysan": { "normalise": "tanh", "hidden": [24, 17], "noise": noise } }))
        };
        // Another batch's product may sum otherwise.
        let [replayed, otherwise] = settings(json!({}));
        assert!(replayed < 1e-5, "off by {replayed:e}");
        assert!(otherwise > 0.1, "off by {otherwise:e}");
        let [_, without_noise] = settings(serde_json::Value::Null);
        assert!(without_noise < 1e-5, "off by {without_noise:e}");
    }

    #[test]
    fn noise_differs_from_step_to_step_and_is_the_same_as_often_as_one_acts_in_a_step() {
        let site = site(json!({ "noisysan": { "normalise": "none", "hidden": [24, 17] } }));
        let mut draw = site.streams("weights");
        let weights = Weights::new(&site.actor.learned(), &mut draw, Device::Cpu);
        let mut experience = Experience::new(habits(), &site, 2);
        let mut streams = site.streams("encoder");
        let observation = draw.normal(&[2, 1, 4]);
        let mut act = |experience: &Experience| {
            let mut noise = streams.at(experience.moments());
            no_grad(|| site.actor.forward(&observation, &weights, &mut noise))
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
