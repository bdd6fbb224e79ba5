//! One product, as pointers and strides.

use crate::kernel::vector::lanes::Lanes;

/// The left side and the result of a product.
#[derive(Clone, Copy)]
pub struct Job {
    /// The element in row `r` and column `k` is at `r · row_stride + k · step`.
    pub left: *const f32,
    pub row_stride: usize,
    pub step: usize,
    pub rows: usize,
    /// The columns of the left side, which are the rows of the right one.
    pub inner: usize,
    pub out: *mut f32,
    pub columns: usize,
}

impl Job {
    /// Writes two registers to `count` columns of a row of the result, from `column` on.
    ///
    /// # Safety
    /// The CPU must have the instructions of `L`; the result must have that row and those columns.
    #[inline(always)]
    pub unsafe fn write<L: Lanes>(self, row: usize, pair: [L; 2], column: usize, count: usize) {
        // SAFETY: the caller promises that the result has them.
        unsafe {
            let to = self.out.add(row * self.columns + column);
            if count == 2 * L::WIDTH {
                pair[0].store(to);
                pair[1].store(to.add(L::WIDTH));
            } else {
                pair[0].store_part(to, count.min(L::WIDTH));
                let beyond = count.saturating_sub(L::WIDTH);
                pair[1].store_part(to.wrapping_add(L::WIDTH), beyond);
            }
        }
    }
}
