//! The bridges to LibTorch: Rust closures as backward functions, and tensors as slices.

pub mod autograd;
pub mod custom_op;
pub mod elementwise;

mod reference;
mod slices;

pub use reference::{follow_reference, is_reference, kernel_supports, with_reference_ops};
pub use slices::{
    ShapeRef, Values, contiguous, empty, from_values, in_memory, keep_freed_memory, values,
    values_mut, zeros,
};
