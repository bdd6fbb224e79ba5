//! Losses, one number per replica.

use tch::{Kind, Tensor};

use crate::formula::{CHUNK, Formula, along, along_back};
use crate::kernel::custom_op::{CustomOp, custom_op};
use crate::kernel::elementwise::elementwise;
use crate::kernel::{Buffer, ShapeRef, kernel_supports};

/// `weight` times the squared error of values `[R, B, 1]`, or `[R, C, B, 1]` of `C` copies, against a target `[R, B, 1]`:
/// averaged over the batch and summed over the copies, `[R]`. No gradient flows into the target.
pub fn squared_error(values: &Tensor, target: &Tensor, weight: f64) -> Tensor {
    let (replicas, batch) = match *values.shape() {
        [replicas, _, batch, 1] | [replicas, batch, 1] => (replicas, batch as usize),
        ref shape => panic!("values are [R, B, 1] or [R, C, B, 1], not {shape:?}"),
    };
    let operation = SquaredError {
        copies: values.count() / target.count().max(1),
        batch,
        weight,
    };
    custom_op(operation, &[values, &target.detach()], &[replicas])
}

/// The squared error of `copies` values for each place of a target.
pub(crate) struct SquaredError {
    pub copies: usize,
    pub batch: usize,
    pub weight: f64,
}

impl SquaredError {
    /// The target of each value, in the order of the values.
    fn targets<'t>(&self, targets: &'t [f32]) -> impl Iterator<Item = &'t f32> + use<'t> {
        let copies = self.copies;
        targets
            .chunks_exact(self.batch.max(1))
            .flat_map(move |targets| std::iter::repeat_n(targets, copies).flatten())
    }

    /// Writes the loss of each replica.
    pub fn losses(&self, values: &[f32], targets: &[f32], out: &mut [f32]) {
        let mut targets = self.targets(targets);
        let replicas = values.chunks_exact((self.copies * self.batch).max(1));
        for (values, out) in replicas.zip(out) {
            let squares = values.iter().zip(targets.by_ref()).map(|(value, target)| {
                let error = f64::from(value - target);
                error * error
            });
            *out = (squares.sum::<f64>() * self.weight / self.batch as f64) as f32;
        }
    }

    /// Writes the gradient of the values from that of each replica's loss.
    pub fn gradients(
        &self,
        values: &[f32],
        targets: &[f32],
        of_losses: impl Iterator<Item = f32>,
        of_values: &mut [f32],
    ) {
        let mut pairs = values.iter().zip(self.targets(targets));
        let replicas = of_values.chunks_exact_mut((self.copies * self.batch).max(1));
        for (of_values, gradient) in replicas.zip(of_losses) {
            let scale = gradient * 2.0 * self.weight as f32 / self.batch as f32;
            for (of_value, (value, target)) in of_values.iter_mut().zip(pairs.by_ref()) {
                *of_value = (value - target) * scale;
            }
        }
    }
}

impl CustomOp for SquaredError {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        self.losses(inputs[0], inputs[1], out);
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        if let Some(of_values) = &mut gradients[0] {
            let of_losses = gradient.iter().copied();
            self.gradients(inputs[0], inputs[1], of_losses, of_values);
        }
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        let target = match inputs[0].dim() {
            3 => inputs[1].shallow_clone(),
            _ => inputs[1].unsqueeze(1),
        };
        let squares = (inputs[0] - target).square().flatten(1, -1);
        squares.sum_dim_intlist(&[1i64][..], false, Kind::Float) * (self.weight / self.batch as f64)
    }
}

/// The mean of a formula over each replica's places, `[R]`. The inputs have one shape, `[R, B, W]`.
pub fn mean_of<F: Formula + Clone>(formula: F, inputs: &[&Tensor]) -> Tensor {
    if !inputs.iter().all(|input| kernel_supports(input)) {
        return mean(&elementwise(formula, inputs));
    }
    let replicas = inputs[0].shape()[0];
    let each = inputs[0].count() / replicas.max(1) as usize;
    assert!(
        inputs
            .iter()
            .all(|input| input.shape() == inputs[0].shape())
    );
    custom_op(MeanOf { formula, each }, inputs, &[replicas])
}

struct MeanOf<F> {
    formula: F,
    each: usize,
}

