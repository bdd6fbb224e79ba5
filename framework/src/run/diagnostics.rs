//! The diagnostics of a learner at an evaluation: the firing rates of its network, what they cost, how many neurons learn
//! nothing, and what the agent itself reports.

use tch::Device;

use crate::api::{Activity, Actor, Learner, Streams};
use crate::learn::normaliser::Normaliser;
use crate::run::record::Diagnostic;
use crate::run::tensors::from_observations;

/// An evenly spaced sample of the observations that are offered to it: all of them up to [`Sample::MOST`], and at least
/// half as many beyond that.
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
    /// The largest number of observations that a sample keeps.
    pub const MOST: usize = 256;

    /// Offers an observation, which the sample keeps if its turn has come.
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

    /// The observations that were kept, in the order in which they were offered.
    pub fn kept(&self) -> &[Vec<f64>] {
        &self.kept
    }
}

/// Measures a learner without leaving a trace: it draws from streams of its own, which depend on the seeds and the step
/// alone.
#[derive(Debug)]
pub struct DiagnosticsProbe {
    /// The same network as the learner's.
    actor: Box<dyn Actor>,
    seeds: Vec<u64>,
    device: Device,
}

impl DiagnosticsProbe {
    /// A probe for a learner of such an actor with one replica for each seed.
    pub fn new(actor: Box<dyn Actor>, seeds: &[u64], device: Device) -> Self {
        Self {
            actor,
            seeds: seeds.to_vec(),
            device,
        }
    }

    /// Measures the network of the first replica on observations of an evaluation after `step` steps, and collects what
    /// the agent has reported since the last time. Numbers that are not finite are left out.
    pub fn measure(
        &self,
        learner: &mut dyn Learner,
        sample: &Sample,
        step: u64,
    ) -> Vec<Diagnostic> {
        let mut measured = Vec::new();
        let mut note = |name: String, value: f64| {
            if value.is_finite() {
                measured.push(Diagnostic { step, name, value });
            }
        };
        if !sample.kept().is_empty() {
            let activity = self.activity(learner, sample, step);
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
        measured
    }

    fn activity(&self, learner: &dyn Learner, sample: &Sample, step: u64) -> Activity {
        let policy = learner.policy();
        let normaliser = Normaliser::from_statistics(&policy.statistics, self.device);
        let observation = from_observations(sample.kept(), self.device)
            .unsqueeze(0)
            .repeat([self.seeds.len() as i64, 1, 1]);
        let observation = normaliser.normalise(&observation);
        let purpose = format!("diagnostics after {step} steps");
        let mut noise = Streams::new(&self.seeds, &purpose, self.device);
        self.actor
            .activity(&observation, policy.weights, &mut noise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_evenly_spaced_and_never_larger_than_its_maximum() {
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
            // At the end no more observations are missing than between two neighbours.
            assert!(f64::from(offered) - kept[kept.len() - 1] <= 2.0 * step);
        }
    }
}
