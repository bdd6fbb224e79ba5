//! The evaluations of an agent during its training.

use tch::Device;

use crate::api::{
    ComponentError, EnvironmentSettings, Learner, Mismatch, Mode, StateVisitor, Stateful, Streams,
};
use crate::run::diagnostics::Sample;
use crate::run::episode::{TimeLimit, play};
use crate::run::record::Evaluation;
use crate::run::replicas::{simulator_resets, visit_all};
use crate::run::tensors::{from_observations, to_values};

/// Plays episodes without exploration, in environments of its own and all at the same time.
#[derive(Debug)]
pub struct Evaluator {
    environments: Vec<TimeLimit>,
    seeds: Streams,
    device: Device,
}

impl Evaluator {
    /// Opens one environment for each episode of an evaluation.
    pub fn open(
        settings: &dyn EnvironmentSettings,
        seeds: &[u64],
        episodes: u64,
        device: Device,
    ) -> Result<Self, ComponentError> {
        let environments = (0..episodes).map(|_| TimeLimit::open(settings));
        Ok(Self {
            environments: environments.collect::<Result<_, _>>()?,
            seeds: Streams::new(seeds, "evaluation", device),
            device,
        })
    }

    /// Evaluates a learner after `step` training steps. Gives all episodes and a sample of the observations in them.
    pub fn evaluate(&mut self, learner: &mut dyn Learner, step: u64) -> (Vec<Evaluation>, Sample) {
        let Self {
            environments,
            seeds,
            device,
        } = self;
        let mut sample = Sample::default();
        let act = |observations: &[Vec<f64>]| {
            observations.iter().for_each(|one| sample.offer(one));
            let input = from_observations(observations, *device).unsqueeze(0);
            to_values(&learner.act(&input, Mode::Evaluate))
        };
        let played = play(environments, || seeds.seeds()[0], act);
        let episodes = (0..).zip(played).map(|(episode, played)| Evaluation {
            step,
            episode,
            total: played.total,
            length: played.length,
        });
        (episodes.collect(), sample)
    }

    /// How often the simulators have discarded an unstable state in the middle of a step.
    pub fn simulator_resets(&self) -> u64 {
        simulator_resets(&self.environments)
    }
}

/// The stream that seeds the episodes, and all environments, which count the resets of their simulators.
impl Stateful for Evaluator {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.part("seeds", &mut self.seeds)?;
        visit_all(&mut self.environments, with)
    }
}
