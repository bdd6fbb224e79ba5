//! The state of a learner, as named parts: all that it takes to continue as if it had never been interrupted.

use std::collections::{BTreeMap, VecDeque};

use tch::{Kind, Tensor, no_grad};
use thiserror::Error;

/// A copy of all parts of a state. Their names are paths with dots: `actor.layer.0.weight`.
#[derive(Debug, Default)]
pub struct State {
    /// Tensors; those of a learner are `[R, …]`.
    pub tensors: BTreeMap<String, Tensor>,
    /// Counters, states of random generators, and the bits of double-precision numbers.
    pub words: BTreeMap<String, Vec<u64>>,
    /// The rows of ring buffers and of queues.
    pub rings: BTreeMap<String, RingRows>,
}

/// Rows of a ring buffer or of a queue in the order in which they were recorded.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct RingRows {
    /// The number of values in a row.
    pub width: usize,
    /// The number of rows that the buffer holds at most.
    pub capacity: usize,
    /// The number of rows that were recorded before the oldest one that the buffer holds.
    pub oldest: u64,
    /// The number of rows that were recorded before the first of these.
    pub first: u64,
    /// The rows, one after the other.
    pub values: Vec<f32>,
}

impl RingRows {
    /// The number of rows that had been recorded after the last of these.
    pub fn end(&self) -> u64 {
        self.first + (self.values.len() / self.width.max(1)) as u64
    }
}

/// A ring buffer of rows, as a [`StateVisitor`] meets it. The row that was recorded after `n` others lies at the place
/// `n % capacity`.
#[derive(Debug)]
pub struct Ring<'a> {
    /// The number of values in a row.
    pub width: usize,
    /// The number of rows that the buffer holds at most.
    pub capacity: usize,
    /// The number of rows that were ever recorded.
    pub recorded: &'a mut u64,
    /// The last `capacity` rows, or as many as there are.
    pub rows: &'a mut Vec<f32>,
}

/// A queue of rows, as a [`StateVisitor`] meets it: new rows are recorded behind the last one, and old ones are dropped when
/// they are not needed any more.
#[derive(Debug)]
pub struct Queue<'a> {
    /// The number of values in a row.
    pub width: usize,
    /// The number of rows that the queue holds at most.
    pub capacity: usize,
    /// The number of rows that were dropped.
    pub dropped: &'a mut u64,
    /// The other rows, oldest first.
    pub rows: &'a mut VecDeque<Vec<f32>>,
}

/// A state does not fit the learner that is to be restored from it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Mismatch {
    /// The state lacks a part.
    #[error("the state has no {0}")]
    Missing(String),
    /// A part has another size.
    #[error("{name} has the size {found:?} in the state, not {expected:?}")]
    Size {
        /// The name of the part.
        name: String,
        /// Its size in the learner.
        expected: Vec<i64>,
        /// Its size in the state.
        found: Vec<i64>,
    },
    /// The state has parts that the learner does not.
    #[error("the state has {0} parts that are not known here")]
    Unknown(usize),
}

/// A value whose state can be saved and restored. One list of parts serves both, so that nothing can be saved but not
/// restored.
pub trait Stateful {
    /// Passes every part to the visitor, always under the same names. A visitor that saves only reads the parts.
    ///
    /// # Errors
    /// If a part does not fit the state that is restored.
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch>;

    /// Copies all parts.
    fn save(&mut self) -> State {
        self.save_since(&BTreeMap::new())
    }

    /// Copies all parts, but of ring buffers only the rows that are new: those that were recorded after as many as `saved`
    /// has under the name of the ring.
    fn save_since(&mut self, saved: &BTreeMap<String, u64>) -> State {
        let mut state = State::default();
        let mut with = StateVisitor {
            direction: Direction::Save(&mut state, saved),
            prefix: String::new(),
            parts: 0,
        };
        // Only restoring meets parts that do not fit.
        if let Err(mismatch) = self.visit(&mut with) {
            unreachable!("saving: {mismatch}")
        }
        state
    }

    /// Overwrites all parts with those of `state`.
    ///
    /// # Errors
    /// If the state does not fit; some parts may have been overwritten then.
    fn restore(&mut self, state: &State) -> Result<(), Mismatch> {
        let mut with = StateVisitor {
            direction: Direction::Restore(state),
            prefix: String::new(),
            parts: 0,
        };
        self.visit(&mut with)?;
        let parts = with.parts;
        match state.tensors.len() + state.words.len() + state.rings.len() {
            all if all > parts => Err(Mismatch::Unknown(all - parts)),
            _ => Ok(()),
        }
    }
}

