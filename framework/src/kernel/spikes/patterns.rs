//! Products with spikes that are not rare. The rows of the table are taken in groups of five. For each group the sums of its
//! rows are computed for all 32 patterns of spikes; a row of the result then adds up one such sum for every group.
//!
//! This is the method of Arlazarov, Dinic, Kronrod and Faradzhev (1970) for boolean matrices.

use super::bits::{Bits, WORD};
use crate::kernel::buffer::Buffer;
use crate::kernel::vector::lanes::{Lanes, Work};

/// The number of inputs in a group.
const GROUP: usize = 5;
/// The number of patterns of a group.
const PATTERNS: usize = 1 << GROUP;
/// The number of groups in a word. The last one has four inputs.
const GROUPS: usize = WORD.div_ceil(GROUP);
/// The number of groups of a last word that is at most about half full, which takes half the work.
const HALF: usize = 8;
/// The number of columns that are computed together, the same for all instructions. The sums of a word's groups for this many
/// columns take 26 KiB, most of a first-level cache.
const STRIP: usize = 16;
/// Partial sums that are accumulated side by side. How a sum is split into them determines its rounding.
const CHAINS: usize = 4;

/// The product `out = bits · table + bias`, where `table` is `[inputs, width]`.
pub(super) struct Job<'a> {
    pub bits: &'a Bits,
    pub table: &'a [f32],
    pub width: usize,
    pub bias: Option<&'a [f32]>,
    pub out: &'a mut [f32],
    /// Scratch space from [`memory`](Self::memory).
    pub sums: &'a mut [f32],
}

impl Job<'_> {
    /// Scratch space for the sums of a word's groups.
    pub fn memory() -> Buffer {
        Buffer::of(GROUPS * PATTERNS * STRIP)
    }
}

/// Requires that the sizes of all slices match the shapes.
impl Work for Job<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(mut self) {
        let inputs = self.bits.width();
        let words = inputs.div_ceil(WORD);
        for column in (0..self.width).step_by(STRIP) {
            let count = STRIP.min(self.width - column);
            let mut register = 0;
            while register * L::WIDTH < count {
                let offset = column + register * L::WIDTH;
                let here = L::WIDTH.min(count - register * L::WIDTH);
                for word in 0..words {
                    let first = word * WORD;
                    // SAFETY: the caller promises the sizes; there are `here` columns from `offset` on.
                    unsafe {
                        let inputs = WORD.min(inputs - first);
                        if inputs <= HALF * GROUP {
                            self.build::<L, HALF>(first, inputs, offset, here);
                            self.add::<L, HALF>(word, words, offset, here);
                        } else {
                            self.build::<L, GROUPS>(first, inputs, offset, here);
                            self.add::<L, GROUPS>(word, words, offset, here);
                        }
                    }
                }
                register += 1;
            }
        }
    }
}

impl Job<'_> {
    /// Computes the sums of all patterns of `COUNT` groups of inputs: `[COUNT, PATTERNS]` registers.
    #[inline(always)]
    unsafe fn build<L: Lanes, const COUNT: usize>(
        &mut self,
        first: usize,
        inputs: usize,
        column: usize,
        count: usize,
    ) {
        let from = self
            .table
            .as_ptr()
            .wrapping_add(first * self.width + column);
        let to = self.sums.as_mut_ptr();
        // SAFETY: the table has the rows below `inputs`; there is room for the sums of all groups of a word.
        unsafe {
            for group in 0..COUNT {
                let nothing = L::load_part(from, 0);
                let mut rows = [nothing; GROUP];
                for (index, row) in rows.iter_mut().enumerate() {
                    let index = group * GROUP + index;
                    let from = from.wrapping_add(index * self.width);
                    if index < inputs {
                        *row = if count == L::WIDTH {
                            L::load(from)
                        } else {
                            L::load_part(from, count)
                        };
                    }
                }
                let [a, b, c, d, e] = rows;
                let (ab, cd) = (a.add(b), c.add(d));
                let to = to.add(group * PATTERNS * L::WIDTH);
                let highs = [nothing, c, d, cd, e, c.add(e), d.add(e), cd.add(e)];
                for (high, of_high) in highs.into_iter().enumerate() {
                    for (low, of_low) in [nothing, a, b, ab].into_iter().enumerate() {
                        of_low
                            .add(of_high)
                            .store(to.add((high * 4 + low) * L::WIDTH));
                    }
                }
            }
        }
    }

    /// Adds to every row of the result the sums that belong to the patterns in one of its words.
    #[inline(always)]
    unsafe fn add<L: Lanes, const COUNT: usize>(
        &mut self,
        word: usize,
        words: usize,
        column: usize,
        count: usize,
    ) {
        let bits = self.bits.words().as_ptr();
        let out = self.out.as_mut_ptr();
        let sums = self.sums.as_ptr();
        let size = L::WIDTH.trailing_zeros();
        // SAFETY: a pattern is below `PATTERNS`; the rows of the result have `count` columns from `column` on.
        unsafe {
            let nothing = L::load_part(sums, 0);
            let begin = match self.bias {
                Some(bias) => L::load_part(bias.as_ptr().add(column), count),
                None => nothing,
            };
            for row in 0..self.bits.rows() {
                let patterns = *bits.add(row * words + word);
                let to = out.add(row * self.width + column);
                let whole = count == L::WIDTH;
                let already = match (word, whole) {
                    (0, _) => begin,
                    (_, true) => L::load(to),
                    (_, false) => L::load_part(to, count),
                };
                let mut chains = [already, nothing, nothing, nothing];
                for group in 0..COUNT {
                    let pattern = (patterns >> (group * GROUP)) as usize % PATTERNS;
                    let at = sums.add((group * PATTERNS + pattern) << size);
                    let chain = &mut chains[group % CHAINS];
                    *chain = chain.add(L::load(at));
                }
                let sum = (chains[0].add(chains[1])).add(chains[2].add(chains[3]));
                if whole {
                    sum.store(to);
                } else {
                    sum.store_part(to, count);
                }
            }
        }
    }
}
