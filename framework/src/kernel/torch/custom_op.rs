//! A computation with a hand-written derivative on slices, as one differentiable operation on tensors.

use tch::Tensor;

use super::autograd::{needs_gradient, with_backward};
use super::reference::kernel_supports;
use super::slices::{Values, empty, values_mut};

/// A computation on slices. Each slice holds all values of a tensor in row-major order; the implementation knows the shapes.
pub trait CustomOp: Send + 'static {
    /// Writes the values of the result.
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]);

    /// Writes the gradients of those inputs for which there is a slice, from the gradient of the result.
    fn backward(&self, inputs: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]);

    /// The same result by LibTorch's operations, for tensors that the kernels do not [support](kernel_supports).
    fn reference(&self, inputs: &[&Tensor]) -> Tensor;
}

/// Applies the operation, whose result has this shape.
pub fn custom_op(operation: impl CustomOp, inputs: &[&Tensor], shape: &[i64]) -> Tensor {
    if !inputs.iter().all(|input| kernel_supports(input)) {
        return operation.reference(inputs);
    }
    let kept: Vec<Values> = inputs.iter().map(|input| Values::of(input)).collect();
    let mut out = empty(shape);
    operation.forward(&all(&kept), values_mut(&mut out));
    if !needs_gradient(inputs) {
        return out;
    }
    let needed: Vec<bool> = inputs.iter().map(|input| input.requires_grad()).collect();
    let backward = move |gradient: &Tensor| {
        let gradient = Values::of(gradient);
        let mut gradients: Vec<Option<Tensor>> = needed
            .iter()
            .zip(&kept)
            .map(|(&needed, input)| needed.then(|| empty(input.shape())))
            .collect();
        let mut into: Vec<Option<&mut [f32]>> = gradients
            .iter_mut()
            .map(|gradient| gradient.as_mut().map(values_mut))
            .collect();
        operation.backward(&all(&kept), &gradient, &mut into);
        Ok(gradients)
    };
    match with_backward(out, inputs, backward) {
        Ok(out) => out,
        Err(error) => panic!("{error}"),
    }
}

fn all(kept: &[Values]) -> Vec<&[f32]> {
    kept.iter().map(|values| &values[..]).collect()
}
