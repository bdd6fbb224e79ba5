//! The replay buffer: past transitions of every replica, sampled uniformly with replacement.

use tch::{Device, Tensor};

use crate::api::{Mismatch, StateVisitor, Stateful, Streams, Transition};
use crate::kernel::{empty, in_memory, values, values_mut};
use crate::learn::transition_ring::{Step, TransitionRing, Widths};

/// A batch of transitions as they were recorded, not normalised.
#[derive(Debug)]
pub struct Batch {
    /// `[R, B, features]`
    pub observation: Tensor,
    /// `[R, B, actions]`
    pub action: Tensor,
    /// `[R, B, 1]`, the discounted sum over the steps of the transition.
    pub reward: Tensor,
    /// `[R, B, features]`, the observation after these steps.
    pub next_observation: Tensor,
    /// `[R, B, 1]`, the factor on the value of the next observation: γ to the power of the number of steps, or zero where the
    /// task itself ended.
    pub discount: Tensor,
    /// The step keys of the observations, `[R, B, K]` in main memory, if they are stored.
    pub step_keys: Option<Tensor>,
}

/// The number of steps of a sampled transition.
#[derive(Debug, Clone, Copy)]
pub struct NStep {
    /// Steps; fewer if the episode, or its recorded part, ends earlier.
    pub steps: u32,
    /// The discount per step, γ.
    pub gamma: f64,
}

impl NStep {
    /// Transitions to the next observation.
    pub fn one_step(gamma: f64) -> Self {
        Self { steps: 1, gamma }
    }

    /// The discounted reward of the steps from `first` on, the discount of the value after them, and the last of them.
    fn from(self, ring: &TransitionRing, first: usize) -> (f32, f32, usize) {
        let (mut reward, mut discount, mut last) = (0.0, 1.0, first);
        for step in 1..=self.steps {
            reward += discount * f64::from(ring.reward(last));
            discount *= self.gamma;
            if step == self.steps {
                break;
            }
            match ring.following(last) {
                Some(next) => last = next,
                None => break,
            }
        }
        let goes_on = 1.0 - ring.terminated(last);
        (reward as f32, discount as f32 * goes_on, last)
    }
}

/// The last `capacity` transitions of every replica, in main memory. The buffer grows as it fills.
#[derive(Debug)]
pub struct ReplayBuffer {
    device: Device,
    widths: Widths,
    replicas: Vec<TransitionRing>,
}

impl ReplayBuffer {
    /// An empty buffer whose step keys are `step_key` numbers wide; zero for none.
    pub fn new(
        capacity: usize,
        replicas: i64,
        features: i64,
        actions: i64,
        step_key: usize,
        device: Device,
    ) -> Self {
        let widths = Widths {
            features: features as usize,
            actions: actions as usize,
            step_key,
        };
        let replicas = (0..replicas).map(|_| TransitionRing::new(capacity, widths));
        Self {
            device,
            widths,
            replicas: replicas.collect(),
        }
    }

    /// The number of transitions held for each replica.
    pub fn len(&self) -> usize {
        self.replicas[0].count()
    }

    /// Whether there is nothing to sample from.
    pub fn is_empty(&self) -> bool {
        self.replicas[0].is_empty()
    }

    /// Adds one transition of every replica, with the step keys `[R, 1, K]` of its observations if they are stored. A full
    /// buffer drops its oldest transition.
    pub fn push(&mut self, seen: &Transition<'_>, step_keys: Option<&Tensor>) {
        let tensors = [
            seen.observation,
            seen.action,
            seen.reward,
            seen.next_observation,
            seen.terminated,
        ]
        .map(in_memory);
        let [observation, action, reward, next_observation, terminated] =
            tensors.each_ref().map(values);
        let step_keys = step_keys.map_or(&[][..], values);
        let Widths {
            features,
            actions,
            step_key,
        } = self.widths;
        for (replica, ring) in self.replicas.iter_mut().enumerate() {
            ring.push(Step {
                observation: &observation[replica * features..][..features],
                action: &action[replica * actions..][..actions],
                reward: reward[replica],
                next_observation: &next_observation[replica * features..][..features],
                terminated: terminated[replica],
                step_key: &step_keys[replica * step_key..][..step_key],
            });
        }
    }

    /// Samples a batch of `size` transitions for each replica, from the replica's own stream.
    pub fn sample(&self, size: usize, n_step: NStep, draw: &mut Streams) -> Batch {
        let Widths {
            features,
            actions,
            step_key,
        } = self.widths;
        let mut tensors = [features, actions, 1, features, 1]
            .map(|width| empty(&[self.replicas.len() as i64, size as i64, width as i64]));
        let mut quantities = tensors.each_mut().map(values_mut);
        let mut keys = vec![0f32; self.replicas.len() * size * step_key];
        let chosen = draw.indices(size, self.len());
        for (ring, chosen) in self.replicas.iter().zip(&chosen) {
            ring.bring_near(chosen);
        }
        let chosen = self.replicas.iter().zip(chosen);
        let chosen = chosen.flat_map(|(ring, chosen)| chosen.into_iter().map(move |at| (ring, at)));
        for (place, (ring, index)) in chosen.enumerate() {
            let (reward, discount, last) = n_step.from(ring, index);
            let parts = [
                ring.observation(index),
                ring.action(index),
                &[reward],
                ring.next_observation(last),
                &[discount],
            ];
            for (quantity, part) in quantities.iter_mut().zip(parts) {
                quantity[place * part.len()..][..part.len()].copy_from_slice(part);
            }
            keys[place * step_key..][..step_key].copy_from_slice(ring.step_key(index));
        }
        let shape = [self.replicas.len(), size, step_key].map(|size| size as i64);
        let step_keys = (step_key > 0).then(|| Tensor::from_slice(&keys).view(shape));
        let [observation, action, reward, next_observation, discount] = match self.device {
            Device::Cpu => tensors,
            device => tensors.map(|tensor| tensor.to_device(device)),
        };
        Batch {
            observation,
            action,
            reward,
            next_observation,
            discount,
            step_keys,
        }
    }
}

