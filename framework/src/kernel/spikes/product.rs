//! The product of a matrix of spikes with a table of weights.
//!
//! While spikes are rare, the rows of the table at the indices of the spikes are added up. When they are not, precomputed
//! sums of rows are ([`patterns`]).

use std::cell::Cell;

use super::bits::Bits;
use super::events::{BLOCK, Events};
use super::patterns;
use crate::kernel::buffer::Buffer;
use crate::kernel::vector::copies::copy;
use crate::kernel::vector::lanes::{Lanes, Work, widest};

/// Above this rate of spikes, patterns are faster than lists.
const FREQUENT: f64 = 0.25;
/// With fewer rows than this, computing the sums of all patterns does not pay.
const FEW: usize = 64;

thread_local! {
    static EVENTS: Cell<Option<Events>> = const { Cell::new(None) };
}

/// Computes `out = bits · table + bias`, where `table` is `[inputs, width]`. The result is the same to the last bit whichever
/// vector instructions the CPU has.
///
/// # Panics
/// If the shapes do not match.
pub fn spike_product(
    bits: &Bits,
    table: &[f32],
    width: usize,
    bias: Option<&[f32]>,
    out: &mut [f32],
) {
    assert_eq!(table.len(), bits.width() * width);
    assert_eq!(out.len(), bits.rows() * width);
    assert!(bias.is_none_or(|bias| bias.len() == width));
    let rate = bits.ones() as f64 / (bits.rows() * bits.width()).max(1) as f64;
    if rate > FREQUENT && bits.rows() >= FEW {
        let mut sums = patterns::Job::memory();
        let job = patterns::Job {
            bits,
            table,
            width,
            bias,
            out,
            sums: &mut sums,
        };
        // SAFETY: the sizes are asserted above.
        return unsafe { widest(job) };
    }
    let mut events = EVENTS.take().unwrap_or_default();
    events.list(bits);
    // Copying the table pays if its rows are used often enough.
    let often = bits.ones() / bits.width().max(1) > OFTEN;
    let job = Job {
        table,
        width,
        often,
        events: &events,
        bias,
        out,
    };
    // SAFETY: the sizes are asserted above. The indices of the events are below the width of the bits, except for the padding
    // of a row's last block, which is read only from a copy of the table, where it has a row of its own.
    unsafe { widest(job) };
    EVENTS.set(Some(events));
}

/// The number of registers side by side: so few that their columns of the table stay in the first-level cache.
const SIDE_BY_SIDE: usize = 2;
/// Partial sums that are accumulated side by side, because the next addition can begin before the last one has ended. How a
/// sum is split into them determines its rounding, so the number is the same for all instructions.
const CHAINS: usize = 2;
/// Copying the table pays if its rows are used more often than this on average.
const OFTEN: usize = 3;

struct Job<'a> {
    /// The matrix `[inputs, width]` whose rows are added up.
    table: &'a [f32],
    width: usize,
    /// Whether the rows are used so often that copying each strip of columns pays.
    often: bool,
    events: &'a Events,
    bias: Option<&'a [f32]>,
    out: &'a mut [f32],
}

impl Work for Job<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(mut self) {
        let Self { table, width, .. } = self;
        let together = SIDE_BY_SIDE * L::WIDTH;
        let mut strip = self
            .often
            .then(|| Buffer::of((table.len() / width + 1) * together));
        if let Some(strip) = &mut strip {
            // The padding of the lists refers to the row behind the last one, which is zeros here.
            strip[table.len() / width * together..].fill(0.0);
        }
        for column in (0..width).step_by(together) {
            let count = together.min(width - column);
            // SAFETY: row `i` of the table has `count` numbers from `column` on, and row `i` of a copy has `together`. The
            // caller promises that the indices are those of rows.
            unsafe {
                if let Some(strip) = &mut strip {
                    copy::<L>(table, width, column, count, strip.as_mut_ptr());
                    self.columns::<L, true, true>(strip.as_ptr(), together, column, count);
                } else if count == together {
                    self.columns::<L, false, true>(table[column..].as_ptr(), width, column, count);
                } else {
                    self.columns::<L, false, false>(table[column..].as_ptr(), width, column, count);
                }
            }
        }
    }
}

