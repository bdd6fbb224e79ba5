//! The environments that an agent is trained in, one for each replica.

use tch::{Device, Tensor};

use crate::api::{ComponentError, EnvironmentSettings, Mismatch, StateVisitor, Stateful, Streams};
use crate::run::episode::TimeLimit;
use crate::run::tensors::{from_numbers, from_observations, to_values};

/// The training environments. One whose episode ends is reset at once.
#[derive(Debug)]
pub struct Replicas {
    environments: Vec<TimeLimit>,
    seeds: Vec<u64>,
    device: Device,
}

/// One step of every replica.
#[derive(Debug)]
pub struct ReplicaStep {
    /// Rewards, `[R]`.
    pub reward: Tensor,
    /// Observations after the step and before any reset, `[R, features]`.
    pub next_observation: Tensor,
    /// One where the task itself ended, zero elsewhere, `[R]`.
    pub terminated: Tensor,
    /// One where only the time limit ended the episode, zero elsewhere, `[R]`.
    pub truncated: Tensor,
    /// Observations to act on next, `[R, features]`: where an episode ended, the first one of the next episode.
    pub following: Tensor,
}

impl Replicas {
    /// Opens one environment for each seed.
    pub fn open(
        settings: &dyn EnvironmentSettings,
        seeds: &[u64],
        device: Device,
    ) -> Result<Self, ComponentError> {
        let environments = seeds.iter().map(|_| TimeLimit::open(settings));
        Ok(Self {
            environments: environments.collect::<Result<_, _>>()?,
            seeds: Streams::new(seeds, "environment", device).seeds(),
            device,
        })
    }

    /// Begins the first episodes and gives their first observations, `[R, features]`.
    pub fn begin(&mut self) -> Tensor {
        let seeded = self.environments.iter_mut().zip(&self.seeds);
        let rows: Vec<Vec<f64>> = seeded
            .map(|(environment, &seed)| environment.reset(Some(seed)))
            .collect();
        from_observations(&rows, self.device)
    }

    /// Advances every replica by its action, `[R, actions]`.
    pub fn step(&mut self, action: &Tensor) -> ReplicaStep {
        let (mut rewards, mut ends, mut cuts) = (Vec::new(), Vec::new(), Vec::new());
        let (mut next, mut following) = (Vec::new(), Vec::new());
        let actions = to_values(action);
        let each = actions.len() / self.environments.len();
        for (environment, action) in self.environments.iter_mut().zip(actions.chunks(each)) {
            let seen = environment.step(action);
            rewards.push(seen.step.reward as f32);
            ends.push(f32::from(seen.step.terminated));
            // A task that ends in the last step of its time ended by itself.
            cuts.push(f32::from(seen.truncated && !seen.step.terminated));
            following.push(if seen.is_last() {
                environment.reset(None)
            } else {
                seen.step.observation.clone()
            });
            next.push(seen.step.observation);
        }
        ReplicaStep {
            reward: from_numbers(&rewards, self.device),
            next_observation: from_observations(&next, self.device),
            terminated: from_numbers(&ends, self.device),
            truncated: from_numbers(&cuts, self.device),
            following: from_observations(&following, self.device),
        }
    }

    /// How often the simulators have discarded an unstable state in the middle of a step.
    pub fn simulator_resets(&self) -> u64 {
        simulator_resets(&self.environments)
    }
}

/// All environments with their generators. The seeds of the first episodes are those of the cell.
impl Stateful for Replicas {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        visit_all(&mut self.environments, with)
    }
}

/// Visits environments by their numbers.
pub fn visit_all(
    environments: &mut [TimeLimit],
    with: &mut StateVisitor<'_>,
) -> Result<(), Mismatch> {
    let mut numbered = environments.iter_mut().enumerate();
    numbered.try_for_each(|(number, one)| with.part(&number.to_string(), one))
}

/// How often the simulators of these environments have discarded an unstable state in the middle of a step.
pub fn simulator_resets(environments: &[TimeLimit]) -> u64 {
    let simulators = environments
        .iter()
        .filter_map(|one| one.environment().simulator());
    simulators.map(|one| one.auto_resets()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::numpy::Generator;
    use crate::api::{ActionSpace, Environment, Spec, Step};

    /// Moves at random, in episodes of five steps.
    #[derive(Debug)]
    struct Drift;

    #[derive(Debug)]
    struct Drifting {
        place: f64,
        generator: Generator,
    }

    impl EnvironmentSettings for Drift {
        fn spec(&self) -> Spec {
            Spec {
                observation: 1,
                action: ActionSpace::Box(vec![(-1.0, 1.0)]),
                max_episode_steps: 5,
            }
        }

        fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
            Ok(Box::new(Drifting {
                place: 0.0,
                generator: Generator::new(0),
            }))
        }
    }

    impl Environment for Drifting {
        fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
            if let Some(seed) = seed {
                self.generator = Generator::new(seed);
            }
            self.place = self.generator.uniform(-1.0, 1.0);
            vec![self.place]
        }

        fn step(&mut self, _: &[f32]) -> Step {
            self.place += self.generator.uniform(-1.0, 1.0);
            Step {
                observation: vec![self.place],
                reward: self.place,
                terminated: false,
            }
        }
    }

    impl Stateful for Drifting {
        fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
            with.number("place", &mut self.place)?;
            with.part("generator", &mut self.generator)
        }
    }

    #[test]
    fn restored_replicas_continue_in_the_middle_of_their_episodes_and_in_the_next_ones() {
        let open = || Replicas::open(&Drift, &[1, 2], Device::Cpu).unwrap();
        let (mut saved, mut restored) = (open(), open());
        let action = Tensor::zeros([2, 1], (tch::Kind::Float, Device::Cpu));
        let _ = saved.begin();
        for _ in 0..3 {
            saved.step(&action);
        }
        restored.restore(&saved.save()).unwrap();
        for step in 4..13 {
            let [one, other] = [&mut saved, &mut restored].map(|replicas| replicas.step(&action));
            assert!(one.following.equal(&other.following), "step {step}");
            assert!(one.reward.equal(&other.reward) && one.truncated.equal(&other.truncated));
            let cuts = f64::try_from(one.truncated.sum(tch::Kind::Float)).unwrap();
            assert_eq!(cuts, if step % 5 == 0 { 2.0 } else { 0.0 });
        }
    }
}
