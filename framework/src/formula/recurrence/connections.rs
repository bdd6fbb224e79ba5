//! Connections within populations of neurons, from each time step to the next.

use crate::formula::vectorise::{Loop, vectorised};

/// The number of sums that are computed side by side, whatever the width of the registers.
const LANES: usize = 16;
type Block = [f32; LANES];

/// Connections within populations of `P` neurons. The populations of an observation lie side by side, each with weights of its
/// own, and so do those of the next observation. What the neurons of a population put out adds to the currents of the same
/// population in the next time step.
#[derive(Debug)]
pub struct Connections {
    size: usize,
    onward: Table,
    back: Table,
}

impl Connections {
    /// The largest populations that can be connected: one must fit among the neurons that are computed together.
    pub const LARGEST: usize = 256;

    /// Connections with the weights `[G, P, P]` (from, to) for the `G` populations of `size` neurons of an observation.
    ///
    /// # Panics
    /// If the weights are not of this shape, or a population is larger than [`LARGEST`](Self::LARGEST).
    pub fn new(weights: &[f32], size: usize) -> Self {
        assert!((1..=Self::LARGEST).contains(&size));
        assert_eq!(weights.len() % (size * size), 0);
        let square = size * size;
        Self {
            size,
            onward: Table::new(weights.len() / square, size, |group, from, to| {
                weights[group * square + from * size + to]
            }),
            back: Table::new(weights.len() / square, size, |group, from, to| {
                weights[group * square + to * size + from]
            }),
        }
    }

    /// The number of neurons in a population.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Adds what the `outputs` of a step cause to the `currents` of the next, for whole populations from `start` on, counted in
    /// neurons through all observations.
    pub fn feed(&self, start: usize, outputs: &[f32], currents: &mut [f32]) {
        self.onward.multiply(start / self.size, outputs, currents);
    }

    /// The adjoint of [`feed`](Self::feed): adds what the gradients of the currents of a step cause to those of the outputs of
    /// the step before.
    pub fn feed_back(&self, start: usize, d_currents: &[f32], d_outputs: &mut [f32]) {
        self.back.multiply(start / self.size, d_currents, d_outputs);
    }

    /// Adds to the currents `[T, places]` what the outputs `[T, places]` cause.
    pub fn feed_all(&self, outputs: &[f32], currents: &mut [f32], places: usize) {
        let steps = outputs.chunks_exact(places);
        for (outputs, currents) in steps.zip(currents.chunks_exact_mut(places).skip(1)) {
            self.feed(0, outputs, currents);
        }
    }

    /// Writes the gradient of the weights `[G, P, P]` from the outputs and the gradients of the currents, both
    /// `[T, places]`.
    pub fn weigh(&self, outputs: &[f32], d_currents: &[f32], places: usize, d_weights: &mut [f32]) {
        let (size, blocks) = (self.size, self.onward.blocks);
        let mut sums = vec![[0.0; LANES]; self.onward.rows.len()];
        vectorised(Weigh {
            size,
            outputs,
            d_currents: d_currents.get(places..).unwrap_or_default(),
            sums: &mut sums,
        });
        let rows = d_weights
            .chunks_exact_mut(size)
            .zip(sums.chunks_exact(blocks));
        for (row, sums) in rows {
            row.copy_from_slice(&sums.as_flattened()[..size]);
        }
    }
}

/// Rows of weights, each filled up with zeros to whole blocks.
#[derive(Debug)]
struct Table {
    groups: usize,
    size: usize,
    /// The number of blocks in a row.
    blocks: usize,
    /// `[G, P, blocks]`
    rows: Vec<Block>,
}

impl Table {
    fn new(groups: usize, size: usize, weight: impl Fn(usize, usize, usize) -> f32) -> Self {
        let blocks = size.div_ceil(LANES);
        let mut rows = vec![[0.0; LANES]; groups * size * blocks];
        for (index, row) in rows.chunks_exact_mut(blocks).enumerate() {
            let row = row.as_flattened_mut()[..size].iter_mut().enumerate();
            row.for_each(|(to, place)| *place = weight(index / size, index % size, to));
        }
        Self {
            groups,
            size,
            blocks,
            rows,
        }
    }

    fn multiply(&self, first: usize, from: &[f32], to: &mut [f32]) {
        let table = self;
        vectorised(Multiply {
            table,
            first,
            from,
            to,
        });
    }
}

struct Multiply<'a> {
    table: &'a Table,
    /// The number of the first population.
    first: usize,
    from: &'a [f32],
    to: &'a mut [f32],
}

