//! Spikes as bits.

use crate::formula::Instructions;

/// The number of bits in a word.
pub(super) const WORD: usize = 64;

/// A matrix of zeros and ones, one bit for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bits {
    width: usize,
    rows: usize,
    ones: usize,
    /// Whether a value was put there that is neither zero nor one.
    others: bool,
    /// As many words for each row as its width needs.
    words: Vec<u64>,
}

impl Bits {
    /// A matrix of zeros.
    pub fn zeros(rows: usize, width: usize) -> Self {
        Self {
            width,
            rows,
            ones: 0,
            others: false,
            words: vec![0; rows * width.div_ceil(WORD)],
        }
    }

    /// The matrix with these rows of `width` values; `None` if one of them is neither zero nor one.
    pub fn of(values: &[f32], width: usize) -> Option<Self> {
        let mut bits = Self::zeros(values.len() / width.max(1), width);
        bits.put(0, values);
        bits.complete()
    }

    /// The matrix with a one wherever these rows of `width` values are positive.
    pub fn positive(values: &[f32], width: usize) -> Self {
        let mut bits = Self::zeros(values.len() / width.max(1), width);
        bits.set_where::<false>(0, values);
        bits
    }

    /// Puts values at the places from `place` on, counted through all rows. Nothing may have been put there before.
    pub fn put(&mut self, place: usize, values: &[f32]) {
        self.set_where::<true>(place, values);
    }

    /// Sets the bits of the values that are one if these are `SPIKES`, else of those that are positive.
    fn set_where<const SPIKES: bool>(&mut self, place: usize, values: &[f32]) {
        let (mut row, mut column) = (place / self.width.max(1), place % self.width.max(1));
        let stride = self.width.div_ceil(WORD);
        let mut values = values;
        while !values.is_empty() {
            let (here, rest) = values.split_at(values.len().min(self.width - column));
            let words = &mut self.words[row * stride..][..stride];
            let (ones, others) = match Instructions::here() {
                #[cfg(all(avx512, target_arch = "x86_64"))]
                // SAFETY: `here` has checked the instructions.
                Instructions::Avx512 => unsafe { put_avx512::<SPIKES>(words, column, here) },
                _ => put::<SPIKES>(words, column, here),
            };
            self.ones += ones;
            self.others |= others;
            (row, column, values) = (row + 1, 0, rest);
        }
    }

    /// The matrix, if nothing but zeros and ones was put there.
    pub fn complete(self) -> Option<Self> {
        (!self.others).then_some(self)
    }

