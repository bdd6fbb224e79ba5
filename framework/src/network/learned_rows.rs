//! The learned parameters of a layer's neurons, side by side.

use tch::Tensor;

use crate::kernel::ShapeRef;
use crate::kernel::custom_op::{CustomOp, custom_op};

/// The parameters `[R, P, N]` of `N` neurons from `P` tensors, each `[R, N]`, or `[R, 1]` if the layer shares it. `None` if
/// there are no parameters.
pub(super) fn learned_rows(parameters: &[&Tensor], neurons: i64) -> Option<Tensor> {
    let replicas = parameters.first()?.shape()[0];
    let count = parameters.len();
    let rows = LearnedRows {
        replicas: replicas as usize,
        neurons: neurons as usize,
    };
    Some(custom_op(
        rows,
        parameters,
        &[replicas, count as i64, neurons],
    ))
}

struct LearnedRows {
    replicas: usize,
    neurons: usize,
}

impl CustomOp for LearnedRows {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        for (index, row) in out.chunks_exact_mut(self.neurons).enumerate() {
            let (replica, input) = (index / inputs.len(), inputs[index % inputs.len()]);
            match input[replica * input.len() / self.replicas..] {
                [shared, ..] if input.len() == self.replicas => row.fill(shared),
                ref own => row.copy_from_slice(&own[..self.neurons]),
            }
        }
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        for (index, row) in gradient.chunks_exact(self.neurons).enumerate() {
            let (replica, parameter) = (index / inputs.len(), index % inputs.len());
            let Some(into) = &mut gradients[parameter] else {
                continue;
            };
            if into.len() == self.replicas {
                into[replica] = row.iter().sum();
            } else {
                into[replica * self.neurons..][..self.neurons].copy_from_slice(row);
            }
        }
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        let wide = [self.replicas as i64, self.neurons as i64];
        let rows: Vec<Tensor> = inputs
            .iter()
            .map(|input| input.expand(wide, false))
            .collect();
        Tensor::stack(&rows, 1)
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::api::Streams;
    use crate::kernel::with_reference_ops;

    #[test]
    fn rows_and_their_gradients_are_those_of_libtorch() {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let mut parameter = |width| draw.normal(&[2, width]).set_requires_grad(true);
        let inputs = [parameter(3), parameter(1), parameter(3)];
        let inputs = inputs.each_ref();
        let run = || {
            let rows = learned_rows(&inputs, 3).expect("rows");
            let loss = (&rows * rows.cos()).sum(Kind::Float);
            (rows, Tensor::run_backward(&[&loss], &inputs, false, false))
        };
        let ((ours, back), (theirs, their_back)) = (run(), with_reference_ops(run));
        assert!(ours.equal(&theirs));
        for (one, other) in back.iter().zip(&their_back) {
            assert!(one.allclose(other, 1e-6, 1e-6, false));
        }
        assert!(learned_rows(&[], 3).is_none());
    }
}