impl Loop for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Table {
            groups,
            size,
            blocks,
            ..
        } = *self.table;
        let populations = self.from.chunks_exact(size);
        let mut group = self.first % groups;
        for (from, to) in populations.zip(self.to.chunks_exact_mut(size)) {
            let rows = &self.table.rows[group * size * blocks..][..size * blocks];
            for (block, to) in to.chunks_mut(LANES).enumerate() {
                let mut sums = [0.0; LANES];
                for (&factor, row) in from.iter().zip(rows[block..].iter().step_by(blocks)) {
                    add_multiple(&mut sums, factor, row);
                }
                to.iter_mut().zip(sums).for_each(|(to, sum)| *to += sum);
            }
            group = if group + 1 == groups { 0 } else { group + 1 };
        }
    }
}

struct Weigh<'a> {
    size: usize,
    /// From the first step on.
    outputs: &'a [f32],
    /// From the second step on.
    d_currents: &'a [f32],
    /// `[G, P, blocks]`
    sums: &'a mut [Block],
}

impl Loop for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let size = self.size;
        let each = size * size.div_ceil(LANES);
        let groups = (self.sums.len() / each).max(1);
        let outputs = self.outputs.chunks_exact(size);
        let mut group = 0;
        for (outputs, d_currents) in outputs.zip(self.d_currents.chunks_exact(size)) {
            let sums = &mut self.sums[group * each..][..each];
            for (block, d_currents) in d_currents.chunks(LANES).enumerate() {
                let mut padded = [0.0; LANES];
                let places = padded.iter_mut().zip(d_currents);
                places.for_each(|(place, &value)| *place = value);
                let sums = sums[block..].iter_mut().step_by(size.div_ceil(LANES));
                for (&output, sums) in outputs.iter().zip(sums) {
                    add_multiple(sums, output, &padded);
                }
            }
            group = if group + 1 == groups { 0 } else { group + 1 };
        }
    }
}

#[inline(always)]
fn add_multiple(sums: &mut Block, factor: f32, row: &Block) {
    for (sum, value) in sums.iter_mut().zip(row) {
        *sum += factor * value;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut draw = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0 - 0.5
        };
        (0..count).map(|_| draw()).collect()
    }

    proptest! {
        #[test]
        fn connections_and_their_adjoints_agree_with_double_precision(
            (groups, size) in (1usize..4, prop::sample::select(vec![1usize, 3, 10, 16, 17, 40])),
            (batch, steps) in (1usize..7, 1usize..5),
            seed in 0u32..1000,
        ) {
            let places = batch * groups * size;
            let weights = numbers(groups * size * size, seed);
            let outputs = numbers(steps * places, !seed);
            let given = numbers(steps * places, seed ^ 0x5555);
            let connections = Connections::new(&weights, size);
            let weight = |group: usize, from: usize, to: usize| {
                f64::from(weights[(group * size + from) * size + to])
            };
            let near = |found: f32, wanted: f64| (f64::from(found) - wanted).abs() < 1e-5;

            let (mut currents, mut back) = (given.clone(), given.clone());
            connections.feed_all(&outputs, &mut currents, places);
            connections.feed_back(0, &outputs[..places], &mut back[..places]);
            let mut wanted = vec![0.0; weights.len()];
            for place in 0..steps * places {
                let population = place / size * size;
                let (group, to) = (population / size % groups, place - population);
                let mut sums = [f64::from(given[place]); 2];
                for other in 0..size {
                    if place >= places {
                        let before = f64::from(outputs[population + other - places]);
                        sums[0] += before * weight(group, other, to);
                        wanted[(group * size + other) * size + to] += before * f64::from(given[place]);
                    }
                    if place < places {
                        sums[1] += f64::from(outputs[population + other]) * weight(group, to, other);
                    }
                }
                prop_assert!(near(currents[place], sums[0]), "{} {}", currents[place], sums[0]);
                prop_assert!(near(back[place], sums[1]), "{} {}", back[place], sums[1]);
            }
            let mut found = vec![f32::NAN; weights.len()];
            connections.weigh(&outputs, &given, places, &mut found);
            for (found, wanted) in found.iter().zip(wanted) {
                prop_assert!(near(*found, wanted), "{found} {wanted}");
            }

            // A part of the populations, from any one on, gets the same to the last bit.
            for from in (0..places).step_by(size) {
                let mut part = given[..places - from].to_vec();
                connections.feed(from, &outputs[from..places], &mut part);
                let mut whole = given.clone();
                whole.copy_within(..places - from, from);
                connections.feed(0, &outputs[..places], &mut whole[..places]);
                prop_assert_eq!(&part[..], &whole[from..places]);
            }
        }
    }
}
