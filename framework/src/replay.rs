//! The replay buffer: what every replica has lived through, sampled uniformly with replacement.

use tch::{Device, Tensor};

use crate::api::{Exchange, Mismatch, Stateful, Streams, Transition};
use crate::kernel::{empty, values, values_mut};

/// A batch of transitions, normalised by nobody.
#[derive(Debug)]
pub struct Batch {
    /// `[R, B, features]`
    pub observation: Tensor,
    /// `[R, B, actions]`
    pub action: Tensor,
    /// `[R, B, 1]`
    pub reward: Tensor,
    /// `[R, B, features]`
    pub next_observation: Tensor,
    /// `[R, B, 1]`, one where the task itself ended.
    pub terminated: Tensor,
    /// The moments of the observations, `[R, B, 3]` in main memory, if they were kept.
    pub moments: Option<Tensor>,
}

/// The last `capacity` transitions of every replica, in main memory. It grows as it fills.
#[derive(Debug)]
pub struct Replay {
    capacity: usize,
    next: usize,
    device: Device,
    /// The widths of the five quantities, in the order of [`Batch`].
    widths: [usize; 5],
    /// The width of a moment, which comes after them; none where moments are not kept.
    moment: usize,
    /// For each replica the transitions, one after the other.
    replicas: Vec<Vec<f32>>,
}

impl Replay {
    /// An empty buffer for one replica a seed.
    pub fn new(
        capacity: usize,
        replicas: i64,
        features: i64,
        actions: i64,
        moment: usize,
        device: Device,
    ) -> Self {
        Self {
            capacity,
            moment,
            next: 0,
            device,
            widths: [features, actions, 1, features, 1].map(|width| width as usize),
            replicas: vec![Vec::new(); replicas as usize],
        }
    }

    /// Numbers in a transition.
    fn width(&self) -> usize {
        self.widths.iter().sum::<usize>() + self.moment
    }

    /// Transitions held for each replica.
    pub fn len(&self) -> usize {
        self.replicas[0].len() / self.width()
    }

    /// Is there nothing to sample from?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds one transition of every replica, with the moments `[R, 1, 3]` of its observations where they are kept; the oldest
    /// goes when the buffer is full.
    pub fn push(&mut self, seen: &Transition<'_>, moments: Option<&Tensor>) {
        let quantities = [
            seen.observation,
            seen.action,
            seen.reward,
            seen.next_observation,
            seen.terminated,
        ]
        .map(|tensor| tensor.to_device(Device::Cpu).contiguous());
        let (at, width) = (self.next * self.width(), self.width());
        for (replica, rows) in self.replicas.iter_mut().enumerate() {
            if rows.len() < at + width {
                rows.resize(at + width, 0.0);
            }
            let mut row = &mut rows[at..at + width];
            for (tensor, width) in quantities.iter().zip(self.widths) {
                let (here, rest) = row.split_at_mut(width);
                here.copy_from_slice(&values(tensor)[replica * width..][..width]);
                row = rest;
            }
            if let Some(moments) = moments {
                row.copy_from_slice(&values(moments)[replica * self.moment..][..self.moment]);
            }
        }
        self.next = (self.next + 1) % self.capacity;
    }

    /// A batch of `size` for each replica, drawn from its own stream.
    pub fn sample(&self, size: usize, draw: &mut Streams) -> Batch {
        let mut tensors = self
            .widths
            .map(|width| empty(&[self.replicas.len() as i64, size as i64, width as i64]));
        let mut quantities = tensors.each_mut().map(values_mut);
        let mut moments = vec![0f32; self.replicas.len() * size * self.moment];
        let chosen = self.replicas.iter().zip(draw.indices(size, self.len()));
        let chosen = chosen.flat_map(|(rows, chosen)| chosen.into_iter().map(move |at| (rows, at)));
        for (place, (rows, index)) in chosen.enumerate() {
            let mut row = &rows[index * self.width()..][..self.width()];
            for (quantity, width) in quantities.iter_mut().zip(self.widths) {
                let (here, rest) = row.split_at(width);
                quantity[place * width..][..width].copy_from_slice(here);
                row = rest;
            }
            moments[place * self.moment..][..self.moment].copy_from_slice(row);
        }
        let shape = [self.replicas.len() as i64, size as i64, self.moment as i64];
        let moments = (self.moment > 0).then(|| Tensor::from_slice(&moments).view(shape));
        let [observation, action, reward, next_observation, terminated] = match self.device {
            Device::Cpu => tensors,
            device => tensors.map(|tensor| tensor.to_device(device)),
        };
        Batch {
            observation,
            action,
            reward,
            next_observation,
            terminated,
            moments,
        }
    }
}

impl Stateful for Replay {
    fn exchange(&mut self, with: &mut Exchange<'_>) -> Result<(), Mismatch> {
        let width = self.width();
        for (replica, rows) in self.replicas.iter_mut().enumerate() {
            with.rows(&format!("transitions.{replica}"), width, rows)?;
        }
        let mut next = self.next as u64;
        with.count("next", &mut next)?;
        self.next = next as usize;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(replay: &mut Replay, step: f32) {
        // Replica 1 lives through the negative of what replica 0 does.
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
        let moments = (replay.moment > 0).then(|| rows(3, 1e4).view([2, 1, 3]));
        replay.push(&seen, moments.as_ref());
    }

    #[test]
    fn the_oldest_transition_goes_first_and_rows_stay_together() {
        let mut replay = Replay::new(4, 2, 3, 2, 3, Device::Cpu);
        (1..=6).for_each(|step| push(&mut replay, step as f32));
        assert_eq!(replay.len(), 4);
        let batch = replay.sample(200, &mut Streams::new(&[1, 2], "test", Device::Cpu));
        assert_eq!(batch.observation.size(), [2, 200, 3]);
        let moments = batch.moments.unwrap();
        assert_eq!(moments.size(), [2, 200, 3]);
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
                let moment = moments.double_value(&[replica, row, 2]);
                assert_eq!(moment, sign * 1e4 * step + 2.0);
            }
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [3, 4, 5, 6]);
    }

    #[test]
    fn moments_take_no_room_where_nobody_remembers_them() {
        let mut replay = Replay::new(4, 2, 3, 2, 0, Device::Cpu);
        push(&mut replay, 1.0);
        assert_eq!(replay.replicas[0].len(), 3 + 2 + 1 + 3 + 1);
        let batch = replay.sample(5, &mut Streams::new(&[1, 2], "test", Device::Cpu));
        assert!(batch.moments.is_none());
    }
}
