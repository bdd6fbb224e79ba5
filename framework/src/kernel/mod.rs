//! The loops that LibTorch does not have, or has slower, on the CPU: products with spikes, dense products that pass over
//! zeros, what lies between the products of a perceptron, the optimiser. (Those over formulas are in `api`, because a
//! plugin's own crate compiles them.)
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

pub mod autograd;
pub mod custom_op;
pub mod elementwise;

mod bits;
mod blocked;
mod buffer;
mod choice;
mod dense;
mod errors;
mod events;
mod lanes;
mod matrix;
mod memory;
mod nonzeros;
mod optimiser;
mod patterns;
mod product;
mod strips;

pub use bits::Bits;
pub use buffer::Buffer;
pub use choice::{by_tensors, kernels_take};
pub use dense::{add_bias, add_bias_and_rectify, rectified_back};
pub use errors::Errors;
pub use matrix::{Matrix, product};
pub use memory::{Shaped, contiguous, empty, keep_freed_memory, values, values_mut, zeros};
pub use optimiser::{AdamStep, adam, follow, squares};
pub use product::spikes_times;
