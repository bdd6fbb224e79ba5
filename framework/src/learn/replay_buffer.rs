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
    /// `[R, B, 1]`, of as many steps as were looked ahead, discounted.
    pub reward: Tensor,
    /// `[R, B, features]`, after these steps.
    pub next_observation: Tensor,
    /// `[R, B, 1]`, what a value there is worth here: γ to the number of these steps, zero where the task itself ended.
    pub discount: Tensor,
    /// The moments of the observations, `[R, B, 3]` in main memory, if they were kept.
    pub moments: Option<Tensor>,
}

/// How far a sampled transition looks.
#[derive(Debug, Clone, Copy)]
pub struct Ahead {
    /// Fewer where the episode ends before, or what is known of it.
    pub steps: u32,
    /// Discount of a step.
    pub gamma: f64,
}

impl Ahead {
    /// To the next observation.
    pub fn one_step(gamma: f64) -> Self {
        Self { steps: 1, gamma }
    }
}

/// The last `capacity` transitions of every replica, in main memory. It grows as it fills.
#[derive(Debug)]
pub struct Replay {
    capacity: usize,
    next: usize,
    device: Device,
    /// The widths of observation, action, reward, next observation and whether the task ended, of which a transition is made.
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

    /// The parts of a transition, in the order of the widths.
    fn parts<'a>(&self, rows: &'a [f32], index: usize) -> [&'a [f32]; 5] {
        let mut row = &rows[index * self.width()..];
        self.widths.map(|width| {
            let (here, rest) = row.split_at(width);
            row = rest;
            here
        })
    }

    /// The moment of a transition, if it was kept.
    fn moment<'a>(&self, rows: &'a [f32], index: usize) -> &'a [f32] {
        let end = (index + 1) * self.width();
        &rows[end - self.moment..end]
    }

    /// The transition after this one in the same episode: the one that begins where this one ended. After the end of an
    /// episode it begins elsewhere.
    fn following(&self, rows: &[f32], index: usize) -> Option<usize> {
        let next = (index + 1) % self.capacity;
        let [.., ended_at, terminated] = self.parts(rows, index);
        let goes_on =
            next != self.next && terminated[0] == 0.0 && self.parts(rows, next)[0] == ended_at;
        goes_on.then_some(next)
    }

    /// The discounted reward from a transition on, what a value after it is worth, and the last transition of it.
    fn look(&self, rows: &[f32], first: usize, ahead: Ahead) -> (f32, f32, usize) {
        let (mut reward, mut discount, mut last) = (0.0, 1.0, first);
        for step in 1..=ahead.steps {
            reward += discount * f64::from(self.parts(rows, last)[2][0]);
            discount *= ahead.gamma;
            match self.following(rows, last) {
                Some(next) if step < ahead.steps => last = next,
                _ => break,
            }
        }
        let goes_on = 1.0 - self.parts(rows, last)[4][0];
        (reward as f32, discount as f32 * goes_on, last)
    }

    /// A batch of `size` for each replica, drawn from its own stream.
    pub fn sample(&self, size: usize, ahead: Ahead, draw: &mut Streams) -> Batch {
        let mut tensors = self
            .widths
            .map(|width| empty(&[self.replicas.len() as i64, size as i64, width as i64]));
        let mut quantities = tensors.each_mut().map(values_mut);
        let mut moments = vec![0f32; self.replicas.len() * size * self.moment];
        let chosen = self.replicas.iter().zip(draw.indices(size, self.len()));
        let chosen = chosen.flat_map(|(rows, chosen)| chosen.into_iter().map(move |at| (rows, at)));
        for (place, (rows, index)) in chosen.enumerate() {
            let (reward, discount, last) = self.look(rows, index, ahead);
            let [observation, action, ..] = self.parts(rows, index);
            let next_observation = self.parts(rows, last)[3];
            let parts = [
                observation,
                action,
                &[reward],
                next_observation,
                &[discount],
            ];
            for (quantity, part) in quantities.iter_mut().zip(parts) {
                quantity[place * part.len()..][..part.len()].copy_from_slice(part);
            }
            moments[place * self.moment..][..self.moment].copy_from_slice(self.moment(rows, index));
        }
        let shape = [self.replicas.len() as i64, size as i64, self.moment as i64];
        let moments = (self.moment > 0).then(|| Tensor::from_slice(&moments).view(shape));
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
        let draw = &mut Streams::new(&[1, 2], "test", Device::Cpu);
        let batch = replay.sample(200, Ahead::one_step(0.9), draw);
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
        let draw = &mut Streams::new(&[1, 2], "test", Device::Cpu);
        let batch = replay.sample(5, Ahead::one_step(0.9), draw);
        assert!(batch.moments.is_none());
    }

    /// Steps 1 to 8 of a walk along the whole numbers with a reward of one, where the task ends after step 3 and the time limit
    /// comes after step 6; each episode begins elsewhere.
    fn walk() -> Replay {
        let mut replay = Replay::new(7, 1, 1, 1, 0, Device::Cpu);
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
    fn looking_ahead_adds_discounted_rewards_up_to_the_end_of_the_episode_or_of_what_is_known() {
        let draw = &mut Streams::new(&[1], "test", Device::Cpu);
        let (steps, gamma) = (2, 0.5);
        let batch = walk().sample(200, Ahead { steps, gamma }, draw);
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
            // The oldest step known, 2, lies behind it in the buffer.
            (208, [1.0, 209.0, 0.5]),
        ];
        assert_eq!(seen, expected.into());
    }
}
