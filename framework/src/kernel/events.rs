//! Spikes as lists of indices.

use std::ops::Range;

use super::bits::{Bits, WORD};
use crate::api::Instructions;

/// For each row of a matrix of zeros and ones, where the ones are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Events {
    /// Row `r` has the indices from `ends[r - 1]` to `ends[r]`.
    ends: Vec<u32>,
    indices: Vec<u32>,
}

impl Events {
    /// Lists the ones of these bits in place of what was listed.
    pub fn list(&mut self, bits: &Bits) {
        self.ends.clear();
        self.indices.clear();
        // A register is stored whole, whatever of it counts.
        self.indices.reserve(bits.ones() + 16);
        match Instructions::here() {
            #[cfg(all(avx512, target_arch = "x86_64"))]
            // SAFETY: `here` says so only after the CPU did.
            Instructions::Avx512 => unsafe { self.list_avx512(bits) },
            _ => self.list_one_by_one(bits),
        }
    }

    fn list_one_by_one(&mut self, bits: &Bits) {
        for row in 0..bits.rows() {
            for (index, &word) in bits.row(row).iter().enumerate() {
                let mut word = word;
                while word != 0 {
                    let place = index * WORD + word.trailing_zeros() as usize;
                    self.indices.push(place as u32);
                    word &= word - 1;
                }
            }
            self.ends.push(self.indices.len() as u32);
        }
    }

    /// The same, sixteen bits at a time.
    #[cfg(all(avx512, target_arch = "x86_64"))]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
    fn list_avx512(&mut self, bits: &Bits) {
        use std::arch::x86_64::*;
        let first = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        let mut length = 0;
        for row in 0..bits.rows() {
            let mut places = first;
            for &word in bits.row(row) {
                for quarter in 0..WORD / 16 {
                    let ones = (word >> (16 * quarter)) as u16;
                    // SAFETY: memory was reserved for all ones and a register more.
                    unsafe {
                        let packed = _mm512_maskz_compress_epi32(ones, places);
                        _mm512_storeu_si512(self.indices.as_mut_ptr().add(length).cast(), packed);
                    }
                    length += ones.count_ones() as usize;
                    places = _mm512_add_epi32(places, _mm512_set1_epi32(16));
                }
            }
            self.ends.push(length as u32);
        }
        // SAFETY: so many were written above.
        unsafe { self.indices.set_len(length) };
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.ends.len()
    }

    /// Where the ones of a row are.
    #[inline(always)]
    pub fn row(&self, row: usize) -> &[u32] {
        &self.indices[self.range(row)]
    }

    #[inline(always)]
    fn range(&self, row: usize) -> Range<usize> {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        start as usize..self.ends[row] as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bits::tests::spikes;
    use super::*;

    proptest! {
        #[test]
        fn lists_hold_every_one_in_order((width, values) in spikes()) {
            let bits = Bits::of(&values, width).unwrap();
            let (mut events, mut slowly) = (Events::default(), Events::default());
            events.list(&bits);
            prop_assert_eq!(events.rows(), values.len() / width);
            for (row, values) in values.chunks(width).enumerate() {
                let ones: Vec<u32> =
                    (0..width as u32).filter(|&i| values[i as usize] == 1.0).collect();
                prop_assert_eq!(events.row(row), &ones[..]);
            }
            slowly.list_one_by_one(&bits);
            prop_assert_eq!(slowly, events);
        }
    }
}
