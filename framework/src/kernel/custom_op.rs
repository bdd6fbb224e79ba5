//! A computation on the values of tensors, with its derivative by hand, as one differentiable operation on the CPU.

use tch::Tensor;

use crate::kernel::autograd::{custom, differentiates};
use crate::kernel::{Shaped, contiguous, empty, values, values_mut};

/// What is computed. The shapes are known to it; a slice holds all values of a tensor in row-major order.
pub trait Slicewise: Send + 'static {
    /// Writes the values.
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]);

    /// Writes the gradients of the inputs, where they are wanted, from that of the values.
    fn backward(&self, inputs: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]);
}

/// The values, in this shape. The inputs are tensors that the kernels take.
pub fn slicewise(operation: impl Slicewise, inputs: &[&Tensor], shape: &[i64]) -> Tensor {
    let still: Vec<Tensor> = inputs.iter().map(|input| contiguous(input)).collect();
    let mut out = empty(shape);
    operation.forward(&all(&still), values_mut(&mut out));
    if !differentiates(inputs) {
        return out;
    }
    let needed: Vec<bool> = inputs.iter().map(|input| input.requires_grad()).collect();
    let backward = move |gradient: &Tensor| {
        let gradient = contiguous(gradient);
        let mut gradients: Vec<Option<Tensor>> = needed
            .iter()
            .zip(&still)
            .map(|(&needed, input)| needed.then(|| empty(input.shape())))
            .collect();
        let mut into: Vec<Option<&mut [f32]>> = gradients
            .iter_mut()
            .map(|gradient| gradient.as_mut().map(values_mut))
            .collect();
        operation.backward(&all(&still), values(&gradient), &mut into);
        Ok(gradients)
    };
    match custom(out, inputs, backward) {
        Ok(out) => out,
        Err(error) => panic!("{error}"),
    }
}

fn all(tensors: &[Tensor]) -> Vec<&[f32]> {
    tensors.iter().map(values).collect()
}
