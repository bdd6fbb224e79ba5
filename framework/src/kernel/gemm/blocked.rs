//! Products whose result stays in registers until it is complete: some rows of it and two registers side by side. Where
//! the left side has zeros enough, one row at a time and only by what is not zero.

use std::cell::Cell;

use super::buffer::Buffer;
use super::lanes::Fused;
use super::matrix::Matrix;
use super::nonzeros::{BLOCK, LARGEST, Nonzeros};
use super::strips::{copy, copy_strip, transpose};

/// Fewer rows than this are not worth a copy of the right side.
const FEW: usize = 8;
/// Shorter rows than this are not worth lists of what they have besides zeros.
const SHORT: usize = 32;
/// What a left side may have besides zeros for these to be passed over.
const SPARSE: f64 = 0.7;
/// How much less than the left side the right one must have for the transposed product to pay.
const TURN: f64 = 0.8;
/// Rows of a result from which on the transposed product has columns enough to fill its registers.
const WIDE: usize = 32;
/// Sums that run at the same time where zeros are passed over. How a sum is split into them decides its rounding.
const IN_TURN: usize = 2;
/// Partial sums of a product of two vectors, the same for all instructions.
const PARTS: usize = 16;

thread_local! {
    static NONZEROS: Cell<Nonzeros> = Cell::default();
}

/// `out = left · right`
///
/// # Safety
/// The CPU must have the instructions of `L`; `out` must have as many numbers as the rows of `left` times the columns
/// of `right`, and the columns of `left` must be the rows of `right`.
#[inline(always)]
pub unsafe fn product<L: Fused>(left: Matrix<'_>, right: Matrix<'_>, out: &mut [f32]) {
    // A column is a row: the same product the other way round has long rows instead of short ones.
    let (left, right) = if right.columns() == 1 && left.rows() > 1 {
        (right.transposed(), left.transposed())
    } else {
        (left, right)
    };
    let (left, right) = (left.plainly(), right.plainly());
    let (rows, columns) = (left.rows(), right.columns());
    // The lists of a right side serve as well, for the transposed product: errors have fewer numbers than activations.
    if left.is_transposed() && !right.is_transposed() && rows >= WIDE && columns >= FEW {
        let rates = [left, right].map(|side| Nonzeros::rate(side.values()));
        if rates[1] < TURN * rates[0].min(SPARSE) {
            let mut turned = Buffer::of(rows * columns);
            // SAFETY: as the caller's; `turned` and `out` are of the same size.
            unsafe {
                oriented::<L>(right.transposed(), left.transposed(), &mut turned);
                transpose::<L>(&turned, rows, columns, out.as_mut_ptr());
            }
            return;
        }
    }
    // SAFETY: as the caller's.
    unsafe { oriented::<L>(left, right, out) }
}

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
    let worth = rows >= FEW && inner >= SHORT && columns >= FEW && inner <= LARGEST;
    if worth && Nonzeros::rate(left.values()) < SPARSE {
        let mut lists = NONZEROS.take();
        if left.is_transposed() {
            let mut rows_first = Buffer::of(rows * inner);
            // SAFETY: `left` is stored as `inner` rows of `rows` values.
            unsafe { transpose::<L>(left.values(), rows, inner, rows_first.as_mut_ptr()) };
            lists.list(&Matrix::new(&rows_first, inner));
        } else {
            lists.list(&left);
        }
        // SAFETY: the caller's promise; a place of the lists is below `inner`.
        unsafe { job.passing_over_zeros::<L>(&right, &lists) };
        NONZEROS.set(lists);
        return;
    }
    // SAFETY: the caller's promise, for all of these.
    unsafe {
        if rows < FEW && !right.is_transposed() {
            job.few::<L>(right.values());
        } else if rows < FEW && step == 1 {
            job.dots::<L>(right.values());
        } else {
            job.many::<L>(&right);
        }
    }
}

#[derive(Clone, Copy)]
struct Job {
    /// The number in row `r` and column `k` is at `r · row_stride + k · step`.
    left: *const f32,
    row_stride: usize,
    step: usize,
    rows: usize,
    inner: usize,
    out: *mut f32,
    columns: usize,
}

/// Where the columns of a block are on the right side: row `k` at `from + k · stride`.
#[derive(Clone, Copy)]
struct Strip {
    from: *const f32,
    stride: usize,
    /// The first of the result's columns, and how many there are.
    column: usize,
    count: usize,
}

