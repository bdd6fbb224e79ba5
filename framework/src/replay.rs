//! The replay buffer: what every replica has lived through, sampled uniformly with replacement.

use tch::{Device, Tensor};

use crate::api::{Streams, Transition};

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
}

/// The last `capacity` transitions of every replica, in main memory. It grows as it fills.
#[derive(Debug)]
pub struct Replay {
    capacity: usize,
    next: usize,
    device: Device,
    replicas: Vec<[Column; 5]>,
}

/// One quantity over time, rows of `width` values.
#[derive(Debug, Clone)]
struct Column {
    width: usize,
    values: Vec<f32>,
}

impl Replay {
    /// An empty buffer for one replica a seed.
    pub fn new(
        capacity: usize,
        replicas: i64,
        features: i64,
        actions: i64,
        device: Device,
    ) -> Self {
        let column = |width: i64| Column {
            width: width as usize,
            values: Vec::new(),
        };
        let columns = [features, actions, 1, features, 1].map(column);
        Self {
            capacity,
            next: 0,
            device,
            replicas: vec![columns; replicas as usize],
        }
    }

    /// Transitions held for each replica.
    pub fn len(&self) -> usize {
        let terminated = &self.replicas[0][4];
        terminated.values.len()
    }

    /// Is there nothing to sample from?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds one transition of every replica; the oldest goes when the buffer is full.
    pub fn push(&mut self, seen: &Transition<'_>) {
        let quantities = [
            seen.observation,
            seen.action,
            seen.reward,
            seen.next_observation,
            seen.terminated,
        ];
        for (index, tensor) in quantities.into_iter().enumerate() {
            let width = self.replicas[0][index].width;
            let mut rows = vec![0.0; width * self.replicas.len()];
            tensor.copy_data(&mut rows, width * self.replicas.len());
            for (columns, row) in self.replicas.iter_mut().zip(rows.chunks_exact(width)) {
                columns[index].put(self.next, row);
            }
        }
        self.next = (self.next + 1) % self.capacity;
    }

    /// A batch of `size` for each replica, drawn from its own stream.
    pub fn sample(&self, size: usize, draw: &mut Streams) -> Batch {
        let chosen = draw.indices(size, self.len());
        let gather = |quantity: usize| {
            let width = self.replicas[0][quantity].width;
            let mut values = Vec::with_capacity(size * width * self.replicas.len());
            for (columns, rows) in self.replicas.iter().zip(&chosen) {
                rows.iter()
                    .for_each(|&row| values.extend_from_slice(columns[quantity].row(row)));
            }
            let shape = [self.replicas.len() as i64, size as i64, width as i64];
            Tensor::from_slice(&values)
                .view(shape)
                .to_device(self.device)
        };
        Batch {
            observation: gather(0),
            action: gather(1),
            reward: gather(2),
            next_observation: gather(3),
            terminated: gather(4),
        }
    }
}

impl Column {
    fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.width..][..self.width]
    }

    fn put(&mut self, index: usize, row: &[f32]) {
        match self
            .values
            .get_mut(index * self.width..(index + 1) * self.width)
        {
            Some(old) => old.copy_from_slice(row),
            None => self.values.extend_from_slice(row),
        }
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
        replay.push(&Transition {
            observation: &rows(3, 1.0),
            action: &rows(2, 10.0),
            reward: &rows(1, 100.0).view([2]),
            next_observation: &rows(3, 1000.0),
            terminated: &rows(1, 0.0).view([2]),
        });
    }

    #[test]
    fn the_oldest_transition_goes_first_and_rows_stay_together() {
        let mut replay = Replay::new(4, 2, 3, 2, Device::Cpu);
        (1..=6).for_each(|step| push(&mut replay, step as f32));
        assert_eq!(replay.len(), 4);
        let batch = replay.sample(200, &mut Streams::new(&[1, 2], "test", Device::Cpu));
        assert_eq!(batch.observation.size(), [2, 200, 3]);
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
            }
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [3, 4, 5, 6]);
    }
}
