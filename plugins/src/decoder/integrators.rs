//! Non-spiking integrators of an output layer's spikes, as one operation.

use spikebench::kernel::custom_op::CustomOp;
use tch::{Kind, Tensor};

use super::potential::Read;
use super::readout::{Population, summed};

/// Weighted sums of spikes into integrators, of which one potential is read. The inputs are spikes `[R, T, B, width]`, the
/// weights and biases of the read-out, and what is added to its sums, `[R, T, B, actions]`, if anything is.
pub struct Integrators {
    /// Which potential is read.
    pub read: Read,
    /// Which integrators read each output neuron.
    pub population: Population,
    /// Each potential as a weighted sum of all inputs: `[T, T]`, from all inputs to each potential.
    pub shares: Vec<f32>,
    /// The number of time steps, `T`.
    pub steps: usize,
    /// The number of observations, `B`.
    pub batch: usize,
    /// The number of output neurons.
    pub width: usize,
    /// The number of action dimensions.
    pub actions: usize,
}

/// One integrator for one observation.
#[derive(Clone, Copy)]
struct Place {
    replica: usize,
    row: usize,
    action: usize,
}

impl Integrators {
    /// The number of neurons that an action dimension reads.
    fn neurons(&self) -> usize {
        match self.population {
            Population::Own => self.width / self.actions,
            Population::Shared => self.width,
        }
    }

    /// All integrators, in the order of the result `[R, B, actions]`.
    fn places(&self, count: usize) -> impl Iterator<Item = Place> + use<> {
        let (batch, actions) = (self.batch, self.actions);
        (0..count).map(move |place| Place {
            replica: place / (batch * actions),
            row: place / actions % batch,
            action: place % actions,
        })
    }

    /// Where the spikes that an integrator reads in a step begin.
    fn spikes_at(&self, at: Place, step: usize) -> usize {
        let first = match self.population {
            Population::Own => at.action * self.neurons(),
            Population::Shared => 0,
        };
        ((at.replica * self.steps + step) * self.batch + at.row) * self.width + first
    }

    fn weight_at(&self, at: Place) -> usize {
        (at.replica * self.actions + at.action) * self.neurons()
    }

    fn added_at(&self, at: Place, step: usize) -> usize {
        ((at.replica * self.steps + step) * self.batch + at.row) * self.actions + at.action
    }

    /// Writes the potentials of an integrator after every step.
    fn integrate(&self, inputs: &[&[f32]], at: Place, potentials: &mut [f32]) {
        let neurons = self.neurons();
        let weight = &inputs[1][self.weight_at(at)..][..neurons];
        let bias = inputs[2][at.replica * self.actions + at.action];
        potentials.fill(0.0);
        for step in 0..self.steps {
            let spikes = &inputs[0][self.spikes_at(at, step)..][..neurons];
            let added = inputs.get(3).map(|added| added[self.added_at(at, step)]);
            let input = dot(spikes, weight) + bias + added.unwrap_or(0.0);
            let shares = self.shares[step..].iter().step_by(self.steps);
            let potentials = potentials.iter_mut().zip(shares);
            potentials.for_each(|(potential, share)| *potential += share * input);
        }
    }

    /// The step whose potential is read, if it is that of one step.
    fn step_read(&self, potentials: &[f32]) -> Option<usize> {
        let greatest = |size: fn(f32) -> f32| {
            // A potential that is not a number is greater than all others: a diverged network must not look sound.
            let greater = |best: usize, step: usize| {
                let (best_size, now) = (size(potentials[best]), size(potentials[step]));
                let greater = now > best_size || (now.is_nan() && !best_size.is_nan());
                if greater { step } else { best }
            };
            (0..self.steps).reduce(greater)
        };
        match self.read {
            Read::Last => self.steps.checked_sub(1),
            Read::Max => greatest(|potential| potential),
            Read::MaxAbs => greatest(f32::abs),
            Read::Mean => None,
        }
    }

