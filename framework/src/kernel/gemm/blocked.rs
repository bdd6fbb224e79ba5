//! Products that keep a block of the result in registers until it is complete: several rows of it, two registers wide.

use super::job::Job;
use super::matrix::Matrix;
use super::strips::copy_strip;
use crate::kernel::buffer::Buffer;
use crate::kernel::vector::copies::copy;
use crate::kernel::vector::lanes::Fused;

/// Partial sums of the product of two vectors, the same for all instructions.
const PARTS: usize = 16;

/// Columns of the right side: row `k` begins at `from + k · stride`.
#[derive(Clone, Copy)]
struct Strip {
    from: *const f32,
    stride: usize,
    /// The first of these columns in the result.
    column: usize,
    /// The number of columns, at most two registers.
    count: usize,
}

impl Job {
    /// Computes the product with copies of the right side's strips, one after the other.
    ///
    /// # Safety
    /// The CPU must have the instructions of `L`; `right` must have `inner` rows and as many columns as the result.
    #[inline(always)]
    pub unsafe fn many<L: Fused>(self, right: &Matrix<'_>) {
        let wide = 2 * L::WIDTH;
        let mut copies = Buffer::of(self.inner * wide);
        for column in (0..self.columns).step_by(wide) {
            let count = wide.min(self.columns - column);
            // SAFETY: there is room for `inner` rows of `wide` numbers.
            unsafe {
                copy_strip::<L>(right, column, count, copies.as_mut_ptr());
                self.strip::<L>(Strip {
                    from: copies.as_ptr(),
                    stride: wide,
                    column,
                    count,
                });
            }
        }
    }

    /// Computes the product with the right side in place, except for the last columns if they do not fill two registers.
    ///
    /// # Safety
    /// As for [`many`](Self::many), of a right side that is not transposed.
    #[inline(always)]
    pub unsafe fn few<L: Fused>(self, right: &[f32]) {
        let wide = 2 * L::WIDTH;
        let whole = self.columns / wide * wide;
        for column in (0..whole).step_by(wide) {
            // SAFETY: each row has `wide` numbers from `column` on.
            unsafe {
                self.strip::<L>(Strip {
                    from: right.as_ptr().add(column),
                    stride: self.columns,
                    column,
                    count: wide,
                });
            }
        }
        if whole < self.columns {
            let mut copies = Buffer::of(self.inner * wide);
            let to = copies.as_mut_ptr();
            let count = self.columns - whole;
            // SAFETY: as in `many`.
            unsafe {
                copy::<L>(right, self.columns, whole, count, to);
                self.strip::<L>(Strip {
                    from: to,
                    stride: wide,
                    column: whole,
                    count,
                });
            }
        }
    }

    /// Computes each element as the product of two rows, for a transposed right side.
    ///
    /// # Safety
    /// As for [`many`](Self::many), of a right side whose columns are contiguous and a left side whose rows are.
    #[inline(always)]
    pub unsafe fn dots<L: Fused>(self, right: &[f32]) {
        for row in 0..self.rows {
            for column in 0..self.columns {
                // SAFETY: both sides have `inner` numbers there, and the result has that element.
                unsafe {
                    let left = self.left.add(row * self.row_stride);
                    let right = right.as_ptr().add(column * self.inner);
                    *self.out.add(row * self.columns + column) = dot::<L>(left, right, self.inner);
                }
            }
        }
    }

    /// Computes these columns of all rows, in blocks of nearly equal height.
    #[inline(always)]
    unsafe fn strip<L: Fused>(self, strip: Strip) {
        let blocks = self.rows.div_ceil(L::ROWS);
        for block in 0..blocks {
            let first = block * self.rows / blocks;
            let height = (block + 1) * self.rows / blocks - first;
            // SAFETY: a block is at most `L::ROWS` rows high.
            unsafe {
                match height {
                    1 => self.block::<L, 1>(first, strip),
                    2 => self.block::<L, 2>(first, strip),
                    3 => self.block::<L, 3>(first, strip),
                    4 => self.block::<L, 4>(first, strip),
                    5 => self.block::<L, 5>(first, strip),
                    6 => self.block::<L, 6>(first, strip),
                    7 => self.block::<L, 7>(first, strip),
                    8 => self.block::<L, 8>(first, strip),
                    9 => self.block::<L, 9>(first, strip),
                    _ => self.block::<L, 10>(first, strip),
                }
            }
        }
    }

    /// Computes a block of the result, `HEIGHT` rows from `first` on.
    #[inline(always)]
    unsafe fn block<L: Fused, const HEIGHT: usize>(self, first: usize, strip: Strip) {
        // SAFETY: the caller promises the sizes; of a strip that is narrower than two registers only `count` columns are
        // stored.
        unsafe {
            let mut sums = [[L::splat(0.0); 2]; HEIGHT];
            let mut left = self.left.add(first * self.row_stride);
            let mut right = strip.from;
            for _ in 0..self.inner {
                let pair = [L::load(right), L::load(right.add(L::WIDTH))];
                for (row, sums) in sums.iter_mut().enumerate() {
                    let factor = L::splat(*left.add(row * self.row_stride));
                    sums[0] = factor.multiply_add(pair[0], sums[0]);
                    sums[1] = factor.multiply_add(pair[1], sums[1]);
                }
                left = left.wrapping_add(self.step);
                right = right.wrapping_add(strip.stride);
            }
            for (row, sums) in sums.iter().enumerate() {
                self.write(first + row, *sums, strip.column, strip.count);
            }
        }
    }
}

/// The product of two vectors.
#[inline(always)]
unsafe fn dot<L: Fused>(left: *const f32, right: *const f32, length: usize) -> f32 {
    let mut parts = [0.0; PARTS];
    // SAFETY: both have `length` numbers.
    unsafe {
        for register in 0..PARTS / L::WIDTH {
            let mut sum = L::splat(0.0);
            let mut at = register * L::WIDTH;
            while at < length {
                let here = L::WIDTH.min(length - at);
                let (left, right) = (left.add(at), right.add(at));
                let (left, right) = if here == L::WIDTH {
                    (L::load(left), L::load(right))
                } else {
                    (L::load_part(left, here), L::load_part(right, here))
                };
                sum = left.multiply_add(right, sum);
                at += PARTS;
            }
            sum.store(parts.as_mut_ptr().add(register * L::WIDTH));
        }
    }
    let mut half = PARTS / 2;
    while half > 0 {
        for i in 0..half {
            parts[i] += parts[i + half];
        }
        half /= 2;
    }
    parts[0]
}
