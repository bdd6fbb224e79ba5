//! Loops that use the vector instructions of the CPU.
//!
//! The program is built for any x86-64. A [`Loop`] is compiled again for AVX2 and for AVX-512, and the version to run is chosen
//! at run time. The results are the same: nothing is contracted to fused multiply-adds, and nothing is summed in another
//! order.
#![expect(
    unsafe_code,
    reason = "calls of functions that are compiled for more instructions than the program"
)]

use std::sync::OnceLock;

/// A loop over slices. `run` and all that it calls must be `#[inline(always)]` or small; otherwise the loop runs without
/// vector instructions.
pub trait Loop {
    /// The result of the loop.
    type Output;
    /// Runs the loop.
    fn run(self) -> Self::Output;
}

/// A set of vector instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// The instructions that every CPU of this architecture has: SSE2 on x86-64.
    Baseline,
    /// AVX2, with registers of 256 bits.
    Avx2,
    /// AVX-512 (F, BW, DQ, VL), with registers of 512 bits, and POPCNT.
    Avx512,
}

impl Instructions {
    /// The best instructions that this CPU has and that the environment variable `SPIKEBENCH_INSTRUCTIONS` (`baseline`,
    /// `avx2`) permits.
    pub fn here() -> Self {
        static HERE: OnceLock<Instructions> = OnceLock::new();
        *HERE.get_or_init(
            || match std::env::var("SPIKEBENCH_INSTRUCTIONS").as_deref() {
                Ok("baseline") => Self::Baseline,
                Ok("avx2") => Self::Avx2.min(Self::detect()),
                _ => Self::detect(),
            },
        )
    }

    #[cfg(target_arch = "x86_64")]
    fn detect() -> Self {
        #[cfg(avx512)]
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("popcnt")
        {
            return Self::Avx512;
        }
        if is_x86_feature_detected!("avx2") {
            return Self::Avx2;
        }
        Self::Baseline
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn detect() -> Self {
        Self::Baseline
    }
}

/// A loop with parameters that are constant while it runs. They are an argument of their own, because the compiler knows that
/// nothing changes what a shared reference points to. For all it knows, any store could change a field of the loop, so that
/// the field would be read again for every element; and if it is in double precision, half as many elements would be computed
/// at once.
pub trait LoopWith<P> {
    /// The result of the loop.
    type Output;
    /// Runs the loop.
    fn run(self, parameters: &P) -> Self::Output;
}

/// Runs a loop with the best [`Instructions`] of this CPU.
pub fn vectorised<L: Loop>(work: L) -> L::Output {
    vectorised_with(&(), Without(work))
}

struct Without<L>(L);

impl<L: Loop> LoopWith<()> for Without<L> {
    type Output = L::Output;

    #[inline(always)]
    fn run(self, _: &()) -> L::Output {
        self.0.run()
    }
}

/// Runs a loop with parameters with the best [`Instructions`] of this CPU.
pub fn vectorised_with<P, L: LoopWith<P>>(parameters: &P, work: L) -> L::Output {
    match Instructions::here() {
        // SAFETY: `here` has checked the instructions.
        #[cfg(all(avx512, target_arch = "x86_64"))]
        Instructions::Avx512 => unsafe { avx512(parameters, work) },
        // SAFETY: `here` has checked the instructions.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { avx2(parameters, work) },
        _ => work.run(parameters),
    }
}

#[cfg(all(avx512, target_arch = "x86_64"))]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn avx512<P, L: LoopWith<P>>(parameters: &P, work: L) -> L::Output {
    work.run(parameters)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<P, L: LoopWith<P>>(parameters: &P, work: L) -> L::Output {
    work.run(parameters)
}
