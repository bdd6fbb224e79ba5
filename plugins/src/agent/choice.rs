//! Choices among discrete actions by the values that a network gives them.

use spikebench::kernel::ShapeRef;
use spikebench::kernel::custom_op::{CustomOp, custom_op};
use tch::{Kind, Tensor};

/// The index of the largest value in each row of `[R, B, choices]`, `[R, B, 1]`. NaN counts as the largest, so that a diverged
/// network is noticed. No gradient flows through a choice.
pub fn greedy(values: &Tensor) -> Tensor {
    let [replicas, batch, choices] = *values.shape() else {
        panic!("values are [R, B, choices], not {:?}", values.shape())
    };
    let choices = choices as usize;
    custom_op(
        Greedy { choices },
        &[&values.detach()],
        &[replicas, batch, 1],
    )
}

struct Greedy {
    choices: usize,
}

impl CustomOp for Greedy {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        for (values, out) in inputs[0].chunks_exact(self.choices).zip(out) {
            let mut best = 0;
            for (choice, &value) in values.iter().enumerate() {
                let so_far = values[best];
                if value > so_far || (value.is_nan() && !so_far.is_nan()) {
                    best = choice;
                }
            }
            *out = best as f32;
        }
    }

    fn backward(&self, _: &[&[f32]], _: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        let wanted = gradients.iter_mut().flatten();
        wanted.for_each(|gradient| gradient.fill(0.0));
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        inputs[0].argmax(-1, true).to_kind(Kind::Float)
    }
}

/// The value of each row's choice, `[R, B, 1]`, among `values`, `[R, B, choices]`.
pub fn value_of(choice: &Tensor, values: &Tensor) -> Tensor {
    let choices = values.shape()[2] as usize;
    custom_op(
        ValueOf { choices },
        &[values, &choice.detach()],
        choice.shape(),
    )
}

struct ValueOf {
    choices: usize,
}

impl CustomOp for ValueOf {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        let rows = inputs[0].chunks_exact(self.choices);
        for ((values, &choice), out) in rows.zip(inputs[1]).zip(out) {
            *out = values[choice as usize];
        }
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        let Some(of_values) = &mut gradients[0] else {
            return;
        };
        of_values.fill(0.0);
        let rows = of_values.chunks_exact_mut(self.choices);
        for ((of_values, &choice), gradient) in rows.zip(inputs[1]).zip(gradient) {
            of_values[choice as usize] = *gradient;
        }
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        inputs[0].gather(-1, &inputs[1].to_kind(Kind::Int64), false)
    }
}

#[cfg(test)]
mod tests {
    use spikebench::api::Streams;
    use spikebench::kernel::with_reference_ops;
    use tch::Device;

    use super::*;

    #[test]
    fn choices_and_their_values_are_those_of_libtorch() {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let values = draw.normal(&[2, 7, 3]).set_requires_grad(true);
        let run = || {
            let choice = greedy(&values);
            let best = value_of(&choice, &values);
            let loss = (&best * best.sin()).sum(Kind::Float);
            let gradients = Tensor::run_backward(&[&loss], &[&values], false, false);
            [choice, best.detach(), gradients[0].shallow_clone()]
        };
        for (one, other) in run().iter().zip(&with_reference_ops(run)) {
            assert!(one.allclose(other, 1e-6, 1e-7, false), "{one} {other}");
        }
        let with_nan = Tensor::from_slice(&[1.0, f32::NAN, 2.0, 3.0, 3.0, 1.0]).view([1, 2, 3]);
        assert!(greedy(&with_nan).equal(&with_reference_ops(|| greedy(&with_nan))));
    }
}
