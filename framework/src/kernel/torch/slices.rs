//! Tensors as slices.

use std::ffi::c_void;
use std::ops::Deref;
use std::slice::{from_raw_parts, from_raw_parts_mut};

use tch::{Device, Kind, Tensor};

/// A new single-precision tensor on the CPU with uninitialised values.
///
/// # Panics
/// If there is not enough memory.
pub fn empty(shape: &[i64]) -> Tensor {
    // SAFETY: the sizes are read within the call, and C++ passes ownership of the tensor that it makes.
    unsafe {
        let made = spikebench_empty(shape.as_ptr(), shape.len());
        assert!(!made.is_null(), "no memory for a tensor of shape {shape:?}");
        Tensor::from_ptr(made.cast())
    }
}

/// A new single-precision tensor on the CPU with these values, in row-major order.
///
/// # Panics
/// If there are not as many values as the shape has places.
pub fn from_values(values: &[f32], shape: &[i64]) -> Tensor {
    let mut tensor = empty(shape);
    values_mut(&mut tensor).copy_from_slice(values);
    tensor
}

/// A new single-precision tensor of zeros on the CPU.
pub fn zeros(shape: &[i64]) -> Tensor {
    let mut tensor = empty(shape);
    values_mut(&mut tensor).fill(0.0);
    tensor
}

#[derive(Debug)]
#[repr(C)]
struct View {
    /// Null if the tensor is not contiguous, single-precision, and on the CPU.
    values: *mut f32,
    /// Null if the tensor is not defined.
    sizes: *const i64,
    dimensions: usize,
    count: usize,
    single: bool,
}

impl View {
    /// The size of each dimension of the tensor that this is a view of.
    fn shape<'t>(&self, of: &'t Tensor) -> &'t [i64] {
        if self.dimensions == 0 {
            assert!(of.defined(), "an undefined tensor has no shape");
            return &[];
        }
        // SAFETY: there are that many sizes. They live as long as the tensor keeps its shape, and nothing here changes the
        // shape of a tensor in place.
        unsafe { from_raw_parts(self.sizes, self.dimensions) }
    }
}

unsafe extern "C" {
    fn spikebench_view(tensor: *const c_void) -> View;
    fn spikebench_empty(sizes: *const i64, dimensions: usize) -> *mut c_void;
}

fn view(tensor: &Tensor) -> View {
    // SAFETY: the pointer is that of a living tensor, which the function only reads.
    unsafe { spikebench_view(tensor.as_ptr().cast()) }
}

/// The shape of a tensor, borrowed. [`Tensor::size`] copies it, and an update asks for a thousand shapes.
pub trait ShapeRef {
    /// The size of each dimension.
    ///
    /// # Panics
    /// If the tensor is not defined.
    fn shape(&self) -> &[i64];

    /// The number of values.
    fn count(&self) -> usize;
}

impl ShapeRef for Tensor {
    fn shape(&self) -> &[i64] {
        view(self).shape(self)
    }

    fn count(&self) -> usize {
        view(self).count
    }
}

/// Whether this is a single-precision tensor on the CPU.
pub(super) fn is_single(tensor: &Tensor) -> bool {
    view(tensor).single
}

/// The view of a tensor whose values can be read as a slice.
fn plain(tensor: &Tensor) -> View {
    let view = view(tensor);
    assert!(
        !view.values.is_null() || (view.count == 0 && tensor.defined()),
        "the kernels need a contiguous f32 tensor on the CPU, not {tensor:?}"
    );
    view
}

/// The tensor if it is contiguous, else a contiguous copy without gradients.
pub fn contiguous(tensor: &Tensor) -> Tensor {
    if !view(tensor).values.is_null() || tensor.is_contiguous() {
        tensor.shallow_clone()
    } else {
        tensor.detach().contiguous()
    }
}

/// The tensor in main memory, contiguous and in single precision: itself if it is so, else a copy without gradients.
pub fn in_memory(tensor: &Tensor) -> Tensor {
    if view(tensor).values.is_null() {
        let tensor = tensor.detach().to_device(Device::Cpu);
        tensor.to_kind(Kind::Float).contiguous()
    } else {
        tensor.shallow_clone()
    }
}

/// A tensor whose values are at hand, in row-major order. To ask LibTorch for them takes a call each time.
#[derive(Debug)]
pub struct Values {
    /// Keeps the memory alive.
    tensor: Tensor,
    view: View,
}

// SAFETY: the pointers are to memory of the tensor, which may itself be sent to another thread.
unsafe impl Send for Values {}

impl Values {
    /// The values of the tensor, or of a contiguous copy without gradients.
    ///
    /// # Panics
    /// If it is not a single-precision tensor on the CPU.
    pub fn of(tensor: &Tensor) -> Self {
        let view = view(tensor);
        if !view.values.is_null() {
            let tensor = tensor.shallow_clone();
            return Self { tensor, view };
        }
        let tensor = contiguous(tensor);
        let view = plain(&tensor);
        Self { tensor, view }
    }

    /// The size of each dimension.
    pub fn shape(&self) -> &[i64] {
        self.view.shape(&self.tensor)
    }
}

impl Deref for Values {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        if self.view.count == 0 {
            return &[];
        }
        // SAFETY: as in `values`; the tensor lives as long as this.
        unsafe { from_raw_parts(self.view.values, self.view.count) }
    }
}

/// The values of a contiguous single-precision tensor on the CPU, in row-major order.
///
/// # Panics
/// If the tensor is not such a one.
pub fn values(tensor: &Tensor) -> &[f32] {
    let view = plain(tensor);
    if view.count == 0 {
        return &[];
    }
    // SAFETY: `plain` has checked the layout, and the memory lives as long as the tensor. Another handle could write to it, but
    // a job has one thread, and nothing else runs on it while a kernel does.
    unsafe { from_raw_parts(view.values, view.count) }
}

/// The values of a contiguous single-precision tensor on the CPU, mutable.
///
/// # Panics
/// As [`values`].
pub fn values_mut(tensor: &mut Tensor) -> &mut [f32] {
    let view = plain(tensor);
    if view.count == 0 {
        return &mut [];
    }
    // SAFETY: as in `values`.
    unsafe { from_raw_parts_mut(view.values, view.count) }
}

/// Makes the C library keep freed memory for the next tensor instead of returning it to the system. An update of a network
/// frees and allocates the same few megabytes again and again, and the system clears every page that it hands out: that
/// took a seventh of the time of an update.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: the calls set two parameters of the C library's allocator, the first to the largest value allowed.

        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
            libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 30);
        }
    }
}
