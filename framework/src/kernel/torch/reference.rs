//! The choice between the kernels and the reference, which is LibTorch's operations one by one.

use std::cell::Cell;

use tch::Tensor;

use super::slices::is_single;

thread_local! {
    static REFERENCE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` without the kernels: every operation on this thread is LibTorch's. Tests hold the kernels to what this gives.
pub fn with_reference_ops<T>(work: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            REFERENCE.set(self.0);
        }
    }
    let _restore = Restore(REFERENCE.replace(true));
    work()
}

/// Whether the kernels are to compute with this tensor: it must be in single precision and on the CPU, and the thread not
/// within [`with_reference_ops`].
pub fn kernel_supports(tensor: &Tensor) -> bool {
    !REFERENCE.get() && is_single(tensor)
}
