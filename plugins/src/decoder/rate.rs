//! Weighted firing rates of an output population (Tang et al. 2020, section 3.4).

use serde::{Deserialize, Serialize};
use spikebench::api::{Declaration, Decoder, ParameterError, ReadoutCost, Scope};
use spikebench::kernel::ShapeRef;
use spikebench::kernel::custom_op::{CustomOp, custom_op};
use spikebench::register;
use tch::{Kind, Tensor};

use super::readout::{Population, Readout, grouped_sum};
use super::shared_rates::shared_rates;

/// The value of an action dimension is a weighted sum of firing rates plus a bias. With `population: own`, each dimension
/// has its own `neurons`, as in Pop-SAN; with `shared`, all dimensions read the same `neurons`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rate {
    neurons: u32,
    population: Population,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            neurons: 10,
            population: Population::Own,
        }
    }
}

impl Rate {
    fn readout(&self) -> Readout {
        Readout {
            neurons: self.neurons,
            population: self.population,
        }
    }
}

impl Decoder for Rate {
    fn width(&self, actions: i64) -> i64 {
        self.readout().width(actions)
    }

    fn learned(&self, actions: i64) -> Vec<Declaration> {
        self.readout().learned(actions)
    }

    fn decode(&self, spikes: &Tensor, learned: Scope<'_>, added: Option<&Tensor>) -> Tensor {
        let [weight, bias] = ["weight", "bias"].map(|name| learned.get(name));
        let value = match self.population {
            Population::Own => weighted_rates(spikes, weight, bias),
            Population::Shared => shared_rates(spikes, weight, bias),
        };
        match added {
            Some(added) => value + mean_over_time(added),
            None => value,
        }
    }

    fn cost(&self, actions: i64) -> ReadoutCost {
        ReadoutCost {
            fan_out: 0,
            multiply_accumulates: self.width(actions) * self.readout().fan_out(actions),
        }
    }

    fn check(&self) -> Result<(), ParameterError> {
        self.readout().check()
    }
}

fn mean_over_time(values: &Tensor) -> Tensor {
    values.mean_dim(&[1i64][..], false, Kind::Float)
}

/// Weighted firing rates as one operation.
fn weighted_rates(spikes: &Tensor, weight: &Tensor, bias: &Tensor) -> Tensor {
    let [replicas, steps, batch, width] = *spikes.shape() else {
        panic!("spikes are [R, T, B, width], not {:?}", spikes.shape())
    };
    let actions = bias.shape()[1];
    let operation = WeightedRates {
        steps: steps as usize,
        batch: batch as usize,
        width: width as usize,
        actions: actions as usize,
    };
    custom_op(
        operation,
        &[spikes, weight, bias],
        &[replicas, batch, actions],
    )
}

struct WeightedRates {
    steps: usize,
    batch: usize,
    width: usize,
    actions: usize,
}

impl WeightedRates {
    /// The firing rates of all output neurons for one observation of a replica.
    fn rates(&self, spikes: &[f32], replica: usize, row: usize, rates: &mut [f32]) {
        rates.fill(0.0);
        for step in 0..self.steps {
            let at = ((replica * self.steps + step) * self.batch + row) * self.width;
            let now = &spikes[at..][..self.width];
            rates
                .iter_mut()
                .zip(now)
                .for_each(|(sum, spike)| *sum += spike);
        }
        let share = 1.0 / self.steps as f32;
        rates.iter_mut().for_each(|rate| *rate *= share);
    }
}

impl CustomOp for WeightedRates {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        let [spikes, weight, bias] = inputs else {
            unreachable!("spikes, weights, biases")
        };
        let (each, neurons) = (self.width, self.width / self.actions);
        let mut rates = vec![0.0; self.width];
        for (place, out) in out.chunks_exact_mut(self.actions).enumerate() {
            let (replica, row) = (place / self.batch, place % self.batch);
            self.rates(spikes, replica, row, &mut rates);
            let weight = weight[replica * each..].chunks_exact(neurons);
            let bias = &bias[replica * self.actions..];
            let sums = rates.chunks_exact(neurons).zip(weight).zip(bias);
            for (out, ((rates, weight), bias)) in out.iter_mut().zip(sums) {
                *out = rates.iter().zip(weight).map(|(r, w)| r * w).sum::<f32>() + bias;
            }
        }
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        let [spikes, weight, _] = inputs else {
            unreachable!("spikes, weights, biases")
        };
        let [d_spikes, d_weight, d_bias] = gradients else {
            unreachable!("spikes, weights, biases")
        };
        let (each, neurons) = (self.width, self.width / self.actions);
        let share = 1.0 / self.steps as f32;
        for sums in [&mut *d_weight, &mut *d_bias].into_iter().flatten() {
            sums.fill(0.0);
        }
        let mut rates = vec![0.0; self.width];
        for (place, gradient) in gradient.chunks_exact(self.actions).enumerate() {
            let (replica, row) = (place / self.batch, place % self.batch);
            if let Some(d_bias) = d_bias {
                let sums = &mut d_bias[replica * self.actions..];
                sums.iter_mut().zip(gradient).for_each(|(sum, g)| *sum += g);
            }
            if let Some(d_weight) = d_weight {
                self.rates(spikes, replica, row, &mut rates);
                let sums = d_weight[replica * each..].chunks_exact_mut(neurons);
                for ((sums, rates), g) in sums.zip(rates.chunks_exact(neurons)).zip(gradient) {
                    sums.iter_mut()
                        .zip(rates)
                        .for_each(|(sum, rate)| *sum += g * rate);
                }
            }
            if let Some(d_spikes) = d_spikes {
                let weight = &weight[replica * each..][..each];
                for (index, (into, weight)) in rates.iter_mut().zip(weight).enumerate() {
                    *into = gradient[index / neurons] * weight * share;
                }
                for step in 0..self.steps {
                    let at = ((replica * self.steps + step) * self.batch + row) * self.width;
                    d_spikes[at..][..self.width].copy_from_slice(&rates);
                }
            }
        }
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        grouped_sum(&mean_over_time(inputs[0]), inputs[1], inputs[2])
    }
}

register! {
    /// Weighted sum of firing rates for each action.
    decoder "rate" => Rate
}

spikebench::conforms!(decoder "rate");