impl Job {
    /// With the right side in strips, copied one after the other.
    #[inline(always)]
    unsafe fn many<L: Fused>(self, right: &Matrix<'_>) {
        let wide = 2 * L::WIDTH;
        let mut copies = Buffer::of(self.inner * wide);
        for column in (0..self.columns).step_by(wide) {
            let count = wide.min(self.columns - column);
            // SAFETY: there is memory for `inner` rows of `wide` numbers.
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

    /// The same by what is not zero on the left.
    #[inline(always)]
    unsafe fn passing_over_zeros<L: Fused>(self, right: &Matrix<'_>, left: &Nonzeros) {
        let wide = 2 * L::WIDTH;
        let mut copies = Buffer::of((self.inner + 1) * wide);
        // What the lists have behind the last column is a row of zeros here.
        copies[self.inner * wide..].fill(0.0);
        for column in (0..self.columns).step_by(wide) {
            let count = wide.min(self.columns - column);
            // SAFETY: as above.
            unsafe {
                copy_strip::<L>(right, column, count, copies.as_mut_ptr());
                self.sums::<L>(left, copies.as_ptr(), column, count);
            }
        }
    }

    #[inline(always)]
    unsafe fn sums<L: Fused>(
        self,
        left: &Nonzeros,
        strip: *const f32,
        column: usize,
        count: usize,
    ) {
        let (places, values) = (left.places.as_ptr(), left.values.as_ptr());
        // SAFETY: the caller has the instructions.
        let lanes = unsafe { lanes::<L>() };
        let mut at = 0;
        for (row, &end) in left.ends.iter().enumerate() {
            // SAFETY: the lists go up to their last end, and a register further; the strip has a row for each place.
            unsafe {
                let mut sums = [[L::splat(0.0); 2]; IN_TURN];
                while at < end as usize {
                    // What limits this loop is loads: one for the factors of a block, and one for four places.
                    let factors = L::load(values.add(at));
                    let words = places.add(at).cast::<[u64; BLOCK / 4]>().read_unaligned();
                    for (index, &lane) in lanes.iter().enumerate() {
                        let place = (words[index / 4] >> (16 * (index % 4))) as u16;
                        let from = strip.add(usize::from(place) * 2 * L::WIDTH);
                        let factor = factors.spread(lane);
                        let sums = &mut sums[index % IN_TURN];
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

    /// With the right side where it is, but for columns that do not fill two registers.
    #[inline(always)]
    unsafe fn few<L: Fused>(self, right: &[f32]) {
        let wide = 2 * L::WIDTH;
        let whole = self.columns / wide * wide;
        for column in (0..whole).step_by(wide) {
            // SAFETY: the columns up to `whole` have `wide` numbers in each row.
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

    /// Products of rows with rows, for a right side that is transposed.
    #[inline(always)]
    unsafe fn dots<L: Fused>(self, right: &[f32]) {
        for row in 0..self.rows {
            for column in 0..self.columns {
                // SAFETY: both have `inner` numbers there, and `out` that place.
                unsafe {
                    let left = self.left.add(row * self.row_stride);
                    let right = right.as_ptr().add(column * self.inner);
                    *self.out.add(row * self.columns + column) = dot::<L>(left, right, self.inner);
                }
            }
        }
    }

    /// All rows, in blocks of nearly the same height.
    #[inline(always)]
    unsafe fn strip<L: Fused>(self, strip: Strip) {
        let blocks = self.rows.div_ceil(L::ROWS);
        for block in 0..blocks {
            let first = block * self.rows / blocks;
            let height = (block + 1) * self.rows / blocks - first;
            // SAFETY: a block is at most `L::ROWS` high.
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

    #[inline(always)]
    unsafe fn block<L: Fused, const HEIGHT: usize>(self, first: usize, strip: Strip) {
        // SAFETY: the caller's promise; parts of registers are stored where the strip is narrower than two.
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

    /// Writes `count` columns of a row.
    #[inline(always)]
    unsafe fn write<L: Fused>(self, row: usize, pair: [L; 2], column: usize, count: usize) {
        // SAFETY: the result has them.
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

/// The lanes of a block. From memory, because the compiler would make several instructions of an index that it knows.
#[inline(always)]
unsafe fn lanes<L: Fused>() -> [L::Lane; BLOCK] {
    let known = std::hint::black_box([0, 1, 2, 3, 4, 5, 6, 7]);
    // SAFETY: the caller has the instructions.
    unsafe {
        let mut lanes = [L::lane(0); BLOCK];
        for (lane, index) in lanes.iter_mut().zip(known) {
            *lane = L::lane(index);
        }
        lanes
    }
}

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
