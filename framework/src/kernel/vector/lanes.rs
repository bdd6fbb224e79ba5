//! Vector registers, as far as the products need them.

use crate::formula::Instructions;

/// Work that is written for registers of any width.
pub trait Work {
    /// Does the work. Implementations and all that they call must be `#[inline(always)]`.
    ///
    /// # Safety
    /// The CPU must have the instructions of `L`, and the implementation's own requirements must hold.
    unsafe fn run<L: Lanes>(self);
}

/// Does the work with the widest registers of this CPU.
///
/// # Safety
/// The requirements of the work must hold.
pub unsafe fn widest(work: impl Work) {
    // SAFETY: `here` has checked the instructions; the caller promises the rest.
    unsafe {
        match Instructions::here() {
            #[cfg(all(avx512, target_arch = "x86_64"))]
            Instructions::Avx512 => with_avx512(work),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => with_avx2(work),
            _ => work.run::<Four>(),
        }
    }
}

#[cfg(all(avx512, target_arch = "x86_64"))]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
unsafe fn with_avx512(work: impl Work) {
    // SAFETY: the caller promises the same.
    unsafe { work.run::<std::arch::x86_64::__m512>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn with_avx2(work: impl Work) {
    // SAFETY: the caller promises the same.
    unsafe { work.run::<std::arch::x86_64::__m256>() }
}

/// A register of `WIDTH` single-precision numbers.
///
/// # Safety
/// The methods may be called only if the CPU has the instructions, and with pointers that are valid for all numbers that are
/// loaded or stored.
pub unsafe trait Lanes: Copy {
    /// The number of lanes.
    const WIDTH: usize;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// Loads `count` numbers, and zeros into the other lanes.
    unsafe fn load_part(from: *const f32, count: usize) -> Self;
    unsafe fn store_part(self, to: *mut f32, count: usize);
    unsafe fn add(self, other: Self) -> Self;
    /// Transposes a square of `WIDTH` rows; the rows read are `stride` numbers apart, those written `to_stride`.
    unsafe fn transpose(from: *const f32, stride: usize, to: *mut f32, to_stride: usize);
}

/// Registers with fused multiply-adds. There is no portable version: on a CPU without them LibTorch computes the dense
/// products.
///
/// # Safety
/// As for [`Lanes`].
pub unsafe trait Fused: Lanes {
    /// The number of rows of a result, two registers wide, that can be kept in registers.
    const ROWS: usize;
    /// A number in all lanes.
    unsafe fn splat(number: f32) -> Self;
    /// The index of a lane to [`spread`](Self::spread), in a form that stays in a register.
    type Lane: Copy;
    /// The lane with that index.
    unsafe fn lane(index: usize) -> Self::Lane;
    /// The number in one lane, in all lanes: without the load that [`splat`](Self::splat) takes.
    unsafe fn spread(self, lane: Self::Lane) -> Self;
    /// `self · other + sum`, rounded once.
    unsafe fn multiply_add(self, other: Self, sum: Self) -> Self;
}

/// Four numbers on any CPU; the compiler chooses the instructions.
#[derive(Clone, Copy)]
pub struct Four([f32; 4]);

// SAFETY: the methods need no particular instructions.
unsafe impl Lanes for Four {
    const WIDTH: usize = 4;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller keeps to the trait's contract.
        Self(unsafe { from.cast::<[f32; 4]>().read() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller keeps to the trait's contract.
        unsafe { to.cast::<[f32; 4]>().write(self.0) }
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> Self {
        // SAFETY: the caller keeps to the trait's contract.
        Self(std::array::from_fn(|i| {
            if i < count {
                unsafe { *from.add(i) }
            } else {
                0.0
            }
        }))
    }
    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, count: usize) {
        for i in 0..count {
            // SAFETY: the caller keeps to the trait's contract.
            unsafe { *to.add(i) = self.0[i] }
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, stride: usize, to: *mut f32, to_stride: usize) {
        for row in 0..4 {
            for column in 0..4 {
                // SAFETY: the caller keeps to the trait's contract.
                unsafe { *to.add(column * to_stride + row) = *from.add(row * stride + column) }
            }
        }
    }
}