/// A pass over the parts of a value, which saves or restores them.
#[derive(Debug)]
pub struct StateVisitor<'s> {
    direction: Direction<'s>,
    prefix: String,
    parts: usize,
}

#[derive(Debug)]
enum Direction<'s> {
    Save(&'s mut State, &'s BTreeMap<String, u64>),
    Restore(&'s State),
}

impl StateVisitor<'_> {
    /// Visits a value with parts of its own, whose names continue the path `name`.
    pub fn part(&mut self, name: &str, part: &mut dyn Stateful) -> Result<(), Mismatch> {
        let outer = self.prefix.len();
        self.prefix.push_str(name);
        self.prefix.push('.');
        part.visit(self)?;
        self.prefix.truncate(outer);
        Ok(())
    }

    /// Visits a tensor of fixed shape. Restoring copies into its memory, which other tensors may share.
    pub fn tensor(&mut self, name: &str, tensor: &mut Tensor) -> Result<(), Mismatch> {
        let name = self.name(name);
        match &mut self.direction {
            Direction::Save(state, _) => {
                state.tensors.insert(name, tensor.detach().copy());
            }
            Direction::Restore(state) => {
                let saved = found(&state.tensors, name.clone())?;
                same(name, tensor.size(), saved.size())?;
                no_grad(|| tensor.copy_(saved));
            }
        }
        Ok(())
    }

    /// Visits any number of rows `[N, width]`, stored one after the other.
    pub fn rows(&mut self, name: &str, width: usize, rows: &mut Vec<f32>) -> Result<(), Mismatch> {
        let name = self.name(name);
        match &mut self.direction {
            Direction::Save(state, _) => {
                let saved =
                    Tensor::from_slice(rows).view([(rows.len() / width) as i64, width as i64]);
                state.tensors.insert(name, saved);
            }
            Direction::Restore(state) => {
                let saved = found(&state.tensors, name.clone())?;
                let size = saved.size();
                same(name, vec![size[0], width as i64], size)?;
                let saved = saved.to_kind(Kind::Float).contiguous().view([-1]);
                rows.resize(saved.numel(), 0.0);
                saved.copy_data(rows, saved.numel());
            }
        }
        Ok(())
    }

    /// Visits a ring buffer. A checkpoint saves only its new rows, so that a large buffer costs little.
    pub fn ring(&mut self, name: &str, ring: Ring<'_>) -> Result<(), Mismatch> {
        let name = self.name(name);
        let Ring {
            width,
            capacity,
            recorded,
            rows,
        } = ring;
        match &mut self.direction {
            Direction::Save(state, saved) => {
                let oldest = *recorded - (rows.len() / width) as u64;
                let first = saved.get(&name).map_or(oldest, |&saved| saved.max(oldest));
                let mut values = Vec::with_capacity((*recorded - first) as usize * width);
                for index in first..*recorded {
                    let place = (index % capacity as u64) as usize * width;
                    values.extend_from_slice(&rows[place..place + width]);
                }
                let saved = RingRows {
                    width,
                    capacity,
                    oldest,
                    first,
                    values,
                };
                state.rings.insert(name, saved);
            }
            Direction::Restore(state) => {
                let saved = found(&state.rings, name.clone())?;
                let size = |width: usize, capacity: usize, rows: u64| {
                    [width as i64, capacity as i64, rows as i64].to_vec()
                };
                let held = saved.end() - saved.first;
                let expected = size(width, capacity, saved.end().min(capacity as u64));
                same(name, expected, size(saved.width, saved.capacity, held))?;
                *recorded = saved.end();
                rows.resize(saved.values.len(), 0.0);
                for (index, row) in (saved.first..).zip(saved.values.chunks_exact(width)) {
                    let place = (index % capacity as u64) as usize * width;
                    rows[place..place + width].copy_from_slice(row);
                }
            }
        }
        Ok(())
    }

    /// Visits a queue. A checkpoint saves only its new rows.
    pub fn queue(&mut self, name: &str, queue: Queue<'_>) -> Result<(), Mismatch> {
        let name = self.name(name);
        let Queue {
            width,
            capacity,
            dropped,
            rows,
        } = queue;
        match &mut self.direction {
            Direction::Save(state, saved) => {
                let oldest = *dropped;
                let first = saved.get(&name).map_or(oldest, |&saved| saved.max(oldest));
                let new = rows.iter().skip((first - oldest) as usize);
                let saved = RingRows {
                    width,
                    capacity,
                    oldest,
                    first,
                    values: new.flatten().copied().collect(),
                };
                state.rings.insert(name, saved);
            }
            Direction::Restore(state) => {
                let saved = found(&state.rings, name.clone())?;
                let size = |width: usize, capacity: usize| [width as i64, capacity as i64].to_vec();
                same(
                    name,
                    size(width, capacity),
                    size(saved.width, saved.capacity),
                )?;
                *dropped = saved.first;
                *rows = saved.values.chunks_exact(width).map(Vec::from).collect();
            }
        }
        Ok(())
    }

    /// Visits a fixed number of integers.
    pub fn words(&mut self, name: &str, words: &mut [u64]) -> Result<(), Mismatch> {
        let name = self.name(name);
        match &mut self.direction {
            Direction::Save(state, _) => {
                state.words.insert(name, words.to_vec());
            }
            Direction::Restore(state) => {
                let saved = found(&state.words, name.clone())?;
                same(name, vec![words.len() as i64], vec![saved.len() as i64])?;
                words.copy_from_slice(saved);
            }
        }
        Ok(())
    }

    /// Visits a counter.
    pub fn count(&mut self, name: &str, count: &mut u64) -> Result<(), Mismatch> {
        self.words(name, std::slice::from_mut(count))
    }

    /// Visits a double-precision number, exactly.
    pub fn number(&mut self, name: &str, number: &mut f64) -> Result<(), Mismatch> {
        let mut bits = number.to_bits();
        self.count(name, &mut bits)?;
        *number = f64::from_bits(bits);
        Ok(())
    }

    /// Visits a fixed number of double-precision numbers, exactly.
    pub fn numbers(&mut self, name: &str, numbers: &mut [f64]) -> Result<(), Mismatch> {
        let mut bits: Vec<u64> = numbers.iter().map(|number| number.to_bits()).collect();
        self.words(name, &mut bits)?;
        for (number, bits) in numbers.iter_mut().zip(bits) {
            *number = f64::from_bits(bits);
        }
        Ok(())
    }

    /// Visits a truth value.
    pub fn flag(&mut self, name: &str, flag: &mut bool) -> Result<(), Mismatch> {
        let mut word = u64::from(*flag);
        self.count(name, &mut word)?;
        *flag = word != 0;
        Ok(())
    }

    fn name(&mut self, name: &str) -> String {
        self.parts += 1;
        format!("{}{name}", self.prefix)
    }
}

