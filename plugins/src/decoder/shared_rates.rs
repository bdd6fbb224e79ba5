//! Weighted firing rates of an output population that all action dimensions read.

use spikebench::kernel::custom_op::{CustomOp, custom_op};
use spikebench::kernel::{Buffer, Matrix, ShapeRef, add_bias, product};
use tch::{Kind, Tensor};

/// The weighted sums `[R, B, actions]` of the firing rates of spikes `[R, T, B, neurons]`, with `weight`
/// `[R, actions, neurons]` and `bias` `[R, actions]`, as one operation.
pub fn shared_rates(spikes: &Tensor, weight: &Tensor, bias: &Tensor) -> Tensor {
    let [replicas, steps, batch, neurons] = *spikes.shape() else {
        panic!("spikes are [R, T, B, neurons], not {:?}", spikes.shape())
    };
    let actions = bias.shape()[1];
    let operation = SharedRates {
        steps: steps as usize,
        batch: batch as usize,
        neurons: neurons as usize,
        actions: actions as usize,
    };
    custom_op(
        operation,
        &[spikes, weight, bias],
        &[replicas, batch, actions],
    )
}

struct SharedRates {
    steps: usize,
    batch: usize,
    neurons: usize,
    actions: usize,
}

impl SharedRates {
    /// A replica's part of a tensor with so many values for each replica.
    fn of<'t>(&self, all: &'t [f32], replica: usize, each: usize) -> &'t [f32] {
        &all[replica * each..][..each]
    }

    /// The number of values for one time step of a replica.
    fn now(&self) -> usize {
        self.batch * self.neurons
    }

    /// The firing rates of a replica's neurons, `[B, neurons]`.
    fn rates(&self, spikes: &[f32], replica: usize) -> Buffer {
        let mut rates = Buffer::of(self.now());
        rates.fill(0.0);
        let steps = self.of(spikes, replica, self.steps * self.now());
        for now in steps.chunks_exact(self.now().max(1)) {
            let sums = rates.iter_mut().zip(now);
            sums.for_each(|(sum, spike)| *sum += spike);
        }
        let share = 1.0 / self.steps as f32;
        rates.iter_mut().for_each(|rate| *rate *= share);
        rates
    }
}

impl CustomOp for SharedRates {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        let [spikes, weight, bias] = inputs else {
            unreachable!("spikes, weights, biases")
        };
        let replicas = out.chunks_exact_mut((self.batch * self.actions).max(1));
        for (replica, out) in replicas.enumerate() {
            let rates = self.rates(spikes, replica);
            let weight = self.of(weight, replica, self.actions * self.neurons);
            let weight = Matrix::new(weight, self.neurons).transposed();
            product(Matrix::new(&rates, self.neurons), weight, out);
            add_bias(out, self.of(bias, replica, self.actions));
        }
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        let [spikes, weight, _] = inputs else {
            unreachable!("spikes, weights, biases")
        };
        let [d_spikes, d_weight, d_bias] = gradients else {
            unreachable!("spikes, weights, biases")
        };
        let each = self.actions * self.neurons;
        let replicas = gradient.chunks_exact((self.batch * self.actions).max(1));
        for (replica, gradient) in replicas.enumerate() {
            let errors = Matrix::new(gradient, self.actions);
            if let Some(d_weight) = d_weight {
                let rates = self.rates(spikes, replica);
                let rates = Matrix::new(&rates, self.neurons);
                let here = &mut d_weight[replica * each..][..each];
                product(errors.transposed(), rates, here);
            }
            if let Some(d_bias) = d_bias {
                let sums = &mut d_bias[replica * self.actions..][..self.actions];
                sums.fill(0.0);
                for row in gradient.chunks_exact(self.actions) {
                    sums.iter_mut()
                        .zip(row)
                        .for_each(|(sum, error)| *sum += error);
                }
            }
            if let Some(d_spikes) = d_spikes {
                let weight = Matrix::new(self.of(weight, replica, each), self.neurons);
                let steps = self.steps * self.now();
                let (first, later) = d_spikes[replica * steps..][..steps].split_at_mut(self.now());
                product(errors, weight, first);
                let share = 1.0 / self.steps as f32;
                first.iter_mut().for_each(|value| *value *= share);
                let later = later.chunks_exact_mut(self.now().max(1));
                later.for_each(|step| step.copy_from_slice(first));
            }
        }
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        let rates = inputs[0].mean_dim(&[1i64][..], false, Kind::Float);
        rates.matmul(&inputs[1].transpose(1, 2)) + inputs[2].unsqueeze(1)
    }
}

#[cfg(test)]
mod tests {
    use spikebench::api::Streams;
    use spikebench::kernel::with_reference_ops;
    use tch::Device;

    use super::*;

    #[test]
    fn sums_and_their_gradients_are_those_of_libtorch() {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let spikes = draw.uniform(&[2, 5, 9, 40]).gt(0.6).to_kind(Kind::Float);
        let spikes = spikes.set_requires_grad(true);
        let weight = draw.normal(&[2, 3, 40]).set_requires_grad(true);
        let bias = draw.normal(&[2, 3]).set_requires_grad(true);
        let run = || {
            let sums = shared_rates(&spikes, &weight, &bias);
            let loss = (&sums * sums.sin()).sum(Kind::Float);
            let learned = [&spikes, &weight, &bias];
            let gradients = Tensor::run_backward(&[&loss], &learned, false, false);
            [vec![sums.detach()], gradients].into_iter().flatten()
        };
        for (one, other) in run().zip(with_reference_ops(run)) {
            assert_eq!(one.size(), other.size());
            assert!(one.allclose(&other, 1e-5, 1e-5, false), "{one} {other}");
        }
    }
}
