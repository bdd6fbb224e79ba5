//! Loops that use what instructions the CPU has.
//!
//! The program is built for any x86-64. A [`Loop`] is compiled once more for AVX2 and once for AVX-512, and which of
//! them runs is decided at run time. Results do not depend on it: nothing is contracted to fused multiply-adds and
//! nothing is summed in another order.
#![expect(
    unsafe_code,
    reason = "calling a function that is compiled for more instructions than the program"
)]

use std::sync::OnceLock;

/// A loop over slices. `run` and what it calls must be `#[inline(always)]` or small, or it stays without vectors.
pub trait Loop {
    /// What it gives.
    type Output;
    /// Runs it.
    fn run(self) -> Self::Output;
}

/// A set of vector instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// What every CPU of this kind has; SSE2 on x86-64.
    Baseline,
    /// 256 bits.
    Avx2,
    /// 512 bits.
    Avx512,
}

impl Instructions {
    /// The best that this CPU has, and that `SPIKEBENCH_INSTRUCTIONS` (`baseline`, `avx2`) permits.
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

/// A loop with parameters that stay as they are while it runs. They are an argument of their own because the compiler knows
/// that nothing changes what is behind one. What a loop holds itself any store might change: it would be read again for
/// every element, and if it is in double precision, half as many elements would be computed at once.
pub trait LoopWith<P> {
    /// What it gives.
    type Output;
    /// Runs it.
    fn run(self, parameters: &P) -> Self::Output;
}

/// Runs a loop with the best instructions there are.
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

/// The same for a loop with parameters.
pub fn vectorised_with<P, L: LoopWith<P>>(parameters: &P, work: L) -> L::Output {
    match Instructions::here() {
        // SAFETY: `here` says so only after the CPU did.
        #[cfg(all(avx512, target_arch = "x86_64"))]
        Instructions::Avx512 => unsafe { avx512(parameters, work) },
        // SAFETY: likewise.
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
