//! The pieces of a perceptron's forward and backward pass.

mod errors;
mod relu;

pub use errors::Errors;
pub use relu::{add_bias, add_bias_relu, relu_backward};
