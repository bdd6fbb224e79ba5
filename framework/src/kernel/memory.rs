//! Tensors as slices.

use std::slice::{from_raw_parts, from_raw_parts_mut};

use tch::{Device, Kind, Tensor};

/// A new tensor whose values are not set.
pub fn empty(shape: &[i64]) -> Tensor {
    Tensor::empty(shape, (Kind::Float, Device::Cpu))
}

/// A new tensor of zeros.
pub fn zeros(shape: &[i64]) -> Tensor {
    Tensor::zeros(shape, (Kind::Float, Device::Cpu))
}

fn check(tensor: &Tensor) {
    assert!(
        tensor.device() == Device::Cpu && tensor.kind() == Kind::Float && tensor.is_contiguous(),
        "the kernels take contiguous f32 tensors on the CPU, not {tensor:?}"
    );
}

/// The same tensor, or a copy that is contiguous.
pub fn contiguous(tensor: &Tensor) -> Tensor {
    if tensor.is_contiguous() {
        tensor.shallow_clone()
    } else {
        tensor.detach().contiguous()
    }
}

/// The values of a contiguous single-precision tensor on the CPU, in row-major order.
///
/// # Panics
/// If the tensor is another one.
pub fn values(tensor: &Tensor) -> &[f32] {
    check(tensor);
    // SAFETY: checked above; the memory lives as long as the tensor. Another handle could write to it meanwhile:
    // nothing else runs on this thread while a kernel does, and a job has one thread.
    unsafe { from_raw_parts(tensor.data_ptr().cast(), tensor.numel()) }
}

/// The values of a tensor, to be changed.
///
/// # Panics
/// As [`values`].
pub fn values_mut(tensor: &mut Tensor) -> &mut [f32] {
    check(tensor);
    // SAFETY: as `values`.
    unsafe { from_raw_parts_mut(tensor.data_ptr().cast(), tensor.numel()) }
}

/// Keeps freed memory for the next tensor, where the C library would give it back to the system: an update of a
/// network frees and takes the same few megabytes again and again, and a page that comes from the system has to be
/// cleared first. (A seventh of the time of an update.)
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: it sets two numbers of the C library's allocator, the first to the most that is allowed.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
            libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 30);
        }
    }
}
