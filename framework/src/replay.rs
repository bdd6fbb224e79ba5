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
