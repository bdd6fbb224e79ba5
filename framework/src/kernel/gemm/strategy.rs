//! Which algorithm computes a product.

use std::cell::Cell;

use super::job::Job;
use super::matrix::Matrix;
use super::nonzeros::{LARGEST, Nonzeros};
use crate::kernel::buffer::Buffer;
use crate::kernel::vector::copies::transpose;
use crate::kernel::vector::lanes::Fused;

/// With fewer rows than this, copying the right side does not pay.
const FEW: usize = 8;
/// A right side of no more values than this stays in the cache nearest to the registers. If its rows fill registers, a copy of
/// it does not pay.
const SMALL: usize = 4096;
/// With shorter rows than this, listing their nonzeros does not pay.
const SHORT: usize = 32;
/// The largest fraction of nonzeros at which zeros are passed over.
const SPARSE: f64 = 0.7;
/// The transposed product pays if the fraction of nonzeros on the right is below this part of the one on the left.
const TURN: f64 = 0.8;
/// From this many columns of the result on, lists of nonzeros are used often enough to pay for making them.
const WIDE: usize = 96;

thread_local! {
    static NONZEROS: Cell<Nonzeros> = Cell::default();
}
/// Computes `out = left · right`.
///
/// # Safety
/// The CPU must have the instructions of `L`; `left` must have as many columns as `right` has rows; the length of `out` must
/// be the rows of `left` times the columns of `right`.
#[inline(always)]
pub unsafe fn product<L: Fused>(left: Matrix<'_>, right: Matrix<'_>, out: &mut [f32]) {
    let (left, right) = (left.plainly(), right.plainly());
    let (rows, columns) = (left.rows(), right.columns());
    // A register holds more columns than a narrow result has. The transposed product has a few long rows instead.
    if columns < FEW && rows > columns {
        // SAFETY: the caller promises the same.
        return unsafe { narrow::<L>(left, right, out) };
    }
    // The transposed product passes over the zeros of the right side: errors have fewer nonzeros than activations.
    if left.is_transposed() && !right.is_transposed() && rows >= WIDE && columns >= FEW {
        let rates = [left, right].map(|side| Nonzeros::rate(side.values()));
        if rates[1] < TURN * rates[0].min(SPARSE) {
            let mut turned = Buffer::of(rows * columns);
            // SAFETY: the caller promises the same; `turned` has the size of `out`.
            unsafe {
                oriented::<L>(right.transposed(), left.transposed(), &mut turned);
                transpose::<L>(&turned, rows, columns, out.as_mut_ptr());
            }
            return;
        }
    }
    // SAFETY: the caller promises the same.
    unsafe { oriented::<L>(left, right, out) }
}

/// The product whose result has fewer columns than rows, by way of its transpose.
#[inline(always)]
unsafe fn narrow<L: Fused>(left: Matrix<'_>, right: Matrix<'_>, out: &mut [f32]) {
    let (rows, columns) = (left.rows(), right.columns());
    // The rows of the transposed right side, one after the other.
    let mut long = Buffer::of(right.values().len());
    if right.is_transposed() {
        long.copy_from_slice(right.values());
    } else {
        // SAFETY: the right side is stored as its rows, and `long` is as long.
        unsafe { transpose::<L>(right.values(), columns, right.rows(), long.as_mut_ptr()) };
    }
    let long = Matrix::new(&long, right.rows());
    if columns == 1 {
        // SAFETY: the caller promises the sizes; a column is stored as a row is.
        return unsafe { oriented::<L>(long, left.transposed(), out) };
    }
    let mut turned = Buffer::of(rows * columns);
    // SAFETY: as above; `turned` has the size of `out`.
    unsafe {
        oriented::<L>(long, left.transposed(), &mut turned);
        transpose::<L>(&turned, rows, columns, out.as_mut_ptr());
    }
}

/// The product as it stands, not transposed.
#[inline(always)]
unsafe fn oriented<L: Fused>(left: Matrix<'_>, right: Matrix<'_>, out: &mut [f32]) {
    let (rows, inner, columns) = (left.rows(), left.columns(), right.columns());
    let (row_stride, step) = left.strides();
    let job = Job {
        left: left.values().as_ptr(),
        row_stride,
        step,
        rows,
        inner,
        out: out.as_mut_ptr(),
        columns,
    };
    let worthwhile = rows >= FEW && inner >= SHORT && columns >= WIDE && inner <= LARGEST;
    if worthwhile && Nonzeros::rate(left.values()) < SPARSE {
        let mut lists = NONZEROS.take();
        if left.is_transposed() {
            let mut by_rows = Buffer::of(rows * inner);
            // SAFETY: `left` is stored as `inner` rows of `rows` values.
            unsafe { transpose::<L>(left.values(), rows, inner, by_rows.as_mut_ptr()) };
            lists.list(&Matrix::new(&by_rows, inner));
        } else {
            lists.list(&left);
        }
        // SAFETY: the caller promises the sizes; the lists are those of `left`.
        unsafe { job.skipping_zeros::<L>(&right, &lists) };
        NONZEROS.set(lists);
        return;
    }
    // SAFETY: the caller promises the sizes.
    unsafe {
        let is_small = right.values().len() <= SMALL && columns.is_multiple_of(2 * L::WIDTH);
        if !right.is_transposed() && (rows < FEW || is_small) {
            job.few::<L>(right.values());
        } else if rows < FEW && step == 1 {
            job.dots::<L>(right.values());
        } else {
            job.many::<L>(&right);
        }
    }
}
