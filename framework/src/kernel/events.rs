//! Spikes as lists of indices.

use std::ops::Range;

use crate::api::Instructions;

/// For each row of a matrix of zeros and ones, where the ones are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Events {
    width: usize,
    /// Row `r` has the indices from `ends[r - 1]` to `ends[r]`.
    ends: Vec<u32>,
    indices: Vec<u32>,
}

impl Events {
    /// No row yet; each will have `width` values.
    pub fn new(width: usize) -> Self {
        Self {
            width,
            ends: Vec::new(),
            indices: Vec::new(),
        }
    }

    /// Adds rows; if there is anything but zeros and ones in them, it says `false` and adds nothing.
    pub fn append(&mut self, rows: &[f32]) -> bool {
        let before = (self.ends.len(), self.indices.len());
        let append: fn(&mut Vec<u32>, &[f32]) -> bool = match Instructions::here() {
            #[cfg(all(avx512, target_arch = "x86_64"))]
            // SAFETY: `here` says so only after the CPU did.
            Instructions::Avx512 => |indices, row| unsafe { append_ones_avx512(indices, row) },
            _ => append_ones,
        };
        for row in rows.chunks_exact(self.width.max(1)) {
            if !append(&mut self.indices, row) {
                self.ends.truncate(before.0);
                self.indices.truncate(before.1);
                return false;
            }
            self.ends.push(self.indices.len() as u32);
        }
        true
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        self.ends.clear();
        self.indices.clear();
    }

    /// For each column, the rows in which it has a one.
    pub fn transposed(&self) -> Self {
        let width = self.width;
        let mut counts = vec![0u32; width + 1];
        for &index in &self.indices {
            counts[index as usize + 1] += 1;
        }
        for column in 0..width {
            counts[column + 1] += counts[column];
        }
        // Filling moves each beginning to its end.
        let mut ends = counts;
        ends.pop();
        let mut indices = vec![0; self.indices.len()];
        for row in 0..self.rows() {
            for &column in &self.indices[self.range(row)] {
                let end = &mut ends[column as usize];
                indices[*end as usize] = row as u32;
                *end += 1;
            }
        }
        Self {
            width: self.rows(),
            ends,
            indices,
        }
    }

    /// Values in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.ends.len()
    }

    /// How many ones there are.
    pub fn count(&self) -> usize {
        self.indices.len()
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

/// Adds the places of the ones in `row`; says whether all the others are zeros.
fn append_ones(indices: &mut Vec<u32>, row: &[f32]) -> bool {
    for (block, values) in row.chunks(64).enumerate() {
        let (mut ones, valid) = bits(values);
        if !valid {
            return false;
        }
        while ones != 0 {
            indices.push((block * 64) as u32 + ones.trailing_zeros());
            ones &= ones - 1;
        }
    }
    true
}

/// The same, sixteen values at a time.
#[cfg(all(avx512, target_arch = "x86_64"))]
#[target_feature(enable = "avx512f")]
fn append_ones_avx512(indices: &mut Vec<u32>, row: &[f32]) -> bool {
    use std::arch::x86_64::*;
    indices.reserve(row.len() + 16);
    let mut places = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let (one, zero) = (_mm512_set1_ps(1.0), _mm512_setzero_ps());
    let (mut length, mut valid) = (indices.len(), true);
    for block in row.chunks(16) {
        let here = ((1u32 << block.len()) - 1) as u16;
        // SAFETY: only the lanes of `here` are loaded; the store goes to reserved memory, of which the first
        // `count_ones` numbers stay.
        unsafe {
            let values = _mm512_maskz_loadu_ps(here, block.as_ptr());
            let ones = _mm512_mask_cmpeq_ps_mask(here, values, one);
            let zeros = _mm512_mask_cmpeq_ps_mask(here, values, zero);
            valid &= ones | zeros == here;
            let packed = _mm512_maskz_compress_epi32(ones, places);
            _mm512_storeu_si512(indices.as_mut_ptr().add(length).cast(), packed);
            length += ones.count_ones() as usize;
        }
        places = _mm512_add_epi32(places, _mm512_set1_epi32(16));
    }
    // SAFETY: reserved and written above.
    unsafe { indices.set_len(length) };
    valid
}

/// The ones among at most 64 values, as bits; and whether all the others are zeros.
#[inline(always)]
fn bits(values: &[f32]) -> (u64, bool) {
    let mut ones = 0;
    let mut valid = true;
    let mut chunks = values.chunks_exact(4);
    for (index, four) in chunks.by_ref().enumerate() {
        let (four, fine) = four_bits(four);
        ones |= u64::from(four) << (4 * index);
        valid &= fine;
    }
    let done = values.len() / 4 * 4;
    for (index, &value) in chunks.remainder().iter().enumerate() {
        ones |= u64::from(value == 1.0) << (done + index);
        valid &= value == 0.0 || value == 1.0;
    }
    (ones, valid)
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn four_bits(values: &[f32]) -> (u32, bool) {
    use std::arch::x86_64::*;
    assert!(values.len() == 4);
    // SAFETY: four numbers, as asserted; every x86-64 has SSE2.
    unsafe {
        let values = _mm_loadu_ps(values.as_ptr());
        let ones = _mm_movemask_ps(_mm_cmpeq_ps(values, _mm_set1_ps(1.0)));
        let zeros = _mm_movemask_ps(_mm_cmpeq_ps(values, _mm_setzero_ps()));
        (ones as u32, ones | zeros == 0xf)
    }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn four_bits(values: &[f32]) -> (u32, bool) {
    values
        .iter()
        .enumerate()
        .fold((0, true), |(ones, valid), (index, &value)| {
            let one = value == 1.0;
            (
                ones | (u32::from(one) << index),
                valid & (one || value == 0.0),
            )
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spikes() -> impl Strategy<Value = (usize, Vec<f32>)> {
        (1usize..150, 1usize..20).prop_flat_map(|(width, rows)| {
            let value = prop::bool::weighted(0.3).prop_map(f32::from);
            (Just(width), prop::collection::vec(value, width * rows))
        })
    }

    proptest! {
        #[test]
        fn lists_hold_every_one_in_order_and_transposing_twice_changes_nothing(
            (width, rows) in spikes()
        ) {
            let mut events = Events::new(width);
            prop_assert!(events.append(&rows));
            prop_assert_eq!(events.rows(), rows.len() / width);
            for (row, values) in rows.chunks(width).enumerate() {
                let ones: Vec<u32> =
                    (0..width as u32).filter(|&i| values[i as usize] == 1.0).collect();
                prop_assert_eq!(events.row(row), &ones[..]);
            }
            let mut slowly = Vec::new();
            let fine = rows.chunks(width).all(|row| append_ones(&mut slowly, row));
            prop_assert!(fine);
            prop_assert_eq!(&slowly, &events.indices);
            let transposed = events.transposed();
            prop_assert_eq!(transposed.rows(), width);
            prop_assert_eq!(transposed.transposed(), events);
        }

        #[test]
        fn anything_but_zeros_and_ones_is_no_spike(
            (width, mut rows) in spikes(),
            place: prop::sample::Index,
            other in prop::sample::select(vec![0.5f32, -1.0, 2.0, f32::NAN, f32::INFINITY, 1.0000001]),
        ) {
            *place.get_mut(&mut rows) = other;
            let mut events = Events::new(width);
            prop_assert!(events.append(&vec![1.0; width]));
            let before = events.clone();
            prop_assert!(!events.append(&rows));
            prop_assert_eq!(events, before);
            prop_assert!(!rows.chunks(width).all(|row| append_ones(&mut Vec::new(), row)));
        }
    }
}
