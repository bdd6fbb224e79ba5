//! Products with a matrix of spikes.
//!
//! The rows of the table that a list of spikes tells of are added up, as long as spikes are rare; if they are not, sums
//! of rows are ([`patterns`]).

use std::cell::Cell;

use super::bits::Bits;
use super::buffer::Buffer;
use super::events::{BLOCK, Events};
use super::lanes::{Lanes, Work, widest};
use super::patterns;
use super::strips::copy;

/// Above this rate of spikes their patterns are quicker than their lists.
const FREQUENT: f64 = 0.25;
/// With fewer sums than this, the sums of patterns are not worth making.
const FEW: usize = 64;

thread_local! {
    static EVENTS: Cell<Option<Events>> = const { Cell::new(None) };
}

/// `out = bits · table + bias`, with `table` `[inputs, width]`. The bits of the result do not depend on which vector
/// instructions there are.
pub fn spikes_times(
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
    // How often a row is used decides whether it is worth copying.
    let often = bits.ones() / bits.width().max(1) > OFTEN;
    let job = Job {
        table,
        width,
        often,
        events: &events,
        bias,
        out,
    };
    // SAFETY: likewise; every index of the events is below the width of the bits, but for what fills a row's last block,
    // which is used only where the table is copied, with a row for it.
    unsafe { widest(job) };
    EVENTS.set(Some(events));
}

/// Registers side by side: as few as leave a table's part of their columns in the first-level cache.
const SIDE_BY_SIDE: usize = 2;
/// Sums that run at the same time, because an addition takes longer than it takes to begin the next one. How a sum is
/// split into them decides its rounding, so it is the same for all instructions.
const IN_TURN: usize = 2;
/// A row that is used more often than this is worth a copy.
const OFTEN: usize = 3;

struct Job<'a> {
    /// A matrix `[inputs, width]` whose rows are to be added up.
    table: &'a [f32],
    width: usize,
    /// Whether its rows are used so often that a copy pays: each strip of columns in the order in which it is read.
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
            // What the lists have behind the last row is a row of zeros here.
            strip[table.len() / width * together..].fill(0.0);
        }
        for column in (0..width).step_by(together) {
            let count = together.min(width - column);
            // SAFETY: the row `i` of the table has `count` numbers at `from + i * stride`, and `together` if it is a copy;
            // that an index is of a row was asserted.
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
    /// The `count` columns from `column` on, with loads of `WHOLE` registers or only of that many numbers, from a table that
    /// is `COPIED` or not.
    #[inline(always)]
    unsafe fn columns<L: Lanes, const COPIED: bool, const WHOLE: bool>(
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
            let mut indices = self.events.indices().as_ptr().cast::<[u32; BLOCK]>();
            let mut to = self.out.as_mut_ptr().add(column);
            for &count in self.events.counts() {
                let mut sums = [begin, [nothing; SIDE_BY_SIDE]];
                // A table that is not a copy has no row of zeros for what fills the last block.
                let (blocks, rest) = match count as usize {
                    count if COPIED => (count.div_ceil(BLOCK), 0),
                    count => (count / BLOCK, count % BLOCK),
                };
                for _ in 0..blocks {
                    for (turn, &index) in (*indices).iter().enumerate() {
                        let from = table.add(index as usize * stride);
                        add::<L, WHOLE>(&mut sums[turn % IN_TURN], from, here);
                    }
                    indices = indices.add(1);
                }
                if rest > 0 {
                    for (turn, &index) in (*indices).iter().take(rest).enumerate() {
                        let from = table.add(index as usize * stride);
                        add::<L, WHOLE>(&mut sums[turn % IN_TURN], from, here);
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

#[inline(always)]
unsafe fn add<L: Lanes, const WHOLE: bool>(
    sums: &mut [L; SIDE_BY_SIDE],
    from: *const f32,
    here: [usize; SIDE_BY_SIDE],
) {
    for (n, sum) in sums.iter_mut().enumerate() {
        let from = from.wrapping_add(n * L::WIDTH);
        // SAFETY: as the caller's.
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
        fn sums_of_rows_are_the_dense_products(
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
            spikes_times(&bits, &table, width, biased.then_some(&bias[..]), &mut out);
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
