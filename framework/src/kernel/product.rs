//! Products with a matrix of spikes: sums of rows.

use std::ops::Range;

use super::events::Events;
use super::lanes::{Four, Lanes};
use crate::api::Instructions;

/// Columns that are worked on together: few enough that their part of a table stays in the first-level cache.
const STRIP: usize = 32;
/// Registers side by side.
const SIDE_BY_SIDE: usize = 2;
/// Sums that run at the same time, because an addition takes longer than it takes to begin the next one. How a sum is
/// split into them decides its rounding, so it is the same for all instructions.
const IN_TURN: usize = 4;
/// Numbers in a cache line; a register that lies across two of them takes two loads.
const LINE: usize = 16;

/// A matrix `[inputs, width]` whose rows are to be added up, `rows` sums of them.
#[derive(Debug)]
pub struct Table<'a> {
    values: &'a [f32],
    inputs: usize,
    width: usize,
    /// Copies of strips, each `[inputs, STRIP]`, from strip `first` on: of all if the rows are used often, else of
    /// one that is narrower than the others.
    copies: Vec<f32>,
    aligned: usize,
    first: usize,
}

impl<'a> Table<'a> {
    /// Over these values, for about that many sums.
    pub fn new(values: &'a [f32], width: usize, rows: usize) -> Self {
        let inputs = values.len() / width.max(1);
        assert_eq!(values.len(), inputs * width);
        let first = if rows > 16 { 0 } else { width / STRIP };
        let strips = width.div_ceil(STRIP) - first;
        let mut copies: Vec<f32> = Vec::with_capacity(strips * inputs * STRIP + LINE);
        let aligned = copies.as_ptr().align_offset(LINE * size_of::<f32>());
        copies.resize(aligned, 0.0);
        for column in (first * STRIP..width).step_by(STRIP) {
            let count = STRIP.min(width - column);
            for row in values.chunks_exact(width) {
                copies.extend_from_slice(&row[column..][..count]);
                copies.extend_from_slice(&[0.0; STRIP][count..]);
            }
        }
        Self {
            values,
            inputs,
            width,
            copies,
            aligned,
            first,
        }
    }

    /// `out[r] = bias + Σ table[i]` over the ones `i` of these rows of `events`: spikes `[rows, inputs]` times the
    /// table.
    pub fn sum_chosen_rows(
        &self,
        events: &Events,
        rows: Range<usize>,
        bias: Option<&[f32]>,
        out: &mut [f32],
    ) {
        assert!(events.width() == self.inputs && rows.end <= events.rows());
        assert_eq!(out.len(), rows.len() * self.width);
        assert!(bias.is_none_or(|bias| bias.len() == self.width));
        let job = Job {
            table: self,
            events,
            rows,
            bias,
            out,
        };
        match Instructions::here() {
            // SAFETY: `here` says so only after the CPU did; the sizes are asserted above, and every index of `events`
            // is below its width.
            #[cfg(all(avx512, target_arch = "x86_64"))]
            Instructions::Avx512 => unsafe { avx512(job) },
            // SAFETY: likewise.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { avx2(job) },
            // SAFETY: likewise.
            _ => unsafe { job.run::<Four>() },
        }
    }
}

/// The other way round: `out[i] = Σ errors[r]` over the rows `r` in which input `i` has a one: transposed spikes times
/// `errors` `[rows, width]`.
pub fn sum_rows_by_source(events: &Events, errors: &[f32], width: usize, out: &mut [f32]) {
    let sources = events.transposed();
    let often = sources.count() / events.rows().max(1);
    Table::new(errors, width, often).sum_chosen_rows(&sources, 0..sources.rows(), None, out);
}

struct Job<'a> {
    table: &'a Table<'a>,
    events: &'a Events,
    rows: Range<usize>,
    bias: Option<&'a [f32]>,
    out: &'a mut [f32],
}

