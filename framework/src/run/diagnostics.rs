//! What is measured of a learner at every evaluation, beside returns: how its network fires, what that costs, how many
//! neurons learn nothing, and what the agent itself has to tell.

use tch::{Device, Tensor};

use crate::api::{Activity, Actor, Learner, Streams};
use crate::learn::normaliser::Normaliser;
use crate::run::record::Diagnostic;

/// Observations evenly spaced among all that are offered, at least half of [`Sample::MOST`] if there were so many.
#[derive(Debug)]
pub struct Sample {
    kept: Vec<Vec<f64>>,
    every: usize,
    offered: usize,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            every: 1,
            offered: 0,
        }
    }
}

impl Sample {
    /// No more are kept.
    pub const MOST: usize = 256;

    /// Takes an observation in, or not.
    pub fn offer(&mut self, observation: &[f64]) {
        if self.offered.is_multiple_of(self.every) {
            if self.kept.len() == Self::MOST {
                let mut index = 0;
                self.kept.retain(|_| {
                    index += 1;
                    index % 2 == 1
                });
                self.every *= 2;
            }
            self.kept.push(observation.to_vec());
        }
        self.offered += 1;
    }

    /// What was kept, in the order in which it was offered.
    pub fn kept(&self) -> &[Vec<f64>] {
        &self.kept
    }
}

/// Looks at a learner without leaving a trace: it draws from streams of its own, that depend on the seeds and the step.
#[derive(Debug)]
pub struct Gauge {
    /// The same network as the learner's.
    actor: Box<dyn Actor>,
    seeds: Vec<u64>,
    device: Device,
}

impl Gauge {
    /// For a learner of such an actor, with these replicas.
    pub fn new(actor: Box<dyn Actor>, seeds: &[u64], device: Device) -> Self {
        Self {
            actor,
            seeds: seeds.to_vec(),
            device,
        }
    }

    /// What the first replica's network does with observations of an evaluation after `step` steps, and what the agent
    /// tells since the last time. Numbers that are not finite are left out.
    pub fn read(&self, learner: &mut dyn Learner, seen: &Sample, step: u64) -> Vec<Diagnostic> {
        let mut read = Vec::new();
        let mut note = |name: String, value: f64| {
            if value.is_finite() {
                read.push(Diagnostic { step, name, value });
            }
        };
        if !seen.kept().is_empty() {
            let activity = self.activity(learner, seen, step);
            for layer in &activity.layers {
                note(format!("firing_rate.{}", layer.name), layer.firing_rate[0]);
            }
            for layer in &activity.layers {
                if let Some(dead) = &layer.dead {
                    note(format!("dead.{}", layer.name), dead[0]);
                }
            }
            let operations = activity.synaptic_operations();
            note(
                "synaptic_operations".to_owned(),
                operations.first().copied().unwrap_or(0.0),
            );
            note(
                "multiply_accumulates".to_owned(),
                activity.multiply_accumulates as f64,
            );
        }
        for (name, numbers) in learner.diagnostics() {
            note(name.to_owned(), numbers[0]);
        }
        read
    }

    fn activity(&self, learner: &dyn Learner, seen: &Sample, step: u64) -> Activity {
        let policy = learner.policy();
        let normaliser = Normaliser::knowing(&policy.statistics, self.device);
        let rows = seen.kept();
        let single: Vec<f32> = rows.iter().flatten().map(|&value| value as f32).collect();
        let replicas = self.seeds.len() as i64;
        let observation = Tensor::from_slice(&single)
            .view([1, rows.len() as i64, -1])
            .to_device(self.device)
            .repeat([replicas, 1, 1]);
        let observation = normaliser.normalise(&observation);
        let purpose = format!("diagnostics after {step} steps");
        let mut noise = Streams::new(&self.seeds, &purpose, self.device).in_evaluation();
        self.actor
            .activity(&observation, policy.weights, &mut noise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_evenly_spaced_and_no_larger_than_it_should_be() {
        for offered in [1, 255, 256, 257, 1000, 10_240] {
            let mut sample = Sample::default();
            (0..offered).for_each(|index| sample.offer(&[f64::from(index)]));
            let kept: Vec<f64> = sample.kept().iter().map(|row| row[0]).collect();
            assert!(kept.len() <= Sample::MOST, "{offered}: {}", kept.len());
            assert!(kept.len() >= Sample::MOST.min(offered as usize) / 2);
            let step = kept.get(1).map_or(1.0, |second| second - kept[0]);
            assert!(
                kept.windows(2).all(|pair| pair[1] - pair[0] == step) && kept[0] == 0.0,
                "{offered}: {kept:?}"
            );
            // Nothing that was left out at the end is further away than two neighbours.
            assert!(f64::from(offered) - kept[kept.len() - 1] <= 2.0 * step);
        }
    }
}
