//! The registers of AVX2 and AVX-512.

use std::arch::x86_64::*;

use super::lanes::{Fused, Lanes};

// SAFETY: the methods use AVX2, which the trait's contract makes the caller check.
unsafe impl Lanes for __m256 {
    const WIDTH: usize = 8;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller keeps to the trait's contract, here and below.
        unsafe { _mm256_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm256_storeu_ps(to, self) }
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> Self {
        unsafe { _mm256_maskload_ps(from, mask(count)) }
    }
    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, count: usize) {
        unsafe { _mm256_maskstore_ps(to, mask(count), self) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        unsafe { _mm256_add_ps(self, other) }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, stride: usize, to: *mut f32, to_stride: usize) {
        unsafe {
            // Not with `array::from_fn`, which is not always inlined and then costs a call for each load.
            let mut r = [_mm256_setzero_ps(); 8];
            for (i, row) in r.iter_mut().enumerate() {
                *row = _mm256_loadu_ps(from.add(i * stride));
            }
            let mut pairs = r;
            for i in 0..4 {
                pairs[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
                pairs[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
            }
            let mut fours = r;
            for i in 0..2 {
                let (a, b) = (pairs[4 * i], pairs[4 * i + 1]);
                let (c, d) = (pairs[4 * i + 2], pairs[4 * i + 3]);
                fours[4 * i] = _mm256_shuffle_ps::<0x44>(a, c);
                fours[4 * i + 1] = _mm256_shuffle_ps::<0xee>(a, c);
                fours[4 * i + 2] = _mm256_shuffle_ps::<0x44>(b, d);
                fours[4 * i + 3] = _mm256_shuffle_ps::<0xee>(b, d);
            }
            for i in 0..4 {
                let (low, high) = (fours[i], fours[i + 4]);
                let first = _mm256_permute2f128_ps::<0x20>(low, high);
                let second = _mm256_permute2f128_ps::<0x31>(low, high);
                _mm256_storeu_ps(to.add(i * to_stride), first);
                _mm256_storeu_ps(to.add((i + 4) * to_stride), second);
            }
        }
    }
}

/// The mask of the first `count` lanes.
#[inline(always)]
unsafe fn mask(count: usize) -> __m256i {
    unsafe {
        let places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), places)
    }
}

// SAFETY: the methods use AVX-512, which the trait's contract makes the caller check.
#[cfg(avx512)]
unsafe impl Lanes for __m512 {
    const WIDTH: usize = 16;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller keeps to the trait's contract, here and below.
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm512_storeu_ps(to, self) }
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> Self {
        unsafe { _mm512_maskz_loadu_ps(((1u32 << count) - 1) as u16, from) }
    }
    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, count: usize) {
        unsafe { _mm512_mask_storeu_ps(to, ((1u32 << count) - 1) as u16, self) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        unsafe { _mm512_add_ps(self, other) }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, stride: usize, to: *mut f32, to_stride: usize) {
        unsafe {
            let mut r = [_mm512_setzero_ps(); 16];
            for (i, row) in r.iter_mut().enumerate() {
                *row = _mm512_loadu_ps(from.add(i * stride));
            }
            let mut pairs = r;
            for i in 0..8 {
                pairs[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
                pairs[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
            }
            let mut fours = r;
            for i in 0..4 {
                let (a, b) = (pairs[4 * i], pairs[4 * i + 1]);
                let (c, d) = (pairs[4 * i + 2], pairs[4 * i + 3]);
                fours[4 * i] = _mm512_shuffle_ps::<0x44>(a, c);
                fours[4 * i + 1] = _mm512_shuffle_ps::<0xee>(a, c);
                fours[4 * i + 2] = _mm512_shuffle_ps::<0x44>(b, d);
                fours[4 * i + 3] = _mm512_shuffle_ps::<0xee>(b, d);
            }
            let mut eights = r;
            for i in 0..4 {
                for half in [0, 8] {
                    let (low, high) = (fours[i + half], fours[i + half + 4]);
                    eights[i + half] = _mm512_shuffle_f32x4::<0x88>(low, high);
                    eights[i + half + 4] = _mm512_shuffle_f32x4::<0xdd>(low, high);
                }
            }
            for i in 0..8 {
                let (low, high) = (eights[i], eights[i + 8]);
                let first = _mm512_shuffle_f32x4::<0x88>(low, high);
                let second = _mm512_shuffle_f32x4::<0xdd>(low, high);
                _mm512_storeu_ps(to.add(i * to_stride), first);
                _mm512_storeu_ps(to.add((i + 8) * to_stride), second);
            }
        }
    }
}

// SAFETY: the methods use AVX2 and FMA, which the trait's contract makes the caller check.

unsafe impl Fused for __m256 {
    const ROWS: usize = 6;

    #[inline(always)]
    unsafe fn splat(number: f32) -> Self {
        // SAFETY: the caller keeps to the trait's contract, here and below.
        unsafe { _mm256_set1_ps(number) }
    }
    type Lane = __m256i;
    #[inline(always)]
    unsafe fn lane(index: usize) -> __m256i {
        unsafe { _mm256_set1_epi32(index as i32) }
    }
    #[inline(always)]
    unsafe fn spread(self, lane: __m256i) -> Self {
        unsafe { _mm256_permutevar8x32_ps(self, lane) }
    }
    #[inline(always)]
    unsafe fn multiply_add(self, other: Self, sum: Self) -> Self {
        unsafe { _mm256_fmadd_ps(self, other, sum) }
    }
}

// SAFETY: the methods use AVX-512, which the trait's contract makes the caller check.
#[cfg(avx512)]
unsafe impl Fused for __m512 {
    const ROWS: usize = 10;

    #[inline(always)]
    unsafe fn splat(number: f32) -> Self {
        // SAFETY: the caller keeps to the trait's contract, here and below.
        unsafe { _mm512_set1_ps(number) }
    }
    type Lane = __m512i;
    #[inline(always)]
    unsafe fn lane(index: usize) -> __m512i {
        unsafe { _mm512_set1_epi32(index as i32) }
    }
    #[inline(always)]
    unsafe fn spread(self, lane: __m512i) -> Self {
        unsafe { _mm512_permutexvar_ps(lane, self) }
    }
    #[inline(always)]
    unsafe fn multiply_add(self, other: Self, sum: Self) -> Self {
        unsafe { _mm512_fmadd_ps(self, other, sum) }
    }
}