impl<F: Formula + Clone> CustomOp for MeanOf<F> {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        let mut all = Buffer::of(inputs[0].len());
        along(&self.formula, inputs, &mut all);
        for (values, out) in all.chunks_exact(self.each.max(1)).zip(out) {
            let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
            *out = (sum / self.each as f64) as f32;
        }
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        let mut d_values = Buffer::of(inputs[0].len());
        let replicas = d_values.chunks_exact_mut(self.each.max(1));
        for (d_values, gradient) in replicas.zip(gradient) {
            d_values.fill(gradient / self.each as f32);
        }
        let mut chunk = vec![[0.0; CHUNK]; inputs.len()];
        for (part, d_values) in d_values.chunks(CHUNK).enumerate() {
            let (start, length) = (part * CHUNK, d_values.len());
            let here: Vec<&[f32]> = inputs
                .iter()
                .map(|input| &input[start..][..length])
                .collect();
            along_back(&self.formula, &here, d_values, &mut chunk);
            for (gradient, from) in gradients.iter_mut().zip(&chunk) {
                if let Some(gradient) = gradient {
                    gradient[start..][..length].copy_from_slice(&from[..length]);
                }
            }
        }
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        mean(&elementwise(self.formula.clone(), inputs))
    }
}

/// The mean of each replica's values, from `[R, …]` to `[R]`.
pub fn mean(values: &Tensor) -> Tensor {
    scaled_mean(values, 1.0)
}

/// The negative mean of each replica's values, for quantities to be maximised.
pub fn negative_mean(values: &Tensor) -> Tensor {
    scaled_mean(values, -1.0)
}

fn scaled_mean(values: &Tensor, scale: f32) -> Tensor {
    let replicas = values.shape()[0];
    let each = values.count() / replicas.max(1) as usize;
    custom_op(ScaledMean { each, scale }, &[values], &[replicas])
}

struct ScaledMean {
    each: usize,
    scale: f32,
}

impl CustomOp for ScaledMean {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        for (values, out) in inputs[0].chunks_exact(self.each.max(1)).zip(out) {
            let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
            *out = (sum / self.each as f64) as f32 * self.scale;
        }
    }

    fn backward(&self, _: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        let Some(of_values) = &mut gradients[0] else {
            return;
        };
        let replicas = of_values.chunks_exact_mut(self.each.max(1));
        for (of_values, gradient) in replicas.zip(gradient) {
            of_values.fill(gradient * self.scale / self.each as f32);
        }
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        let rows = inputs[0].reshape([inputs[0].shape()[0], -1]);
        rows.mean_dim(&[1i64][..], false, Kind::Float) * f64::from(self.scale)
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::api::{Real, Streams};
    use crate::kernel::with_reference_ops;

    /// Depends on both numbers and has a kink.
    #[derive(Debug, Clone)]
    struct Twisted;

    impl Formula for Twisted {
        type Inputs<R: Real> = [R; 2];

        #[inline(always)]
        fn value<R: Real>(&self, [one, other]: [R; 2]) -> R {
            (one.exp() * other).min(one + 1.0)
        }
    }

    #[test]
    fn values_and_gradients_equal_those_of_the_reference_operations() {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let values = draw.normal(&[2, 3, 150, 1]).set_requires_grad(true);
        let target = draw.normal(&[2, 150, 1]);
        let run = || {
            let first = values.select(1, 0).contiguous();
            let losses = [
                squared_error(&values, &target, 1.0),
                squared_error(&first, &target, 0.3),
                mean_of(Twisted, &[&first, &target]),
                mean_of(Twisted, &[&target, &first]),
                mean(&values),
                negative_mean(&values),
            ];
            let weights = Tensor::from_slice(&[1.0f32, 3.0]);
            losses.map(|loss| {
                assert_eq!(loss.size(), [2]);
                let whole = (&loss * &weights).sum(Kind::Float);
                let mut gradients = Tensor::run_backward(&[&whole], &[&values], false, false);
                [loss.detach(), gradients.swap_remove(0)]
            })
        };
        let (ours, theirs) = (run(), with_reference_ops(run));
        for (one, other) in ours.iter().flatten().zip(theirs.iter().flatten()) {
            assert!(one.allclose(other, 1e-6, 1e-7, false), "{one} {other}");
        }
    }
}
