//! Loops over slices that LibTorch lacks on the CPU, or has only in a slower form: products with spikes, dense products that
//! skip zeros, the passes between the products of a perceptron, the optimiser; and the bridges to LibTorch that make them
//! differentiable operations on tensors.
//!
//! (Loops over formulas are in [`formula`](crate::formula), because the crate of a plugin compiles them.)
#![expect(
    unsafe_code,
    reason = "tensors as slices, and vector instructions by name"
)]
#![cfg_attr(
    avx512,
    expect(
        clippy::incompatible_msrv,
        reason = "build.rs sets `avx512` only for a Rust that has it"
    )
)]

mod adam;
mod buffer;
mod gemm;
mod mlp;
mod spikes;
mod subnormals;
mod torch;
mod vector;

pub use adam::{AdamStep, adam, polyak_update, sum_of_squares};
pub use buffer::Buffer;
pub use gemm::{Matrix, product};
pub use mlp::{Errors, add_bias, add_bias_relu, relu_backward};
pub use spikes::{Bits, spike_product};
pub use subnormals::WithoutSubnormals;
pub use torch::{
    ShapeRef, Values, autograd, contiguous, custom_op, elementwise, empty, follow_reference,
    from_values, in_memory, is_reference, keep_freed_memory, kernel_supports, values, values_mut,
    with_reference_ops, zeros,
};
