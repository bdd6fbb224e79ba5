//! Lists of the nonzeros of a matrix. Behind a rectification half of the values are nonzero, and a quarter of their
//! gradients.

use super::matrix::Matrix;
use crate::formula::{Instructions, Loop, vectorised};

/// The number of entries that a product handles together.
pub const BLOCK: usize = 8;
/// The largest number of columns that the lists can index.
pub const LARGEST: usize = u16::MAX as usize;

const _: () = assert!(
    cfg!(target_endian = "little"),
    "four places are read as one word"
);

/// The places and values of the nonzeros in each row of a matrix. A row's last block is padded with zeros whose place is one
/// behind the last column.
#[derive(Debug, Default)]
pub struct Nonzeros {
    /// Row `r` has the entries from `ends[r - 1]` to `ends[r]`, which are whole blocks.
    pub ends: Vec<u32>,
    /// The columns of the entries. Four of them are read as a word, the first one in its lowest bits.
    pub places: Vec<u16>,
    pub values: Vec<f32>,
}

impl Nonzeros {
    /// The fraction of nonzeros among these values, estimated from every seventh piece of them if they are many.
    pub fn rate(values: &[f32]) -> f64 {
        let every = if values.len() < MANY { 1 } else { 7 };
        let (count, of) = vectorised(Count { values, every });
        f64::from(count) / of.max(1) as f64
    }

    /// Replaces the lists by those of `matrix`, which must not be transposed.
    ///
    /// # Panics
    /// If it has more columns than [`LARGEST`].
    pub fn list(&mut self, matrix: &Matrix<'_>) {
        self.ends.clear();
        let (rows, columns) = (matrix.rows(), matrix.columns());
        assert!(columns <= LARGEST);
        // Registers are stored whole, beyond the entries that count.
        let most = rows * columns.next_multiple_of(BLOCK) + 16;
        self.places.resize(most.max(self.places.len()), 0);
        self.values.resize(most.max(self.values.len()), 0.0);
        let mut begin = 0;
        for row in matrix.values().chunks_exact(columns.max(1)) {
            let (places, values) = (&mut self.places[begin..], &mut self.values[begin..]);
            let length = match Instructions::here() {
                #[cfg(all(avx512, target_arch = "x86_64"))]
                // SAFETY: `here` has checked the instructions; there is room for the row and a register more.
                Instructions::Avx512 => unsafe { list_avx512(row, places, values) },
                _ => list(row, places, values),
            };
            let whole = length.next_multiple_of(BLOCK);
            places[length..whole].fill(columns as u16);
            values[length..whole].fill(0.0);
            begin += whole;
            self.ends.push(begin as u32);
        }
    }
}

/// From this many values on, a sample of them is enough for an estimate.
const MANY: usize = 1 << 12;

/// Counts the nonzeros of every `every`-th piece.
struct Count<'a> {
    values: &'a [f32],
    every: usize,
}

impl Loop for Count<'_> {
    /// The number of nonzeros, and the number of values that were examined.
    type Output = (u32, usize);

    #[inline(always)]
    fn run(self) -> (u32, usize) {
        let (mut count, mut of) = (0, 0);
        for piece in self.values.chunks(64).step_by(self.every) {
            count += piece
                .iter()
                .map(|&value| u32::from(value != 0.0))
                .sum::<u32>();
            of += piece.len();
        }
        (count, of)
    }
}

/// Lists one row, and returns the number of its nonzeros.
fn list(row: &[f32], places: &mut [u16], values: &mut [f32]) -> usize {
    let mut length = 0;
    for (place, &value) in row.iter().enumerate() {
        (places[length], values[length]) = (place as u16, value);
        length += usize::from(value != 0.0);
    }
    length
}

/// The same, sixteen values at a time. There must be room for the row and a register more.
#[cfg(all(avx512, target_arch = "x86_64"))]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
unsafe fn list_avx512(row: &[f32], places: &mut [u16], values: &mut [f32]) -> usize {
    use std::arch::x86_64::*;
    let mut here = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let mut length = 0;
    for block in row.chunks(16) {
        let mask = ((1u32 << block.len()) - 1) as u16;
        // SAFETY: only the lanes of `mask` are loaded; the caller promises room for the stores.
        unsafe {
            let numbers = _mm512_maskz_loadu_ps(mask, block.as_ptr());
            let some = _mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(numbers, _mm512_setzero_ps());
            let (to, into) = (
                places.as_mut_ptr().add(length),
                values.as_mut_ptr().add(length),
            );
            let packed = _mm512_cvtepi32_epi16(_mm512_maskz_compress_epi32(some, here));
            _mm256_storeu_si256(to.cast(), packed);
            _mm512_storeu_ps(into, _mm512_maskz_compress_ps(some, numbers));
            length += some.count_ones() as usize;
        }
        here = _mm512_add_epi32(here, _mm512_set1_epi32(16));
    }
    length
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lists_hold_the_nonzeros_of_each_row_in_order(
            (width, values) in (1usize..70, 0usize..9).prop_flat_map(|(width, rows)| {
                let value = prop::sample::select(vec![0.0f32, -0.0, 1.5, -2.0, f32::INFINITY]);
                (Just(width), prop::collection::vec(value, width * rows))
            })
        ) {
            let matrix = Matrix::new(&values, width);
            let mut lists = Nonzeros::default();
            lists.list(&matrix);
            let (mut begin, mut count) = (0, 0);
            for (row, &end) in values.chunks(width).zip(&lists.ends) {
                let wanted: Vec<(u16, f32)> = (0..).zip(row.iter().copied())
                    .filter(|&(_, value)| value != 0.0).collect();
                let range = begin..end as usize;
                let mut found: Vec<(u16, f32)> = lists.places[range.clone()].iter().copied()
                    .zip(lists.values[range].iter().copied()).collect();
                prop_assert_eq!(found.len(), wanted.len().next_multiple_of(BLOCK));
                let behind = found.split_off(wanted.len());
                prop_assert!(behind.iter().all(|&entry| entry == (width as u16, 0.0)));
                let (mut places, mut listed) = (vec![0; width + 1], vec![0.0; width + 1]);
                prop_assert_eq!(list(row, &mut places, &mut listed), wanted.len());
                count += wanted.len();
                prop_assert_eq!(found, wanted);
                begin = end as usize;
            }
            let rate = Nonzeros::rate(&values);
            prop_assert!((rate - count as f64 / values.len().max(1) as f64).abs() < 1e-12);
        }
    }

    #[test]
    fn a_sample_of_many_values_estimates_the_fraction_of_nonzeros() {
        let mut state = 1u32;
        let mut draw = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from(state >> 24 < 64)
        };
        let values: Vec<f32> = (0..50_000).map(|_| draw()).collect();
        assert!((Nonzeros::rate(&values) - 0.25).abs() < 0.02);
    }
}
