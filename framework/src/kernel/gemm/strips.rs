//! Copies of strips of columns, in the order in which a product reads them.

use super::matrix::Matrix;
use crate::kernel::vector::copies::copy;
use crate::kernel::vector::lanes::Lanes;

/// Copies `count` columns of a matrix, from `column` on, to rows of two registers, padded with zeros.
///
/// # Safety
/// The CPU must have the instructions of `L`; `from` must have those columns; `to` must have room for as many rows as `from`
/// has.
#[inline(always)]
pub unsafe fn copy_strip<L: Lanes>(from: &Matrix<'_>, column: usize, count: usize, to: *mut f32) {
    let (values, inner) = (from.values(), from.rows());
    // SAFETY: the caller promises room for `inner` rows.
    unsafe {
        if from.is_transposed() {
            copy_transposed::<L>(values, inner, column, count, to);
        } else {
            copy::<L>(values, from.columns(), column, count, to);
        }
    }
}

/// The same of a transposed matrix: `values` is `[columns, inner]`.
#[inline(always)]
unsafe fn copy_transposed<L: Lanes>(
    values: &[f32],
    inner: usize,
    column: usize,
    count: usize,
    to: *mut f32,
) {
    let wide = 2 * L::WIDTH;
    let (squares, whole) = (count / L::WIDTH * L::WIDTH, inner / L::WIDTH * L::WIDTH);
    // SAFETY: row `column + c` of `values` has `inner` numbers; `to` has room for `inner` rows of `wide`.

    unsafe {
        let from = values.as_ptr().add(column * inner);
        for c in (0..squares).step_by(L::WIDTH) {
            for k in (0..whole).step_by(L::WIDTH) {
                L::transpose(from.add(c * inner + k), inner, to.add(k * wide + c), wide);
            }
        }
        for k in 0..inner {
            let first = if k < whole { squares } else { 0 };
            for c in first..wide {
                let value = if c < count {
                    *from.add(c * inner + k)
                } else {
                    0.0
                };
                *to.add(k * wide + c) = value;
            }
        }
    }
}
