//! The choice between the kernels and the reference, which is LibTorch's operations one by one.

use std::cell::Cell;
use std::sync::OnceLock;

use tch::Tensor;

use super::slices::is_single;

thread_local! {
    static REFERENCE: Cell<bool> = const { Cell::new(false) };
}

/// In a plugin, what the host says of this thread.
static FOLLOWED: OnceLock<fn() -> bool> = OnceLock::new();

/// Lets this copy of the framework, which is in a plugin, do as its host does.
pub fn follow_reference(is_reference: fn() -> bool) {
    let _ = FOLLOWED.set(is_reference);
}

/// Whether this thread is within [`with_reference_ops`], here or in the host.
pub fn is_reference() -> bool {
    REFERENCE.get() || FOLLOWED.get().is_some_and(|host| host())
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
    !is_reference() && is_single(tensor)
}
