//! The last transitions of one replica, in main memory. Each observation is stored once.

use std::collections::VecDeque;

use crate::api::{Mismatch, Queue, Ring, StateVisitor, Stateful};

/// A transition, as it is recorded.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The observation in which the action was taken.
    pub observation: &'a [f32],
    /// The action.
    pub action: &'a [f32],
    /// The reward for it.
    pub reward: f32,
    /// The observation after it.
    pub next_observation: &'a [f32],
    /// One if the task itself ended, else zero.
    pub terminated: f32,
    /// The step key of the observation; empty if step keys are not stored.
    pub step_key: &'a [f32],
}

/// The last `capacity` transitions, each in a row of its own. The transition that was recorded after `n` others is in the row
/// `n % capacity`. There are more rows as more are recorded.
///
/// The next observation of a transition is the observation in the row after it. Where the row after it begins elsewhere,
/// because an episode ended, the final observation is kept beside the rows; and for the newest transition, which has no row
/// after it, the observation that it led to.
#[derive(Debug)]
pub struct TransitionRing {
    capacity: usize,
    widths: Widths,
    /// The number of transitions that were ever recorded.
    recorded: u64,
    /// The row of the next transition, `recorded % capacity`.
    next: usize,
    /// The rows, one after the other. The values of a row are the observation, the action, the reward, the termination flag,
    /// the [`Link`] and the step key.
    rows: Vec<f32>,
    /// The observation after the newest transition.
    latest: Vec<f32>,
    /// The final observations, oldest first.
    finals: VecDeque<Vec<f32>>,
    /// The number of final observations that were dropped with their transitions.
    dropped: u64,
}

/// The numbers of values in a row.
#[derive(Debug, Clone, Copy)]
pub struct Widths {
    /// The values of an observation.
    pub features: usize,
    /// The values of an action.
    pub actions: usize,
    /// The values of a step key; zero if step keys are not stored.
    pub step_key: usize,
}

impl Widths {
    /// The values of a row.
    pub fn row(self) -> usize {
        self.features + self.actions + 3 + self.step_key
    }
}

/// Where the transition before a row led to: to the observation of the row, or to a final observation with a number, counted
/// from one. It is stored as the bits of a value of the row, since not every number of 32 bits is a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Link(u32);

impl Link {
    const TO_THE_ROW: Self = Self(0);
}

impl TransitionRing {
    /// An empty ring.
    pub fn new(capacity: usize, widths: Widths) -> Self {
        Self {
            capacity,
            widths,
            recorded: 0,
            next: 0,
            rows: Vec::new(),
            latest: Vec::new(),
            finals: VecDeque::new(),
            dropped: 0,
        }
    }

    /// The number of rows.
    pub fn count(&self) -> usize {
        self.rows.len() / self.widths.row()
    }

    /// Whether nothing was recorded yet.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Records a transition. A full ring drops its oldest one.
    pub fn push(&mut self, step: Step<'_>) {
        let link = self.link_to(step.observation);
        let (width, at) = (self.widths.row(), self.next);
        let is_full = self.count() == self.capacity;
        if !is_full {
            self.rows.resize((at + 1) * width, 0.0);
        }
        let values = [
            step.observation,
            step.action,
            &[step.reward, step.terminated, f32::from_bits(link.0)],
            step.step_key,
        ];
        let mut row = &mut self.rows[at * width..][..width];
        for part in values {
            let (here, rest) = row.split_at_mut(part.len());
            here.copy_from_slice(part);
            row = rest;
        }
        self.latest.clear();
        self.latest.extend_from_slice(step.next_observation);
        self.recorded += 1;
        self.next = self.row_after(at);
        // The transition before the one that is the oldest now is gone, and with it the observation that it led to.
        if is_full && self.link(self.next) != Link::TO_THE_ROW {
            self.finals.pop_front();
            self.dropped += 1;
        }
    }

    /// How the newest transition is linked to a row with this observation. If it led elsewhere, where it led is kept.
    fn link_to(&mut self, observation: &[f32]) -> Link {
        let mut pairs = self.latest.iter().zip(observation);
        // Both zeros are equal but are not the same observation.
        if pairs.all(|(reached, next)| reached.to_bits() == next.to_bits()) {
            return Link::TO_THE_ROW;
        }
        self.finals.push_back(std::mem::take(&mut self.latest));
        Link((self.dropped + self.finals.len() as u64) as u32)
    }

    fn row_after(&self, row: usize) -> usize {
        if row + 1 == self.capacity { 0 } else { row + 1 }
    }

    /// The row after this one, unless this one has the newest transition.
    fn after(&self, row: usize) -> Option<usize> {
        let after = self.row_after(row);
        (after != self.next).then_some(after)
    }

    fn row(&self, row: usize) -> &[f32] {
        let width = self.widths.row();
        &self.rows[row * width..][..width]
    }

    /// The value of a row at this place after observation and action.
    fn value(&self, row: usize, place: usize) -> f32 {
        self.row(row)[self.widths.features + self.widths.actions + place]
    }

    fn link(&self, row: usize) -> Link {
        Link(self.value(row, 2).to_bits())
    }

    /// Brings transitions into the processor's cache, all at once: where they are read one after the other, each waits for the
    /// memory.
    pub fn bring_near(&self, rows: &[usize]) {
        let width = self.widths.row();
        let last_values = rows.iter().map(|&row| {
            let after = self.row_after(row).min(self.count() - 1);
            self.rows[row * width] + self.rows[(after + 1) * width - 1]
        });
        std::hint::black_box(last_values.sum::<f32>());
    }

    /// The observation of a transition.
    pub fn observation(&self, row: usize) -> &[f32] {
        &self.row(row)[..self.widths.features]
    }