#[cfg(all(avx512, target_arch = "x86_64"))]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn avx512(job: Job<'_>) {
    // SAFETY: as the caller's.
    unsafe { job.run::<std::arch::x86_64::__m512>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn avx2(job: Job<'_>) {
    // SAFETY: as the caller's.
    unsafe { job.run::<std::arch::x86_64::__m256>() }
}

impl Job<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(mut self) {
        let Table {
            values,
            inputs,
            width,
            first,
            ..
        } = *self.table;
        let copies = &self.table.copies[self.table.aligned..];
        let together = SIDE_BY_SIDE * L::WIDTH;
        for column in (0..width).step_by(together) {
            let (strip, within) = (column / STRIP, column % STRIP);
            let (from, stride) = if strip >= first {
                (&copies[(strip - first) * inputs * STRIP..], STRIP)
            } else {
                (values, width)
            };
            let offset = if strip >= first { within } else { column };
            let from = from.as_ptr().wrapping_add(offset);
            let count = together.min(width - column);
            // SAFETY: the row `i` of the table has `together` numbers at `from + i * stride`, because a strip that is
            // narrower was copied; that an index is of a row was asserted.
            unsafe { self.columns::<L>(from, stride, column, count) }
        }
    }

    /// The `count` columns from `column` on.
    #[inline(always)]
    unsafe fn columns<L: Lanes>(
        &mut self,
        table: *const f32,
        stride: usize,
        column: usize,
        count: usize,
    ) {
        // SAFETY: loads from the table are the caller's promise; those of the bias and stores to the rows of `out` are
        // of `count` numbers from `column` on, which is at most `width`.
        unsafe {
            let here: [usize; SIDE_BY_SIDE] = [
                L::WIDTH.min(count),
                count.saturating_sub(L::WIDTH).min(L::WIDTH),
            ];
            let nothing = L::load_part(table, 0);
            let mut begin = [nothing; SIDE_BY_SIDE];
            if let Some(bias) = self.bias {
                for n in 0..SIDE_BY_SIDE {
                    let from = bias.as_ptr().wrapping_add(column + n * L::WIDTH);
                    begin[n] = L::load_part(from, here[n]);
                }
            }
            let mut to = self.out.as_mut_ptr().add(column);
            for row in self.rows.start..self.rows.end {
                let mut sums = [[nothing; SIDE_BY_SIDE]; IN_TURN];
                sums[0] = begin;
                let (in_turn, rest) = self.events.row(row).as_chunks::<IN_TURN>();
                for indices in in_turn {
                    for turn in 0..IN_TURN {
                        add::<L>(&mut sums[turn], table.add(indices[turn] as usize * stride));
                    }
                }
                for &index in rest {
                    add::<L>(&mut sums[0], table.add(index as usize * stride));
                }
                for n in 0..SIDE_BY_SIDE {
                    let sum = (sums[0][n].add(sums[1][n])).add(sums[2][n].add(sums[3][n]));
                    let to = to.wrapping_add(n * L::WIDTH);
                    if here[n] == L::WIDTH {
                        sum.store(to);
                    } else {
                        sum.store_part(to, here[n]);
                    }
                }
                to = to.wrapping_add(self.table.width);
            }
        }
    }
}

#[inline(always)]
unsafe fn add<L: Lanes>(sums: &mut [L; SIDE_BY_SIDE], from: *const f32) {
    for (n, sum) in sums.iter_mut().enumerate() {
        // SAFETY: as the caller's.
        *sum = unsafe { sum.add(L::load(from.add(n * L::WIDTH))) };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sums_of_rows_are_the_dense_products(
            (rows, inputs, width) in (1usize..12, 1usize..90, 1usize..300),
            seed in 0u32..1000,
        ) {
            let mut state = seed;
            let mut draw = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 16_777_216.0
            };
            let spikes: Vec<f32> =
                (0..rows * inputs).map(|_| f32::from(draw() < 0.3)).collect();
            let table: Vec<f32> = (0..inputs * width).map(|_| draw() - 0.5).collect();
            let errors: Vec<f32> = (0..rows * width).map(|_| draw() - 0.5).collect();
            let bias: Vec<f32> = (0..width).map(|_| draw() - 0.5).collect();
            let mut events = Events::new(inputs);
            prop_assert!(events.append(&spikes));
            let mut out = vec![f32::NAN; rows * width];
            // In two parts, and once more for the path without copies.
            let half = rows / 2;
            let (before, after) = out.split_at_mut(half * width);
            let often = Table::new(&table, width, 1000);
            often.sum_chosen_rows(&events, 0..half, Some(&bias), before);
            often.sum_chosen_rows(&events, half..rows, Some(&bias), after);
            let mut again = vec![f32::NAN; rows * width];
            let seldom = Table::new(&table, width, 1);
            seldom.sum_chosen_rows(&events, 0..rows, Some(&bias), &mut again);
            prop_assert_eq!(&out, &again);
            for row in 0..rows {
                for column in 0..width {
                    let dense = (0..inputs)
                        .map(|i| f64::from(spikes[row * inputs + i] * table[i * width + column]))
                        .sum::<f64>() + f64::from(bias[column]);
                    prop_assert!((f64::from(out[row * width + column]) - dense).abs() < 1e-4);
                }
            }
            let mut out = vec![f32::NAN; inputs * width];
            sum_rows_by_source(&events, &errors, width, &mut out);
            for input in 0..inputs {
                for column in 0..width {
                    let dense = (0..rows)
                        .map(|r| f64::from(spikes[r * inputs + input] * errors[r * width + column]))
                        .sum::<f64>();
                    prop_assert!((f64::from(out[input * width + column]) - dense).abs() < 1e-4);
                }
            }
        }
    }
}
