//! Copies of a matrix in the order in which the products read it.

use super::lanes::{Lanes, Work, widest};
use super::matrix::Matrix;

/// Copies `count` columns of a matrix to rows of two registers.
///
/// # Safety
/// The CPU must have the instructions of `L`; `to` must have room for as many rows as `from` has.
#[inline(always)]
pub unsafe fn copy_strip<L: Lanes>(from: &Matrix<'_>, column: usize, count: usize, to: *mut f32) {
    let (values, inner) = (from.values(), from.rows());
    // SAFETY: the caller has room for `inner` rows.
    unsafe {
        if from.is_transposed() {
            copy_transposed::<L>(values, inner, column, count, to);
        } else {
            copy::<L>(values, from.columns(), column, count, to);
        }
    }
}

/// Writes rows of `columns` values, rows for columns.
pub fn transposed(values: &[f32], columns: usize, out: &mut [f32]) {
    assert_eq!(values.len(), out.len());
    assert_eq!(values.len() % columns.max(1), 0);
    // SAFETY: the sizes are asserted above.
    unsafe {
        widest(Transpose {
            values,
            columns,
            out,
        })
    }
}

struct Transpose<'a> {
    values: &'a [f32],
    columns: usize,
    out: &'a mut [f32],
}

/// The sizes must fit.
impl Work for Transpose<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let rows = self.values.len() / self.columns.max(1);
        // SAFETY: the caller's promise.
        unsafe { transpose::<L>(self.values, self.columns, rows, self.out.as_mut_ptr()) }
    }
}

/// The same, `rows` of them.
///
/// # Safety
/// As above; both sides must have `rows * columns` numbers.
#[inline(always)]
pub unsafe fn transpose<L: Lanes>(values: &[f32], columns: usize, rows: usize, to: *mut f32) {
    let (from, squares) = (
        values.as_ptr(),
        [rows, columns].map(|n| n / L::WIDTH * L::WIDTH),
    );
    // SAFETY: both sides have `rows * columns` numbers.
    unsafe {
        for row in (0..squares[0]).step_by(L::WIDTH) {
            for column in (0..squares[1]).step_by(L::WIDTH) {
                let to = to.add(column * rows + row);
                L::transpose(from.add(row * columns + column), columns, to, rows);
            }
        }
        for row in 0..rows {
            let first = if row < squares[0] { squares[1] } else { 0 };
            for column in first..columns {
                *to.add(column * rows + row) = *from.add(row * columns + column);
            }
        }
    }
}

/// Copies `count` columns of rows of `width` values, zeros behind them.
///
/// # Safety
/// As above; each row must have `count` numbers from `column` on.
#[inline(always)]
pub unsafe fn copy<L: Lanes>(
    values: &[f32],
    width: usize,
    column: usize,
    count: usize,
    to: *mut f32,
) {
    let first = count.min(L::WIDTH);
    let second = count - first;
    for (row, values) in values.chunks_exact(width).enumerate() {
        // SAFETY: each row has `count` numbers from `column` on.
        unsafe {
            let from = values.as_ptr().add(column);
            let to = to.add(row * 2 * L::WIDTH);
            if count == 2 * L::WIDTH {
                L::load(from).store(to);
                L::load(from.add(L::WIDTH)).store(to.add(L::WIDTH));
            } else {
                L::load_part(from, first).store(to);
                L::load_part(from.wrapping_add(L::WIDTH), second).store(to.add(L::WIDTH));
            }
        }
    }
}

/// The same of a matrix that is given rows for columns: `values` is `[columns, inner]`.
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
    // SAFETY: row `column + c` of `values` has `inner` numbers; `to` has `inner` rows of `wide`.
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
