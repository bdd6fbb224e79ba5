//! Spikes as bits.

use crate::api::{Instructions, Loop, vectorised};

/// Bits of a word.
pub(super) const WORD: usize = 64;

/// A matrix of zeros and ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bits {
    width: usize,
    rows: usize,
    ones: usize,
    /// For each row as many words as its width needs.
    words: Vec<u64>,
}

impl Bits {
    /// Takes over rows of `width` values; if there is anything but zeros and ones in them, it says `false`.
    pub fn read(&mut self, values: &[f32], width: usize) -> bool {
        self.shape(values.len() / width.max(1), width);
        let words = self.words.as_mut_slice();
        let (ones, valid) = match Instructions::here() {
            #[cfg(all(avx512, target_arch = "x86_64"))]
            // SAFETY: `here` says so only after the CPU did; there is a word for every 64 values of a row.
            Instructions::Avx512 => unsafe { read_avx512(values, width, words) },
            _ => read(values, width, words),
        };
        self.ones = ones;
        valid
    }

    /// Takes over rows of `width` spikes as columns.
    pub fn read_transposed(&mut self, spikes: &[f32], width: usize) {
        self.shape(width, spikes.len() / width.max(1));
        self.words.fill(0);
        self.ones = vectorised(Transposing {
            spikes,
            width,
            words: &mut self.words,
            stride: self.width.div_ceil(WORD),
        });
    }

    fn shape(&mut self, rows: usize, width: usize) {
        (self.rows, self.width) = (rows, width);
        self.words.resize(rows * width.div_ceil(WORD), 0);
    }

    /// Values in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many ones there are.
    pub fn ones(&self) -> usize {
        self.ones
    }

    /// The words of a row; what is beyond its width is zero.
    #[inline(always)]
    pub fn row(&self, row: usize) -> &[u64] {
        let words = self.width.div_ceil(WORD);
        &self.words[row * words..][..words]
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }
}

fn read(values: &[f32], width: usize, words: &mut [u64]) -> (usize, bool) {
    let (mut ones, mut valid) = (0, true);
    let rows = values.chunks_exact(width.max(1));
    let places = rows.flat_map(|row| row.chunks(WORD));
    for (word, values) in words.iter_mut().zip(places) {
        *word = 0;
        for (place, &value) in values.iter().enumerate() {
            *word |= u64::from(value == 1.0) << place;
            valid &= value == 0.0 || value == 1.0;
        }
        ones += word.count_ones() as usize;
    }
    (ones, valid)
}

/// The same, sixteen values at a time.
#[cfg(all(avx512, target_arch = "x86_64"))]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
unsafe fn read_avx512(values: &[f32], width: usize, words: &mut [u64]) -> (usize, bool) {
    use std::arch::x86_64::*;
    let one = _mm512_set1_ps(1.0);
    let (mut ones, mut others) = (0, 0u16);
    let mut word = words.as_mut_ptr();
    let mut quarter = |values: __m512| {
        let fired = _mm512_cmpeq_ps_mask(values, one);
        others |= fired ^ _mm512_cmpneq_ps_mask(values, _mm512_setzero_ps());
        u64::from(fired)
    };
    for row in values.chunks_exact(width.max(1)) {
        let (whole, rest) = row.as_chunks::<WORD>();
        for values in whole {
            // SAFETY: four registers are a word; the caller has room for every word.
            unsafe {
                let mut here = 0;
                for index in 0..WORD / 16 {
                    here |=
                        quarter(_mm512_loadu_ps(values.as_ptr().add(16 * index))) << (16 * index);
                }
                ones += here.count_ones() as usize;
                *word = here;
                word = word.add(1);
            }
        }
        if rest.is_empty() {
            continue;
        }
        let mut here = 0;
        for (index, values) in rest.chunks(16).enumerate() {
            let mask = ((1u32 << values.len()) - 1) as u16;
            // SAFETY: only the lanes of `mask` are loaded.
            let values = unsafe { _mm512_maskz_loadu_ps(mask, values.as_ptr()) };
            here |= quarter(values) << (16 * index);
        }
        ones += here.count_ones() as usize;
        // SAFETY: as above.
        unsafe {
            *word = here;
            word = word.add(1);
        }
    }
    (ones, others == 0)
}

struct Transposing<'a> {
    spikes: &'a [f32],
    width: usize,
    words: &'a mut [u64],
    /// Words of a row.
    stride: usize,
}

impl Loop for Transposing<'_> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        const COLUMNS: usize = 16;
        const ROWS: usize = 32;
        let Self { width, stride, .. } = self;
        let mut ones = 0;
        for (part, rows) in self.spikes.chunks(ROWS * width.max(1)).enumerate() {
            let shift = part % 2 * ROWS;
            for column in (0..width).step_by(COLUMNS) {
                let count = COLUMNS.min(width - column);
                let mut bits = [0u32; COLUMNS];
                for (place, row) in rows.chunks_exact(width).enumerate() {
                    if let Some(whole) = row[column..].first_chunk::<COLUMNS>() {
                        for (bits, &spike) in bits.iter_mut().zip(whole) {
                            *bits |= u32::from(spike == 1.0) << place;
                        }
                    } else {
                        for (bits, &spike) in bits.iter_mut().zip(&row[column..]) {
                            *bits |= u32::from(spike == 1.0) << place;
                        }
                    }
                }
                for (index, bits) in bits[..count].iter().enumerate() {
                    ones += bits.count_ones() as usize;
                    self.words[(column + index) * stride + part / 2] |= u64::from(*bits) << shift;
                }
            }
        }
        ones
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A width and rows of spikes.
    pub fn spikes() -> impl Strategy<Value = (usize, Vec<f32>)> {
        (1usize..150, 0usize..90).prop_flat_map(|(width, rows)| {
            let value = prop::bool::weighted(0.3).prop_map(f32::from);
            (Just(width), prop::collection::vec(value, width * rows))
        })
    }

    proptest! {
        #[test]
        fn bits_are_the_ones_and_transposed_bits_those_of_the_columns((width, values) in spikes()) {
            let mut bits = Bits::default();
            prop_assert!(bits.read(&values, width));
            prop_assert_eq!(bits.rows(), values.len() / width);
            let fired = |bits: &Bits, row: usize, column: usize| {
                bits.row(row)[column / WORD] >> (column % WORD) & 1 == 1
            };
            let mut columns = Bits { words: vec![u64::MAX; 3], ..Bits::default() };
            columns.read_transposed(&values, width);
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
            let mut slowly = bits.words.clone();
            prop_assert_eq!(read(&values, width, &mut slowly), (ones, true));
            prop_assert_eq!(slowly, bits.words);
        }

        #[test]
        fn anything_but_zeros_and_ones_is_no_spike(
            (width, mut values) in spikes(),
            place: prop::sample::Index,
            other in prop::sample::select(vec![0.5f32, -1.0, 2.0, f32::NAN, f32::INFINITY, 1.0000001]),
        ) {
            prop_assume!(!values.is_empty());
            *place.get_mut(&mut values) = other;
            let mut bits = Bits::default();
            prop_assert!(!bits.read(&values, width));
            prop_assert!(!read(&values, width, &mut vec![0; values.len() + 100]).1);
        }
    }
}
