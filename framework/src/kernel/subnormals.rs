//! Subnormal numbers: those below 1.2e-38, which the CPU handles a hundred times as slowly as others.

use std::marker::PhantomData;

/// While it lives, operations of this thread take subnormal numbers for zero and give zero for them.
///
/// A unit that stays silent has no gradient, so Adam's mean of it decays until it is subnormal, and there it stays, because
/// the smallest of these numbers times 0.9 is rounded to itself. Too small to move any weight, such numbers doubled
/// the time of an update on an Intel CPU. (JAX sets the same mode.) On other CPUs than x86-64 this does nothing.
#[derive(Debug)]
#[must_use = "the mode ends when this is dropped"]
pub struct WithoutSubnormals {
    #[cfg(target_arch = "x86_64")]
    before: u32,
    /// The mode is one of a thread.
    here: PhantomData<*const ()>,
}

/// The bits of MXCSR that flush results to zero and take operands for zero.
#[cfg(target_arch = "x86_64")]
const FLUSH: u32 = 0x8040;

impl WithoutSubnormals {
    /// Begins the mode.
    pub fn begin() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            before: {
                let before = control();
                set_control(before | FLUSH);
                before
            },
            here: PhantomData,
        }
    }
}

impl Drop for WithoutSubnormals {
    fn drop(&mut self) {
        #[cfg(target_arch = "x86_64")]
        set_control(self.before);
    }
}

#[cfg(target_arch = "x86_64")]
fn control() -> u32 {
    let mut control = 0u32;
    // SAFETY: the instruction writes four bytes to the place that it is given.
    unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut control, options(nostack)) };
    control
}

#[cfg(target_arch = "x86_64")]
fn set_control(control: u32) {
    // SAFETY: the instruction reads four bytes. Only the two bits for subnormal numbers ever differ from the default, and what
    // the compiler computes beforehand has no subnormal numbers.
    unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const control, options(nostack)) };
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn subnormal_numbers_are_zero_while_the_mode_lasts_and_only_then() {
        let halved = || black_box(f32::MIN_POSITIVE) * black_box(0.5);
        assert!(halved() > 0.0);
        {
            let _outer = WithoutSubnormals::begin();
            drop(WithoutSubnormals::begin());
            assert_eq!(halved(), 0.0, "the inner one restores the outer one");
            assert_eq!(black_box(f32::MIN_POSITIVE / 2.0) * black_box(4.0), 0.0);
        }
        assert!(halved() > 0.0);
    }
}
