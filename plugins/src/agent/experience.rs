//! What an agent lives through that learns from a replay buffer, and when it is time to learn.

use spikebench::api::{Exchange, Mismatch, Site, Stateful, Statistics, Streams, Transition};
use spikebench::normaliser::Normaliser;
use spikebench::replay::{Ahead, Batch, Replay};
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
    replay: Replay,
    sampling: Streams,
}

impl Experience {
    /// Nothing yet, of actions that are this many numbers.
    pub fn new(habits: Habits, site: &Site, actions: i64) -> Self {
        let features = site.spec.observation as i64;
        let replicas = site.seeds.len() as i64;
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
                site.device,
            ),
            sampling: site.streams("replay"),
        }
    }

    /// Environment steps so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Takes in a step of every replica. Is it time to learn?
    pub fn observe(&mut self, seen: &Transition<'_>) -> bool {
        self.replay.push(seen);
        self.normaliser.observe(seen.observation);
        let step = self.steps;
        self.steps += 1;
        step >= self.habits.update_after && step.is_multiple_of(self.habits.update_every)
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
        with.part("replay", &mut self.replay)?;
        with.part("sampling", &mut self.sampling)
    }
}
