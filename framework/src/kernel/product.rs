//! Products with a matrix of spikes: sums of rows.

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

impl Job<'_> {
    /// In strips of columns that fit into registers: 8 of them, then one at a time, then what remains.
    #[inline(always)]
    unsafe fn run<L: Lanes>(mut self) {
        let mut column = 0;
        // SAFETY: strips end at `width`.
        unsafe {
            while column + 8 * L::WIDTH <= self.width {
                self.strip::<L, 8>(column);
                column += 8 * L::WIDTH;
            }
            while column + L::WIDTH <= self.width {
                self.strip::<L, 1>(column);
                column += L::WIDTH;
            }
            if column < self.width {
                self.rest::<L>(column);
            }
        }
    }

    #[inline(always)]
    unsafe fn strip<L: Lanes, const N: usize>(&mut self, column: usize) {
        let width = self.width;
        // SAFETY: every access is to `[row * width + column, + N * L::WIDTH)` of a row that exists.
        unsafe {
            let table = self.table.as_ptr().add(column);
            let zeros = [0.0; 64];
            let begin: [L; N] = std::array::from_fn(|n| match self.bias {
                Some(bias) => L::load(bias.as_ptr().add(column + n * L::WIDTH)),
                None => L::load(zeros.as_ptr()),
            });
            for row in 0..self.events.rows() {
                let mut sum = begin;
                for &index in self.events.row(row) {
                    let from = table.add(index as usize * width);
                    for (n, sum) in sum.iter_mut().enumerate() {
                        *sum = sum.add(L::load(from.add(n * L::WIDTH)));
                    }
                }
                let to = self.out.as_mut_ptr().add(row * width + column);
                for (n, sum) in sum.into_iter().enumerate() {
                    sum.store(to.add(n * L::WIDTH));
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn rest<L: Lanes>(&mut self, column: usize) {
        let width = self.width;
        let count = width - column;
        // SAFETY: every access is to `[row * width + column, (row + 1) * width)` of a row that exists.
        unsafe {
            let table = self.table.as_ptr().add(column);
            let zeros = [0.0; 64];
            let begin = match self.bias {
                Some(bias) => L::load_part(bias.as_ptr().add(column), count),
                None => L::load(zeros.as_ptr()),
            };
            for row in 0..self.events.rows() {
                let mut sum = begin;
                for &index in self.events.row(row) {
                    sum = sum.add(L::load_part(table.add(index as usize * width), count));
                }
                sum.store_part(self.out.as_mut_ptr().add(row * width + column), count);
            }
        }
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
