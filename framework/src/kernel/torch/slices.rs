//! Tensors as slices.

use std::ffi::c_void;
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

#[repr(C)]
struct View {
    /// Null if the tensor is not contiguous, single-precision, and on the CPU.
    values: *mut f32,
    /// Null if there is no tensor.
    sizes: *const i64,
    dimensions: usize,
    count: usize,
    single: bool,
}

unsafe extern "C" {
    fn spikebench_view(tensor: *const c_void) -> View;
}

fn view(tensor: &Tensor) -> View {
    // SAFETY: it is a tensor; the function changes nothing.
    unsafe { spikebench_view(tensor.as_ptr().cast()) }
}

/// What [`Tensor::size`] and [`Tensor::numel`] tell, but without a copy: an update asks a thousand times.
pub trait ShapeRef {
    /// The sizes of all dimensions.
    ///
    /// # Panics
    /// If the tensor is not defined.
    fn shape(&self) -> &[i64];

    /// How many values it has.
    fn count(&self) -> usize;
}

impl ShapeRef for Tensor {
    fn shape(&self) -> &[i64] {
        let view = view(self);
        if view.dimensions == 0 {
            assert!(self.defined(), "the shape of no tensor");
            return &[];
        }
        // SAFETY: there are so many. Nobody gives a tensor another shape while it is looked at: that is done nowhere.
        unsafe { from_raw_parts(view.sizes, view.dimensions) }
    }

    fn count(&self) -> usize {
        view(self).count
    }
}

/// Is this a single-precision tensor on the CPU?
pub(super) fn is_single(tensor: &Tensor) -> bool {
    view(tensor).single
}

fn plain(tensor: &Tensor) -> View {
    let view = view(tensor);
    assert!(
        !view.values.is_null() || (view.count == 0 && tensor.defined()),
        "the kernels take contiguous f32 tensors on the CPU, not {tensor:?}"
    );
    view
}

/// The same tensor, or a copy that is contiguous.
pub fn contiguous(tensor: &Tensor) -> Tensor {
    if !view(tensor).values.is_null() || tensor.is_contiguous() {
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
    let view = plain(tensor);
    if view.count == 0 {
        return &[];
    }
    // SAFETY: checked above; the memory lives as long as the tensor. Another handle could write to it meanwhile:
    // nothing else runs on this thread while a kernel does, and a job has one thread.
    unsafe { from_raw_parts(view.values, view.count) }
}

/// The values of a tensor, to be changed.
///
/// # Panics
/// As [`values`].
pub fn values_mut(tensor: &mut Tensor) -> &mut [f32] {
    let view = plain(tensor);
    if view.count == 0 {
        return &mut [];
    }
    // SAFETY: as `values`.
    unsafe { from_raw_parts_mut(view.values, view.count) }
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