    /// Writes the derivatives of the value with respect to the inputs of all steps.
    fn slopes(&self, read: Option<usize>, slopes: &mut [f32]) {
        if let Some(step) = read {
            return slopes.copy_from_slice(&self.shares[step * self.steps..][..self.steps]);
        }
        for (step, slope) in slopes.iter_mut().enumerate() {
            let shares = self.shares[step..].iter().step_by(self.steps);
            *slope = shares.sum::<f32>() / self.steps as f32;
        }
    }
}

/// The scalar product, in eight sums side by side.
fn dot(one: &[f32], other: &[f32]) -> f32 {
    let (ones, one_rest) = one.as_chunks::<8>();
    let (others, other_rest) = other.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (one, other) in ones.iter().zip(others) {
        for ((sum, one), other) in sums.iter_mut().zip(one).zip(other) {
            *sum += one * other;
        }
    }
    let rest = one_rest
        .iter()
        .zip(other_rest)
        .map(|(one, other)| one * other);
    sums.into_iter().sum::<f32>() + rest.sum::<f32>()
}

/// Adds a multiple of a slice to another one.
fn add_multiple(to: &mut [f32], factor: f32, from: &[f32]) {
    to.iter_mut()
        .zip(from)
        .for_each(|(to, from)| *to += factor * from);
}

impl CustomOp for Integrators {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        let mut potentials = vec![0.0; self.steps];
        for (at, out) in self.places(out.len()).zip(out) {
            self.integrate(inputs, at, &mut potentials);
            *out = match self.step_read(&potentials) {
                Some(step) => potentials[step],
                None => potentials.iter().sum::<f32>() / self.steps as f32,
            };
        }
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        gradients
            .iter_mut()
            .flatten()
            .for_each(|gradient| gradient.fill(0.0));
        let neurons = self.neurons();
        let mut potentials = vec![0.0; self.steps];
        let mut slopes = vec![0.0; self.steps];
        // Only the largest potential is at another step for every integrator.
        let varies = matches!(self.read, Read::Max | Read::MaxAbs);
        self.slopes(self.step_read(&potentials), &mut slopes);
        for (at, &gradient) in self.places(gradient.len()).zip(gradient) {
            if varies {
                self.integrate(inputs, at, &mut potentials);
                self.slopes(self.step_read(&potentials), &mut slopes);
            }
            let (weight_at, action) = (self.weight_at(at), at.replica * self.actions + at.action);
            for (step, slope) in slopes.iter().enumerate() {
                let (d_input, spikes_at) = (gradient * slope, self.spikes_at(at, step));
                if let Some(d_spikes) = &mut gradients[0] {
                    let weight = &inputs[1][weight_at..][..neurons];
                    add_multiple(&mut d_spikes[spikes_at..][..neurons], d_input, weight);
                }
                if let Some(d_weight) = &mut gradients[1] {
                    let spikes = &inputs[0][spikes_at..][..neurons];
                    add_multiple(&mut d_weight[weight_at..][..neurons], d_input, spikes);
                }
                if let Some(d_bias) = &mut gradients[2] {
                    d_bias[action] += d_input;
                }
                if let Some(d_added) = gradients.get_mut(3).and_then(Option::as_mut) {
                    d_added[self.added_at(at, step)] += d_input;
                }
            }
        }
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        let (steps, batch) = (self.steps as i64, self.batch as i64);
        let rows = |tensor: &Tensor| {
            let size = tensor.size();
            tensor.reshape([size[0], steps * batch, size[3]])
        };
        let sums = summed(self.population, &rows(inputs[0]), inputs[1], inputs[2]);
        let sums = match inputs.get(3) {
            Some(added) => sums + rows(added),
            None => sums,
        };
        let shares = Tensor::from_slice(&self.shares)
            .view([steps; 2])
            .to_device(sums.device());
        let potentials = shares.matmul(&sums.view([sums.size()[0], steps, -1]));
        let read = match self.read {
            Read::Last => potentials.select(1, -1),
            Read::Max => potentials.max_dim(1, false).0,
            Read::MaxAbs => {
                let place = potentials.detach().abs().argmax(1, true);
                potentials.gather(1, &place, false).squeeze_dim(1)
            }
            Read::Mean => potentials.mean_dim(&[1i64][..], false, Kind::Float),
        };
        read.view([-1, batch, self.actions as i64])
    }
}