impl Stateful for ReplayBuffer {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        for (replica, ring) in self.replicas.iter_mut().enumerate() {
            with.part(&format!("transitions.{replica}"), ring)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(replay: &mut ReplayBuffer, step: f32) {
        // Replica 1 records the negative of what replica 0 does.
        let rows = |width: i64, scale: f32| {
            let one = |sign: f32| {
                (0..width)
                    .map(move |i| sign * scale * step + i as f32)
                    .collect::<Vec<_>>()
            };
            Tensor::from_slice(&[one(1.0), one(-1.0)].concat()).view([2, width])
        };
        let seen = Transition {
            observation: &rows(3, 1.0),
            action: &rows(2, 10.0),
            reward: &rows(1, 100.0).view([2]),
            next_observation: &rows(3, 1000.0),
            terminated: &rows(1, 0.0).view([2]),
            truncated: &rows(1, 0.0).view([2]),
        };
        let keys = (replay.widths.step_key > 0).then(|| rows(3, 1e4).view([2, 1, 3]));
        replay.push(&seen, keys.as_ref());
    }

    #[test]
    fn the_oldest_transition_is_dropped_first_and_rows_stay_together() {
        let mut replay = ReplayBuffer::new(4, 2, 3, 2, 3, Device::Cpu);
        (1..=6).for_each(|step| push(&mut replay, step as f32));
        assert_eq!(replay.len(), 4);
        let draw = &mut Streams::new(&[1, 2], "test", Device::Cpu);
        let batch = replay.sample(200, NStep::one_step(0.9), draw);
        assert_eq!(batch.observation.size(), [2, 200, 3]);
        let keys = batch.step_keys.unwrap();
        assert_eq!(keys.size(), [2, 200, 3]);
        let mut seen = std::collections::BTreeSet::new();
        for row in 0..200 {
            for (replica, sign) in [(0, 1.0), (1, -1.0)] {
                let step = sign * batch.observation.double_value(&[replica, row, 0]);
                seen.insert(step as i64);
                assert_eq!(
                    batch.action.double_value(&[replica, row, 1]),
                    sign * 10.0 * step + 1.0
                );
                assert_eq!(
                    batch.reward.double_value(&[replica, row, 0]),
                    sign * 100.0 * step
                );
                assert_eq!(
                    batch.next_observation.double_value(&[replica, row, 2]),
                    sign * 1000.0 * step + 2.0
                );
                let key = keys.double_value(&[replica, row, 2]);
                assert_eq!(key, sign * 1e4 * step + 2.0);
            }
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [3, 4, 5, 6]);
    }

    #[test]
    fn step_keys_take_no_memory_where_they_are_not_used() {
        let mut replay = ReplayBuffer::new(4, 2, 3, 2, 0, Device::Cpu);
        push(&mut replay, 1.0);
        assert_eq!(replay.widths.row(), 3 + 2 + 3);
        let draw = &mut Streams::new(&[1, 2], "test", Device::Cpu);
        let batch = replay.sample(5, NStep::one_step(0.9), draw);
        assert!(batch.step_keys.is_none());
    }

    /// Steps 1 to 8 of a walk along the integers with a reward of one per step. The task ends after step 3, the time limit
    /// cuts the episode after step 6, and each episode starts elsewhere.
    fn walk() -> ReplayBuffer {
        let mut replay = ReplayBuffer::new(7, 1, 1, 1, 0, Device::Cpu);
        let row = |value: f32| Tensor::from_slice(&[value]);
        for step in 1..=8 {
            let place = (step + 100 * ((step - 1) / 3)) as f32;
            let flag = |at: i32| row(f32::from(u8::from(step == at)));
            let seen = Transition {
                observation: &row(place).view([1, 1]),
                action: &row(0.0).view([1, 1]),
                reward: &row(1.0),
                next_observation: &row(place + 1.0).view([1, 1]),
                terminated: &flag(3),
                truncated: &flag(6),
            };
            replay.push(&seen, None);
        }
        replay
    }

    #[test]
    fn n_step_rewards_are_discounted_up_to_the_end_of_the_episode_or_of_its_recorded_part() {
        let draw = &mut Streams::new(&[1], "test", Device::Cpu);
        let (steps, gamma) = (2, 0.5);
        let batch = walk().sample(200, NStep { steps, gamma }, draw);
        let at = |of: &Tensor, row: i64| of.double_value(&[0, row, 0]);
        let seen: std::collections::BTreeMap<i64, [f64; 3]> = (0..200)
            .map(|row| {
                let told =
                    [&batch.reward, &batch.next_observation, &batch.discount].map(|of| at(of, row));
                (at(&batch.observation, row) as i64, told)
            })
            .collect();
        let expected = [
            (2, [1.5, 4.0, 0.0]),
            (3, [1.0, 4.0, 0.0]),
            (104, [1.5, 106.0, 0.25]),
            (105, [1.5, 107.0, 0.25]),
            (106, [1.0, 107.0, 0.5]),
            (207, [1.5, 209.0, 0.25]),
            // The next row of the buffer holds the oldest recorded step, 2.
            (208, [1.0, 209.0, 0.5]),
        ];
        assert_eq!(seen, expected.into());
    }
}