impl Job<'_> {
    /// Computes the `count` columns from `column` on, from a table that is `COPIED` or not, with loads of `WHOLE` registers or
    /// of only as many numbers as there are.
    #[inline(always)]
    unsafe fn columns<L: Lanes, const COPIED: bool, const WHOLE: bool>(
        &mut self,
        table: *const f32,
        stride: usize,
        column: usize,
        count: usize,
    ) {
        // SAFETY: the caller promises that the rows of the table can be loaded; the bias and the rows of `out` have `count`
        // numbers from `column` on.
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
            let mut indices = self.events.indices().as_ptr().cast::<[u32; BLOCK]>();
            let mut to = self.out.as_mut_ptr().add(column);
            for &count in self.events.counts() {
                let mut sums = [begin, [nothing; SIDE_BY_SIDE]];
                // A table that is not a copy has no row of zeros for the padding.
                let (blocks, rest) = match count as usize {
                    count if COPIED => (count.div_ceil(BLOCK), 0),
                    count => (count / BLOCK, count % BLOCK),
                };
                for _ in 0..blocks {
                    for (turn, &index) in (*indices).iter().enumerate() {
                        let from = table.add(index as usize * stride);
                        add::<L, WHOLE>(&mut sums[turn % CHAINS], from, here);
                    }
                    indices = indices.add(1);
                }
                if rest > 0 {
                    for (turn, &index) in (*indices).iter().take(rest).enumerate() {
                        let from = table.add(index as usize * stride);
                        add::<L, WHOLE>(&mut sums[turn % CHAINS], from, here);
                    }
                    indices = indices.add(1);
                }
                for n in 0..SIDE_BY_SIDE {
                    let sum = sums[0][n].add(sums[1][n]);
                    let to = to.wrapping_add(n * L::WIDTH);
                    if here[n] == L::WIDTH {
                        sum.store(to);
                    } else {
                        sum.store_part(to, here[n]);
                    }
                }
                to = to.wrapping_add(self.width);
            }
        }
    }
}

/// Adds two registers of a row of the table to the sums.
#[inline(always)]
unsafe fn add<L: Lanes, const WHOLE: bool>(
    sums: &mut [L; SIDE_BY_SIDE],
    from: *const f32,
    here: [usize; SIDE_BY_SIDE],
) {
    for (n, sum) in sums.iter_mut().enumerate() {
        let from = from.wrapping_add(n * L::WIDTH);
        // SAFETY: the caller promises that the numbers can be loaded.
        unsafe {
            let numbers = if WHOLE {
                L::load(from)
            } else {
                L::load_part(from, here[n])
            };
            *sum = sum.add(numbers);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn products_with_spikes_agree_with_dense_products(

            (rows, inputs, width) in (1usize..90, 1usize..150, 1usize..100),
            rate in prop::sample::select(vec![0.0f32, 0.05, 0.3, 0.6, 1.0]),
            biased: bool,
            seed in 0u32..1000,
        ) {
            let mut state = seed;
            let mut draw = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 16_777_216.0
            };
            let spikes: Vec<f32> =
                (0..rows * inputs).map(|_| f32::from(draw() < rate)).collect();
            let table: Vec<f32> = (0..inputs * width).map(|_| draw() - 0.5).collect();
            let bias: Vec<f32> = (0..width).map(|_| draw() - 0.5).collect();
            let bits = Bits::of(&spikes, inputs).unwrap();
            let mut out = vec![f32::NAN; rows * width];
            spike_product(&bits, &table, width, biased.then_some(&bias[..]), &mut out);
            for row in 0..rows {
                for column in 0..width {
                    let terms = (0..inputs).map(|input| {
                        f64::from(spikes[row * inputs + input])
                            * f64::from(table[input * width + column])
                    });
                    let begin = if biased { f64::from(bias[column]) } else { 0.0 };
                    let wanted = begin + terms.sum::<f64>();
                    prop_assert!((f64::from(out[row * width + column]) - wanted).abs() < 1e-4);
                }
            }
        }
    }
}