    /// The transpose.
    pub fn transposed(&self) -> Self {
        let mut turned = Self {
            ones: self.ones,
            others: self.others,
            ..Self::zeros(self.width, self.rows)
        };
        let [from, to] = [self, &turned].map(|bits| bits.width.div_ceil(WORD));
        for row in 0..to {
            for column in 0..from {
                let mut block = [0; WORD];
                let rows = self.words[row * WORD * from..].chunks(from);
                for (word, row) in block.iter_mut().zip(rows) {
                    *word = row[column];
                }
                transpose(&mut block);
                let rows = turned.words[column * WORD * to..].chunks_mut(to);
                for (row_of, word) in rows.zip(block) {
                    row_of[row] = word;
                }
            }
        }
        turned
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of ones.
    pub fn ones(&self) -> usize {
        self.ones
    }

    /// The words of a row. Bits beyond its width are zero.
    #[inline(always)]
    pub fn row(&self, row: usize) -> &[u64] {
        let words = self.width.div_ceil(WORD);
        &self.words[row * words..][..words]
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }
}

/// Sets bits of a row from `column` on: those of the ones if these are `SPIKES`, else those of the positive values. Returns
/// the number of bits set, and whether `SPIKES` contain anything but zeros and ones.
fn put<const SPIKES: bool>(words: &mut [u64], column: usize, values: &[f32]) -> (usize, bool) {
    let (mut ones, mut others) = (0, false);
    for (index, values) in values.chunks(WORD).enumerate() {
        let mut bits = 0;
        for (place, &value) in values.iter().enumerate() {
            let fired = if SPIKES { value == 1.0 } else { value > 0.0 };
            bits |= u64::from(fired) << place;
            others |= SPIKES && value != 0.0 && value != 1.0;
        }
        ones += bits.count_ones() as usize;
        set(words, column + index * WORD, bits);
    }
    (ones, others)
}

/// Sets the bits of a word from `column` on, where they may lie across two words.
#[inline(always)]
fn set(words: &mut [u64], column: usize, bits: u64) {
    let (word, shift) = (column / WORD, column % WORD);
    words[word] |= bits << shift;
    if shift > 0 && bits >> (WORD - shift) != 0 {
        words[word + 1] |= bits >> (WORD - shift);
    }
}

/// The same as [`put`], sixteen values at a time.
#[cfg(all(avx512, target_arch = "x86_64"))]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
unsafe fn put_avx512<const SPIKES: bool>(
    words: &mut [u64],
    column: usize,
    values: &[f32],
) -> (usize, bool) {
    use std::arch::x86_64::*;
    let (one, mut others) = (_mm512_set1_ps(1.0), _mm512_setzero_si512());
    let mut sixteen = |values: __m512| {
        let fired = if SPIKES {
            let fired = _mm512_cmpeq_ps_mask(values, one);
            let [values, one] = [values, one].map(|numbers| _mm512_castps_si512(numbers));
            let rest = _mm512_mask_xor_epi32(values, fired, values, one);
            others = _mm512_or_epi32(others, rest);
            fired
        } else {
            _mm512_cmp_ps_mask::<_CMP_GT_OQ>(values, _mm512_setzero_ps())
        };
        u64::from(fired)
    };
    let mut ones = 0;
    let (whole, rest) = values.as_chunks::<WORD>();
    for (index, values) in whole.iter().enumerate() {
        let mut bits = 0;
        for quarter in 0..WORD / 16 {
            // SAFETY: a chunk of 64 values fills four registers.
            let values = unsafe { _mm512_loadu_ps(values.as_ptr().add(16 * quarter)) };
            bits |= sixteen(values) << (16 * quarter);
        }
        ones += bits.count_ones() as usize;
        set(words, column + index * WORD, bits);
    }
    let mut bits = 0;
    for (quarter, values) in rest.chunks(16).enumerate() {
        let mask = ((1u32 << values.len()) - 1) as u16;
        // SAFETY: only the lanes of `mask` are loaded.
        let values = unsafe { _mm512_maskz_loadu_ps(mask, values.as_ptr()) };
        bits |= sixteen(values) << (16 * quarter);
    }
    if bits != 0 {
        ones += bits.count_ones() as usize;
        set(words, column + whole.len() * WORD, bits);
    }
    // A negative zero is a zero: its sign does not count.
    let magnitude = _mm512_set1_epi32(i32::MAX);
    (ones, _mm512_test_epi32_mask(others, magnitude) != 0)
}

/// Transposes a square of bits by exchanging ever smaller squares (Warren, Hacker's Delight, 7–3).
fn transpose(block: &mut [u64; WORD]) {
    let mut size = WORD / 2;
    let mut mask = u64::MAX >> size;
    while size > 0 {
        for row in (0..WORD).filter(|row| row & size == 0) {
            let exchanged = (block[row] >> size ^ block[row + size]) & mask;
            block[row] ^= exchanged << size;
            block[row + size] ^= exchanged;
        }
        size /= 2;
        mask ^= mask << size;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A width, and rows of spikes.
    pub fn spikes() -> impl Strategy<Value = (usize, Vec<f32>)> {
        (1usize..150, 0usize..90).prop_flat_map(|(width, rows)| {
            let value = prop::bool::weighted(0.3).prop_map(f32::from);
            (Just(width), prop::collection::vec(value, width * rows))
        })
    }

    proptest! {
        #[test]
        fn bits_mark_the_ones_and_transposed_bits_mark_them_by_columns((width, values) in spikes()) {
            let bits = Bits::of(&values, width).unwrap();
            prop_assert_eq!(bits.rows(), values.len() / width);
            let fired = |bits: &Bits, row: usize, column: usize| {
                bits.row(row)[column / WORD] >> (column % WORD) & 1 == 1
            };
            let columns = bits.transposed();
            prop_assert_eq!((columns.rows(), columns.width()), (width, bits.rows()));
            for (place, &value) in values.iter().enumerate() {
                let (row, column) = (place / width, place % width);
                prop_assert_eq!(fired(&bits, row, column), value == 1.0);
                prop_assert_eq!(fired(&columns, column, row), value == 1.0);
            }
            let ones = values.iter().filter(|&&value| value == 1.0).count();
            prop_assert_eq!(bits.ones(), ones);
            prop_assert_eq!(columns.ones(), ones);
            let total = |bits: &Bits| bits.words.iter().map(|word| word.count_ones()).sum::<u32>();
            prop_assert_eq!(total(&bits) as usize, ones);
            prop_assert_eq!(total(&columns) as usize, ones);
            prop_assert_eq!(columns.transposed(), bits);
        }

        #[test]
        fn spikes_give_the_same_bits_whatever_the_pieces_they_arrive_in(
            (width, values) in spikes(),
            piece in 1usize..300,
        ) {
            let mut bits = Bits::zeros(values.len() / width, width);
            for (index, values) in values.chunks(piece).enumerate().collect::<Vec<_>>().into_iter().rev() {
                bits.put(index * piece, values);
            }
            prop_assert_eq!(bits.complete(), Bits::of(&values, width));
        }

        #[test]
        fn all_instructions_set_the_same_bits((width, values) in spikes(), column in 0usize..100) {
            let values = &values[..width.min(values.len())];
            let mut words = vec![0; 5];
            let counted = put::<true>(&mut words, column, values);
            let mut bits = Bits::zeros(1, 5 * WORD);
            bits.put(column, values);
            prop_assert_eq!(counted, (bits.ones, bits.others));
            prop_assert_eq!(words, bits.words);
        }

        #[test]
        fn all_instructions_find_the_same_positive_values(
            width in 1usize..150,
            values in prop::collection::vec(
                prop::sample::select(vec![0.0f32, -0.0, 1.0, 0.3, -2.0, f32::NAN, f32::INFINITY]),
                0..600,
            ),
        ) {
            let values = &values[..values.len() / width * width];
            let positive: Vec<f32> = values.iter().map(|&value| f32::from(value > 0.0)).collect();
            let bits = Bits::positive(values, width);
            let wanted = Bits::of(&positive, width).unwrap();
            prop_assert_eq!(&bits, &wanted);
            for (row, values) in values.chunks(width).enumerate() {
                let mut words = vec![0; width.div_ceil(WORD)];
                put::<false>(&mut words, 0, values);
                prop_assert_eq!(&words, bits.row(row));
            }
        }

        #[test]
        fn values_other_than_zero_and_one_are_refused(

            (width, mut values) in spikes(),
            place: prop::sample::Index,
            other in prop::sample::select(vec![0.5f32, -1.0, 2.0, f32::NAN, f32::INFINITY, 1.0000001]),
        ) {
            prop_assume!(!values.is_empty());
            *place.get_mut(&mut values) = other;
            prop_assert_eq!(Bits::of(&values, width), None);
            prop_assert!(put::<true>(&mut vec![0; values.len() / WORD + 2], 0, &values).1);
        }
    }
}