    /// The action of a transition.
    pub fn action(&self, row: usize) -> &[f32] {
        &self.row(row)[self.widths.features..][..self.widths.actions]
    }

    /// The reward of a transition.
    pub fn reward(&self, row: usize) -> f32 {
        self.value(row, 0)
    }

    /// One if the task itself ended with a transition, else zero.
    pub fn terminated(&self, row: usize) -> f32 {
        self.value(row, 1)
    }

    /// The step key of a transition; empty if step keys are not stored.
    pub fn step_key(&self, row: usize) -> &[f32] {
        &self.row(row)[self.widths.row() - self.widths.step_key..]
    }

    /// The observation after a transition.
    pub fn next_observation(&self, row: usize) -> &[f32] {
        let Some(after) = self.after(row) else {
            return &self.latest;
        };
        match self.link(after) {
            Link::TO_THE_ROW => self.observation(after),
            Link(number) => &self.finals[number.wrapping_sub(self.dropped as u32) as usize - 1],
        }
    }

    /// The row of the next transition of the same episode.
    pub fn following(&self, row: usize) -> Option<usize> {
        let goes_on =
            |&after: &usize| self.terminated(row) == 0.0 && self.link(after) == Link::TO_THE_ROW;
        self.after(row).filter(goes_on)
    }
}

impl Stateful for TransitionRing {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        let rows = Ring {
            width: self.widths.row(),
            capacity: self.capacity,
            recorded: &mut self.recorded,
            rows: &mut self.rows,
        };
        with.ring("rows", rows)?;
        self.next = (self.recorded % self.capacity as u64) as usize;
        let finals = Queue {
            width: self.widths.features,
            capacity: self.capacity,
            dropped: &mut self.dropped,
            rows: &mut self.finals,
        };
        with.queue("finals", finals)?;
        with.rows("latest", self.widths.features, &mut self.latest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WIDTHS: Widths = Widths {
        features: 2,
        actions: 1,
        step_key: 1,
    };

    /// A transition of its own memory.
    #[derive(Debug, Clone, PartialEq)]
    struct Plain {
        observation: [f32; 2],
        action: [f32; 1],
        reward: f32,
        next_observation: [f32; 2],
        terminated: f32,
        step_key: [f32; 1],
    }

    impl Plain {
        fn step(&self) -> Step<'_> {
            Step {
                observation: &self.observation,
                action: &self.action,
                reward: self.reward,
                next_observation: &self.next_observation,
                terminated: self.terminated,
                step_key: &self.step_key,
            }
        }
    }

    /// How a step ends: it goes on, the task ends, the time limit cuts the episode, or the next episode begins where this one
    /// ended, but for the sign of zero.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum End {
        None,
        Terminated,
        Truncated,
        Zero,
    }

    fn ends() -> impl Strategy<Value = Vec<End>> {
        let end = prop_oneof![
            5 => Just(End::None),
            1 => Just(End::Terminated),
            1 => Just(End::Truncated),
            1 => Just(End::Zero),
        ];
        prop::collection::vec(end, 1..60)
    }

    fn transitions(ends: &[End]) -> Vec<Plain> {
        let mut observation = [0.5, 0.0];
        let transitions = ends.iter().enumerate().map(|(number, end)| {
            let number = number as f32;
            let reached = match end {
                End::Zero => [number, -0.0],
                _ => [number, number],
            };
            let begun = match end {
                End::None => reached,
                End::Terminated | End::Truncated => [-number, 7.0],
                End::Zero => [number, 0.0],
            };
            Plain {
                observation: std::mem::replace(&mut observation, begun),
                action: [number + 0.25],
                reward: number + 0.5,
                next_observation: reached,
                terminated: f32::from(u8::from(*end == End::Terminated)),
                step_key: [number + 0.75],
            }
        });
        transitions.collect()
    }

    /// The number of the transition in a row, when `recorded` were.
    fn number(row: usize, recorded: usize, capacity: usize) -> usize {
        let newest = recorded - 1;
        newest - (newest + capacity - row) % capacity
    }

    fn bits(values: &[f32]) -> Vec<u32> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    proptest! {
        #[test]
        fn a_ring_gives_the_last_transitions_as_they_were_recorded(
            ends in ends(),
            capacity in 1..20usize,
            interrupted in 0..60usize,
        ) {
            let transitions = transitions(&ends);
            let mut ring = TransitionRing::new(capacity, WIDTHS);
            for (index, transition) in transitions.iter().enumerate() {
                ring.push(transition.step());
                if index == interrupted {
                    let mut other = TransitionRing::new(capacity, WIDTHS);
                    other.restore(&ring.save()).unwrap();
                    ring = other;
                }
                let recorded = index + 1;
                prop_assert_eq!(ring.count(), recorded.min(capacity));
                for row in 0..ring.count() {
                    let number = number(row, recorded, capacity);
                    let expected = &transitions[number];
                    let got = Plain {
                        observation: ring.observation(row).try_into().unwrap(),
                        action: ring.action(row).try_into().unwrap(),
                        reward: ring.reward(row),
                        next_observation: ring.next_observation(row).try_into().unwrap(),
                        terminated: ring.terminated(row),
                        step_key: ring.step_key(row).try_into().unwrap(),
                    };
                    prop_assert_eq!(&got, expected);
                    prop_assert_eq!(
                        bits(&got.next_observation),
                        bits(&expected.next_observation)
                    );
                    let goes_on = ends[number] == End::None && number + 1 < recorded;
                    let following = goes_on.then_some((row + 1) % capacity);
                    prop_assert_eq!(ring.following(row), following);
                }
                let last = recorded - ring.count();
                let held = (last..recorded - 1).filter(|&number| ends[number] != End::None);
                prop_assert_eq!(ring.finals.len(), held.count());
            }
        }
    }
}
