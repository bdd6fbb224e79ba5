//! Products with a matrix of spikes: sums of rows.

use std::cell::RefCell;

use super::events::Events;
use super::lanes::{Four, Lanes};
use crate::api::Instructions;

/// `out[r] = bias + Σ table[i]` over the ones `i` of row `r`: spikes `[rows, inputs]` times `table` `[inputs, width]`.
pub fn sum_chosen_rows(
    events: &Events,
    inputs: usize,
    table: &[f32],
    bias: Option<&[f32]>,
    width: usize,
    out: &mut [f32],
) {
    assert_eq!(table.len(), inputs * width);
    assert_eq!(out.len(), events.rows() * width);
    assert!(bias.is_none_or(|bias| bias.len() == width));
    let job = Job {
        events,
        table,
        bias,
        width,
        out,
    };
    match Instructions::here() {
        // SAFETY: `here` says so only after the CPU did; the sizes are asserted above, and every index of `events`
        // is below `inputs` because it stems from rows of that width.
        #[cfg(all(avx512, target_arch = "x86_64"))]
        Instructions::Avx512 => unsafe { avx512(job) },
        // SAFETY: likewise.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { avx2(job) },
        // SAFETY: likewise.
        _ => unsafe { job.run::<Four>() },
    }
}

/// The other way round: `out[i] = Σ errors[r]` over the rows `r` in which input `i` has a one: transposed spikes times
/// `errors` `[rows, width]`.
pub fn sum_rows_by_source(
    events: &Events,
    inputs: usize,
    errors: &[f32],
    width: usize,
    out: &mut [f32],
) {
    let sources = events.transposed(inputs);
    sum_chosen_rows(&sources, events.rows(), errors, None, width, out);
}

struct Job<'a> {
    events: &'a Events,
    table: &'a [f32],
    bias: Option<&'a [f32]>,
    width: usize,
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

/// Registers side by side: so few columns at a time that their part of the table stays in the first-level cache.
const SIDE_BY_SIDE: usize = 2;
/// Sums that run at the same time, because an addition takes longer than it takes to begin the next one. How a sum is
/// split into them decides its rounding, so it is the same for all instructions.
const IN_TURN: usize = 4;

/// Numbers in a cache line; a register that lies across two of them takes two loads.
const LINE: usize = 16;

thread_local! {
    static PACKED: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

impl Job<'_> {
    /// Strip by strip of columns. The table's part of a strip is copied to one place first where its rows are used
    /// more than once or twice, or where it is narrower than a strip.
    #[inline(always)]
    unsafe fn run<L: Lanes>(mut self) {
        let strip = SIDE_BY_SIDE * L::WIDTH;
        let inputs = self.table.len() / self.width.max(1);
        let often = self.events.count() > 2 * inputs;
        // Taken and put back, because a closure would not be compiled for this function's instructions.
        let mut memory = PACKED.take();
        memory.resize(inputs * strip + LINE, 0.0);
        let aligned = memory.as_ptr().align_offset(LINE * size_of::<f32>());
        let packed = &mut memory[aligned..][..inputs * strip];
        for column in (0..self.width).step_by(strip) {
            let count = strip.min(self.width - column);
            if count == strip && !often {
                let table = &self.table[column.min(self.table.len())..];
                // SAFETY: an index `i` is of a row that exists, of which `strip` numbers from `column` on are read.
                unsafe { self.strip::<L>(table, self.width, column, count) }
            } else {
                let rows = self.table.chunks_exact(self.width);
                for (into, from) in packed.chunks_exact_mut(strip).zip(rows) {
                    into[..count].copy_from_slice(&from[column..][..count]);
                }
                // SAFETY: an index is of a row that exists, and there is a copy of `strip` numbers of each.
                unsafe { self.strip::<L>(packed, strip, column, count) }
            }
        }
        PACKED.set(memory);
    }

    /// The `count` columns from `column` on. The row `i` of `table` begins at `i * stride`.
    #[inline(always)]
    unsafe fn strip<L: Lanes>(
        &mut self,
        table: &[f32],
        stride: usize,
        column: usize,
        count: usize,
    ) {
        // SAFETY: loads from the table are the caller's promise; those of the bias and stores to the rows of `out` are
        // of `count` numbers from `column` on, which is at most `width`.
        unsafe {
            let table = table.as_ptr();
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
            for row in 0..self.events.rows() {
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
                    let to = self
                        .out
                        .as_mut_ptr()
                        .wrapping_add(row * self.width + column);
                    let to = to.wrapping_add(n * L::WIDTH);
                    if here[n] == L::WIDTH {
                        sum.store(to);
                    } else {
                        sum.store_part(to, here[n]);
                    }
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn add<L: Lanes>(sums: &mut [L; SIDE_BY_SIDE], from: *const f32) {
    for n in 0..SIDE_BY_SIDE {
        // SAFETY: as the caller's.
        sums[n] = unsafe { sums[n].add(L::load(from.add(n * L::WIDTH))) };
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
            let events = Events::of(&spikes, inputs).unwrap();
            let mut out = vec![f32::NAN; rows * width];
            sum_chosen_rows(&events, inputs, &table, Some(&bias), width, &mut out);
            for row in 0..rows {
                for column in 0..width {
                    let dense = (0..inputs)
                        .map(|i| f64::from(spikes[row * inputs + i] * table[i * width + column]))
                        .sum::<f64>() + f64::from(bias[column]);
                    prop_assert!((f64::from(out[row * width + column]) - dense).abs() < 1e-4);
                }
            }
            let mut out = vec![f32::NAN; inputs * width];
            sum_rows_by_source(&events, inputs, &errors, width, &mut out);
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
