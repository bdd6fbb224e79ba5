//! Spikes as lists of indices.

use super::bits::{Bits, WORD};
use crate::formula::Instructions;

/// The number of indices that a product handles together.
pub const BLOCK: usize = 4;

/// The columns of the ones in each row of a matrix of zeros and ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Events {
    /// The number of ones in each row.
    counts: Vec<u32>,
    /// The columns, row after row. A row's last block is padded with the index behind the last column.
    indices: Vec<u32>,
}

impl Events {
    /// Replaces the lists by those of these bits.
    pub fn list(&mut self, bits: &Bits) {
        self.counts.clear();
        self.indices.clear();
        // Registers are stored whole, beyond the indices that count.
        self.indices.reserve(bits.ones() + bits.rows() * BLOCK + 16);
        #[cfg(all(avx512, target_arch = "x86_64"))]
        if Instructions::here() == Instructions::Avx512 && is_x86_feature_detected!("avx512vbmi2") {
            // SAFETY: the CPU has these instructions.
            return unsafe { self.list_avx512(bits) };
        }
        self.list_one_by_one(bits);
    }

    fn list_one_by_one(&mut self, bits: &Bits) {
        for row in 0..bits.rows() {
            let begin = self.indices.len();
            for (index, &word) in bits.row(row).iter().enumerate() {
                let mut word = word;
                while word != 0 {
                    let place = index * WORD + word.trailing_zeros() as usize;
                    self.indices.push(place as u32);
                    word &= word - 1;
                }
            }
            self.counts.push((self.indices.len() - begin) as u32);
            let whole = self.indices.len().next_multiple_of(BLOCK);
            self.indices.resize(whole, bits.width() as u32);
        }
    }

    /// The same, one word at a time.
    #[cfg(all(avx512, target_arch = "x86_64"))]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi2,popcnt")]
    fn list_avx512(&mut self, bits: &Bits) {
        use std::arch::x86_64::*;
        const PLACES: [u8; WORD] = {
            let mut places = [0; WORD];
            let mut place = 0;
            while place < WORD {
                places[place] = place as u8;
                place += 1;
            }
            places
        };
        // SAFETY: the array fills a register of bytes.
        let places = unsafe { _mm512_loadu_si512(PLACES.as_ptr().cast()) };
        let padding = _mm_set1_epi32(bits.width() as i32);
        let mut length = 0;
        for row in 0..bits.rows() {
            let begin = length;
            for (index, &word) in bits.row(row).iter().enumerate() {
                let mut packed = _mm512_maskz_compress_epi8(word, places);
                let before = _mm512_set1_epi32((index * WORD) as i32);
                let ones = word.count_ones() as usize;
                for sixteen in (0..ones).step_by(16) {
                    let here = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(packed));
                    let here = _mm512_add_epi32(here, before);
                    // SAFETY: `list` has reserved memory for all ones and a register more.
                    unsafe {
                        let to = self.indices.as_mut_ptr().add(length + sixteen);
                        _mm512_storeu_si512(to.cast(), here);
                    }
                    packed = _mm512_shuffle_i32x4::<0b00_11_10_01>(packed, packed);
                }
                length += ones;
            }
            self.counts.push((length - begin) as u32);
            // SAFETY: `list` has reserved memory for the padding of each row.
            unsafe { _mm_storeu_si128(self.indices.as_mut_ptr().add(length).cast(), padding) };
            length = length.next_multiple_of(BLOCK);
        }
        // SAFETY: `length` indices have been written.
        unsafe { self.indices.set_len(length) };
    }

    /// The number of ones in each row.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The columns of the ones, row after row; each row fills whole blocks.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bits::tests::spikes;
    use super::*;

    proptest! {
            #[test]
            fn lists_hold_the_columns_of_all_ones_in_order(
    (width, values) in spikes()) {
                let bits = Bits::of(&values, width).unwrap();
                let (mut events, mut slowly) = (Events::default(), Events::default());
                events.list(&bits);
                prop_assert_eq!(events.counts().len(), values.len() / width);
                let mut rest = events.indices();
                for (values, &count) in values.chunks(width).zip(events.counts()) {
                    let mut ones: Vec<u32> =
                        (0..width as u32).filter(|&i| values[i as usize] == 1.0).collect();
                    prop_assert_eq!(ones.len(), count as usize);
                    ones.resize(ones.len().next_multiple_of(BLOCK), width as u32);
                    let (row, others) = rest.split_at(ones.len());
                    prop_assert_eq!(row, ones);
                    rest = others;
                }
                prop_assert!(rest.is_empty());
                slowly.list_one_by_one(&bits);
                prop_assert_eq!(slowly, events);
            }
        }
}
