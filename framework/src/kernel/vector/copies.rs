//! Copies of matrices: transposed, or as strips of two registers.

use super::lanes::{Lanes, Work, widest};

/// Writes the transpose of rows of `columns` values.
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

/// Requires that both slices consist of the same number of whole rows.
impl Work for Transpose<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let rows = self.values.len() / self.columns.max(1);
        // SAFETY: the caller promises the sizes.
        unsafe { transpose::<L>(self.values, self.columns, rows, self.out.as_mut_ptr()) }
    }
}

/// Writes the transpose of `rows` rows of `columns` values.
///
/// # Safety
/// The CPU must have the instructions of `L`; both sides must have `rows * columns` numbers.
#[inline(always)]
pub unsafe fn transpose<L: Lanes>(values: &[f32], columns: usize, rows: usize, to: *mut f32) {
    let (from, squares) = (
        values.as_ptr(),
        [rows, columns].map(|n| n / L::WIDTH * L::WIDTH),
    );
    // SAFETY: the caller promises that both sides have `rows * columns` numbers.
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

/// Copies `count` columns, from `column` on, of rows of `width` values to rows of two registers, padded with zeros.
///
/// # Safety
/// The CPU must have the instructions of `L`; each row must have `count` numbers from `column` on; `to` must have room for as
/// many rows.
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
        // SAFETY: the caller promises that each row has `count` numbers from `column` on.

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