fn found<T>(parts: &BTreeMap<String, T>, name: String) -> Result<&T, Mismatch> {
    parts.get(&name).ok_or(Mismatch::Missing(name))
}

fn same(name: String, expected: Vec<i64>, found: Vec<i64>) -> Result<(), Mismatch> {
    if expected == found {
        return Ok(());
    }
    Err(Mismatch::Size {
        name,
        expected,
        found,
    })
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::api::{Declaration, Init, Streams, Weights};

    fn streams(seed: u64) -> Streams {
        Streams::new(&[seed, 2], "test", Device::Cpu)
    }

    fn weights(seed: u64, width: i64) -> Weights {
        let declared = [Declaration::new("a", &[width], Init::Uniform(1.0))];
        Weights::new(&declared, &mut streams(seed), Device::Cpu)
    }

    #[test]
    fn a_restored_stream_continues_where_it_was_saved() {
        let mut one = streams(1);
        let _ = one.normal(&[2, 37]);
        let saved = one.save();
        let mut other = streams(9);
        other.restore(&saved).unwrap();
        assert!(one.normal(&[2, 50]).equal(&other.normal(&[2, 50])));
    }

    #[test]
    fn weights_that_share_memory_with_restored_ones_follow_them() {
        let (mut one, mut other) = (weights(1, 4), weights(2, 4));
        let follower = other.frozen();
        other.restore(&one.save()).unwrap();
        assert!(follower.get("a").equal(&one.get("a").detach()));
    }

    #[test]
    fn a_state_that_does_not_fit_is_refused_with_the_name_of_the_part() {
        let saved = weights(1, 4).save();
        let refused = |saved: &State, width| weights(1, width).restore(saved).unwrap_err();
        assert_eq!(
            refused(&saved, 5).to_string(),
            "a has the size [2, 4] in the state, not [2, 5]"
        );
        assert_eq!(
            refused(&State::default(), 4).to_string(),
            "the state has no a"
        );
        let mut more = saved;
        more.words.insert("steps".to_owned(), vec![1]);
        assert_eq!(refused(&more, 4), Mismatch::Unknown(1));
    }
}
