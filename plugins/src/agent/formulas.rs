//! Formulas that several agents share.

use spikebench::api::{Formula, Real};
use spikebench::kernel::ShapeRef;
use spikebench::kernel::custom_op::{CustomOp, custom_op};
use spikebench::kernel::elementwise::elementwise;
use spikebench::learn::replay_buffer::Batch;
use tch::{Kind, Tensor};

/// Squashes unbounded values to actions within `±limit`.
pub fn squash(proposed: &Tensor, limit: f64) -> Tensor {
    elementwise(Squash { limit }, &[proposed])
}

/// An action from an unbounded value.
#[derive(Debug)]
struct Squash {
    limit: f64,
}

impl Formula for Squash {
    type Inputs<R: Real> = [R; 1];

    #[inline(always)]
    fn value<R: Real>(&self, [proposed]: [R; 1]) -> R {
        proposed.tanh() * self.limit
    }
}

/// The smoothed action of the target policy (Fujimoto et al. 2018, section 5.3), from its unbounded value and standard normal
/// noise.
#[derive(Debug)]
pub struct Smoothed {
    /// The bound of the actions.
    pub limit: f64,
    /// The standard deviation of the noise.
    pub noise: f64,
    /// The bound of the noise.
    pub clip: f64,
}

impl Formula for Smoothed {
    type Inputs<R: Real> = [R; 2];

    #[inline(always)]
    fn value<R: Real>(&self, [proposed, noise]: [R; 2]) -> R {
        let noise = (noise * self.noise).clamp(-self.clip, self.clip);
        (proposed.tanh() * self.limit + noise).clamp(-self.limit, self.limit)
    }
}

/// The temporal-difference targets of a batch whose next observations have the values `next`; all `[R, B, 1]`. Rewards are
/// multiplied by `reward_scale`.
pub fn td_target(batch: &Batch, next: &Tensor, reward_scale: f64) -> Tensor {
    elementwise(
        TdTarget { reward_scale },
        &[&batch.reward, &batch.discount, next],
    )
}

/// The right-hand side of the Bellman equation, from the reward, the discount, and the next value.
#[derive(Debug)]
struct TdTarget {
    reward_scale: f64,
}

impl Formula for TdTarget {
    type Inputs<R: Real> = [R; 3];

    #[inline(always)]
    fn value<R: Real>(&self, [reward, discount, next]: [R; 3]) -> R {
        reward * self.reward_scale + discount * next
    }
}

/// The sum over the last dimension of `[R, B, W]`, `[R, B, 1]`.
pub fn row_sums(values: &Tensor) -> Tensor {
    let [replicas, batch, width] = *values.shape() else {
        panic!("values are [R, B, W], not {:?}", values.shape())
    };
    let operation = RowSums {
        width: width as usize,
    };
    custom_op(operation, &[values], &[replicas, batch, 1])
}

struct RowSums {
    width: usize,
}

impl CustomOp for RowSums {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        for (row, out) in inputs[0].chunks_exact(self.width.max(1)).zip(out) {
            *out = row.iter().sum();
        }
    }

    fn backward(&self, _: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        let Some(of_values) = &mut gradients[0] else {
            return;
        };
        let rows = of_values.chunks_exact_mut(self.width.max(1));
        rows.zip(gradient)
            .for_each(|(row, &gradient)| row.fill(gradient));
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        inputs[0].sum_dim_intlist(&[-1i64][..], true, Kind::Float)
    }
}

/// Standardises each replica's values `[R, H, 1]` over the horizon to mean zero and sample standard deviation one.
pub fn standardised(values: &Tensor) -> Tensor {
    let mean = values.mean_dim(&[1i64][..], true, Kind::Float);
    let deviation = values.std_dim(&[1i64][..], true, true);
    (values - mean) / (deviation + 1e-8)
}

/// The lower of two critics' values `[R, 2, B, 1]` for each transition, `[R, B, 1]`.
pub fn least(values: &Tensor) -> Tensor {
    let [replicas, _, batch, one] = *values.shape() else {
        panic!("values are [R, 2, B, 1], not {:?}", values.shape())
    };
    let operation = Least {
        batch: (batch * one) as usize,
    };
    custom_op(operation, &[values], &[replicas, batch, one])
}

struct Least {
    batch: usize,
}

impl Least {
    /// Whether the second value is the lower one; NaN counts as the lowest.
    fn second(one: f32, two: f32) -> bool {
        two < one || two.is_nan()
    }
}

impl CustomOp for Least {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        let twins = inputs[0].chunks_exact(2 * self.batch);
        for (twins, out) in twins.zip(out.chunks_exact_mut(self.batch)) {
            let (first, second) = twins.split_at(self.batch);
            for ((out, &one), &two) in out.iter_mut().zip(first).zip(second) {
                *out = if Self::second(one, two) { two } else { one };
            }
        }
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        let Some(of_values) = &mut gradients[0] else {
            return;
        };
        of_values.fill(0.0);
        let twins = inputs[0].chunks_exact(2 * self.batch);
        let of_twins = of_values.chunks_exact_mut(2 * self.batch);
        let gradients = gradient.chunks_exact(self.batch);
        for ((twins, of_twins), gradient) in twins.zip(of_twins).zip(gradients) {
            for (place, &gradient) in gradient.iter().enumerate() {
                let second = Self::second(twins[place], twins[place + self.batch]);
                of_twins[place + usize::from(second) * self.batch] = gradient;
            }
        }
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        inputs[0].amin([1i64], false)
    }
}

#[cfg(test)]
mod tests {
    use spikebench::api::Streams;
    use spikebench::kernel::with_reference_ops;
    use tch::Device;

    use super::*;

    #[test]
    fn row_sums_and_their_gradient_are_those_of_libtorch() {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let values = draw.normal(&[2, 7, 3]).set_requires_grad(true);
        let run = || {
            let sums = row_sums(&values);
            let loss = (&sums * sums.sin()).sum(Kind::Float);
            let gradients = Tensor::run_backward(&[&loss], &[&values], false, false);
            (sums, gradients)
        };
        let (ours, theirs) = (run(), with_reference_ops(run));
        assert!(ours.0.allclose(&theirs.0, 1e-6, 1e-6, false));
        assert!(ours.1[0].allclose(&theirs.1[0], 1e-5, 1e-6, false));
    }

    #[test]
    fn the_lower_of_two_values_has_the_same_gradient_as_in_libtorch() {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let values = draw.normal(&[2, 2, 7, 1]).set_requires_grad(true);
        let run = || {
            let least = least(&values);
            let loss = (&least * least.sin()).sum(Kind::Float);
            let gradients = Tensor::run_backward(&[&loss], &[&values], false, false);
            (least, gradients)
        };
        let ((ours, our_gradients), (theirs, their_gradients)) = (run(), with_reference_ops(run));
        assert!(ours.equal(&theirs));
        assert!(our_gradients[0].allclose(&their_gradients[0], 1e-6, 1e-7, false));
    }
}
