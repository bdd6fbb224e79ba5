//! Whether the kernels run, or LibTorch's operations one by one.

use std::cell::Cell;

use tch::Tensor;

use super::memory::is_single;

thread_local! {
    static ONE_BY_ONE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` without the kernels: every operation on this thread is LibTorch's.
pub fn with_reference_ops<T>(work: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            ONE_BY_ONE.set(self.0);
        }
    }
    let _restore = Restore(ONE_BY_ONE.replace(true));
    work()
}

/// Is this a tensor for the kernels, and are they to be used?
pub fn kernel_supports(tensor: &Tensor) -> bool {
    !ONE_BY_ONE.get() && is_single(tensor)
}
