//! Products that skip the zeros of the left side, one row of the result at a time.

use super::job::Job;
use super::matrix::Matrix;
use super::nonzeros::{BLOCK, Nonzeros};
use super::strips::copy_strip;
use crate::kernel::buffer::Buffer;
use crate::kernel::vector::lanes::Fused;

/// Partial sums that are accumulated side by side. How a sum is split into them determines its rounding.
const CHAINS: usize = 2;

impl Job {
    /// Computes the product from the nonzeros of the left side.
    ///
    /// # Safety
    /// The CPU must have the instructions of `L`; `right` must have `inner` rows and as many columns as the result; `left`
    /// must list the left side.
    #[inline(always)]
    pub unsafe fn skipping_zeros<L: Fused>(self, right: &Matrix<'_>, left: &Nonzeros) {
        let wide = 2 * L::WIDTH;
        let mut copies = Buffer::of((self.inner + 1) * wide);
        // The padding of the lists refers to row `inner`, which is a row of zeros.
        copies[self.inner * wide..].fill(0.0);
        for column in (0..self.columns).step_by(wide) {
            let count = wide.min(self.columns - column);
            // SAFETY: there is room for `inner` rows of `wide` numbers, and a row of zeros behind them.
            unsafe {
                copy_strip::<L>(right, column, count, copies.as_mut_ptr());
                self.sums::<L>(left, copies.as_ptr(), column, count);
            }
        }
    }

    /// Computes the columns of the result that one strip of the right side gives.
    #[inline(always)]
    unsafe fn sums<L: Fused>(
        self,
        left: &Nonzeros,
        strip: *const f32,
        column: usize,
        count: usize,
    ) {
        let (places, values) = (left.places.as_ptr(), left.values.as_ptr());
        // SAFETY: the caller promises the instructions.
        let lanes = unsafe { lanes::<L>() };
        let mut at = 0;
        for (row, &end) in left.ends.iter().enumerate() {
            // SAFETY: the lists reach a register beyond their last end; the strip has a row for each place.
            unsafe {
                let mut sums = [[L::splat(0.0); 2]; CHAINS];
                while at < end as usize {
                    // Loads limit the speed of this loop: one reads the factors of a block, another one four places.
                    let factors = L::load(values.add(at));
                    let words = places.add(at).cast::<[u64; BLOCK / 4]>().read_unaligned();
                    for (index, &lane) in lanes.iter().enumerate() {
                        let place = (words[index / 4] >> (16 * (index % 4))) as u16;
                        let from = strip.add(usize::from(place) * 2 * L::WIDTH);
                        let factor = factors.spread(lane);
                        let sums = &mut sums[index % CHAINS];
                        sums[0] = factor.multiply_add(L::load(from), sums[0]);
                        sums[1] = factor.multiply_add(L::load(from.add(L::WIDTH)), sums[1]);
                    }
                    at += BLOCK;
                }
                let pair = [sums[0][0].add(sums[1][0]), sums[0][1].add(sums[1][1])];
                self.write(row, pair, column, count);
            }
        }
    }
}

/// The lanes of a block. Their indices are hidden from the compiler, which would spend several instructions on an index that
/// it knows.
#[inline(always)]
unsafe fn lanes<L: Fused>() -> [L::Lane; BLOCK] {
    let known = std::hint::black_box([0, 1, 2, 3, 4, 5, 6, 7]);
    // SAFETY: the caller promises the instructions.
    unsafe {
        let mut lanes = [L::lane(0); BLOCK];
        for (lane, index) in lanes.iter_mut().zip(known) {
            *lane = L::lane(index);
        }
        lanes
    }
}
