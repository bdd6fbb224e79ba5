//! The distribution over actions that an actor's outputs stand for in PPO.

use std::f64::consts::PI;

use spikebench::api::{Formula, Real, Streams};
use spikebench::formula::Single;
use spikebench::kernel::ShapeRef;
use spikebench::kernel::custom_op::{CustomOp, custom_op};
use spikebench::kernel::elementwise::elementwise;
use tch::{Kind, Tensor, no_grad};

use super::choice::greedy;
use super::formulas::squash;

/// The distribution that outputs `[R, B, width]` parametrise.
pub enum Distribution<'w> {
    /// A normal distribution, whose mean is the hyperbolic tangent of the outputs, in units of the limit.
    Normal {
        /// The limit of the actions.
        limit: f64,
        /// The logarithm of the standard deviation in units of the limit, `[R, actions]`.
        log_std: &'w Tensor,
    },
    /// A categorical distribution; the outputs are the logarithms of the probabilities, up to a constant.
    Categorical,
}

impl Distribution<'_> {
    /// The most likely action.
    pub fn mode(&self, output: &Tensor) -> Tensor {
        match self {
            Self::Normal { limit, .. } => squash(output, *limit),
            Self::Categorical => greedy(output),
        }
    }

    /// A random action.
    pub fn draw(&self, output: &Tensor, draws: &mut Streams) -> Tensor {
        match self {
            Self::Normal { limit, log_std } => {
                let normal = draws.normal(output.shape());
                let drawn = Drawn { limit: *limit };
                no_grad(|| elementwise(drawn, &[output, &log_std.unsqueeze(1), &normal]))
            }
            Self::Categorical => {
                let uniform = draws.uniform(output.shape());
                greedy(&elementwise(Gumbel, &[output, &uniform]))
            }
        }
    }

    /// The logarithm of the probability of actions, or of their density in units of the limit, `[R, B, 1]`. No gradient flows
    /// into the actions.
    pub fn log_probability(&self, output: &Tensor, action: &Tensor) -> Tensor {
        let (shape, width) = rows(output);
        let action = action.detach();
        match self {
            Self::Normal { limit, log_std } => custom_op(
                NormalDensity {
                    limit: *limit,
                    actions: width,
                    batch: shape[1] as usize,
                },
                &[output, &action, log_std],
                &shape,
            ),
            Self::Categorical => {
                custom_op(Probability { choices: width }, &[output, &action], &shape)
            }
        }
    }

    /// The entropy, `[R, B, 1]`.
    pub fn entropy(&self, output: &Tensor) -> Tensor {
        let (shape, width) = rows(output);
        match self {
            Self::Normal { log_std, .. } => {
                let operation = NormalEntropy {
                    actions: width,
                    batch: shape[1] as usize,
                };
                custom_op(operation, &[log_std], &shape)
            }
            Self::Categorical => custom_op(Entropy { choices: width }, &[output], &shape),
        }
    }
}

/// The shape of one number for each row of outputs, and the width of a row.
fn rows(output: &Tensor) -> ([i64; 3], usize) {
    let [replicas, batch, width] = *output.shape() else {
        panic!("outputs are [R, B, width], not {:?}", output.shape())
    };
    ([replicas, batch, 1], width as usize)
}

/// An action from an output, the logarithm of the standard deviation, and a standard normal number.
#[derive(Debug)]
struct Drawn {
    limit: f64,
}

impl Formula for Drawn {
    type Inputs<R: Real> = [R; 3];

    #[inline(always)]
    fn value<R: Real>(&self, [output, log_std, normal]: [R; 3]) -> R {
        (output.tanh() + log_std.exp() * normal) * self.limit
    }
}

/// The Gumbel-max trick: the index of the largest of these numbers is a draw from the categorical distribution.
#[derive(Debug)]
struct Gumbel;

impl Formula for Gumbel {
    type Inputs<R: Real> = [R; 2];

    #[inline(always)]
    fn value<R: Real>(&self, [output, uniform]: [R; 2]) -> R {
        output - (-uniform.ln()).ln()
    }
}

/// `ln √(2π)`
fn normal_constant() -> f64 {
    0.5 * (2.0 * PI).ln()
}

fn deviations(log_std: &[f32]) -> Vec<Single> {
    log_std
        .iter()
        .map(|&log_std| Single(log_std).exp())
        .collect()
}

/// The log density of actions, from outputs, actions, and logarithms of standard deviations.
struct NormalDensity {
    limit: f64,
    actions: usize,
    batch: usize,
}

impl NormalDensity {
    /// The mean of one action, and the action's distance from it in standard deviations.
    fn standardised(&self, output: f32, action: f32, deviation: Single) -> [Single; 2] {
        let mean = Single(output).tanh();
        [mean, (Single(action) / self.limit - mean) / deviation]
    }

    /// The places of a row's values within the outputs and within `log_std`.
    fn places(&self, row: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (at, of) = (row * self.actions, row / self.batch.max(1) * self.actions);
        (0..self.actions).map(move |action| (at + action, of + action))
    }
}

impl CustomOp for NormalDensity {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        let [output, action, log_std] = inputs else {
            unreachable!("there are three inputs")
        };
        let deviations = deviations(log_std);
        for (row, out) in out.iter_mut().enumerate() {
            let mut sum = Single(0.0);
            for (place, of) in self.places(row) {
                let [_, distance] = self.standardised(output[place], action[place], deviations[of]);
                let density = distance * distance * -0.5 - Single(log_std[of]);
                sum = sum + (density - normal_constant());
            }
            *out = sum.0;
        }
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        let [output, action, log_std] = inputs else {
            unreachable!("there are three inputs")
        };
        let [d_output, _, d_log_std] = gradients else {
            unreachable!("there are three inputs")
        };
        if let Some(d_log_std) = d_log_std {
            d_log_std.fill(0.0);
        }
        let deviations = deviations(log_std);
        for (row, &gradient) in gradient.iter().enumerate() {
            for (place, of) in self.places(row) {
                let [mean, distance] =
                    self.standardised(output[place], action[place], deviations[of]);
                if let Some(d_output) = d_output {
                    let slope = distance / deviations[of] * (Single(1.0) - mean * mean);
                    d_output[place] = gradient * slope.0;
                }
                if let Some(d_log_std) = d_log_std {
                    d_log_std[of] += gradient * (distance * distance - 1.0).0;
                }
            }
        }
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        let log_std = inputs[2].unsqueeze(1);
        let distance = (inputs[1] / self.limit - inputs[0].tanh()) / log_std.exp();
        over_choices(&(distance.square() * -0.5 - log_std - normal_constant()))
    }
}

/// The entropy of a normal distribution in each row, from the logarithms of the standard deviations.
struct NormalEntropy {
    actions: usize,
    batch: usize,
}

impl CustomOp for NormalEntropy {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        let replicas = inputs[0].chunks_exact(self.actions);
        for (log_std, out) in replicas.zip(out.chunks_exact_mut(self.batch.max(1))) {
            let each = log_std
                .iter()
                .map(|log_std| log_std + (0.5 + normal_constant()) as f32);
            out.fill(each.sum());
        }
    }

    fn backward(&self, _: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        let Some(d_log_std) = &mut gradients[0] else {
            return;
        };
        let replicas = d_log_std.chunks_exact_mut(self.actions);
        for (d_log_std, gradient) in replicas.zip(gradient.chunks_exact(self.batch.max(1))) {
            d_log_std.fill(gradient.iter().sum());
        }
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        let entropy = inputs[0].unsqueeze(1) + 0.5 + normal_constant();
        over_choices(&entropy).expand([-1, self.batch as i64, -1], false)
    }
}

/// The largest of a row's values, and the logarithm of the sum of their exponentials relative to it.
fn normalised(row: &[f32]) -> [Single; 2] {
    let largest = Single(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum = row.iter().fold(Single(0.0), |sum, &value| {
        sum + (Single(value) - largest).exp()
    });
    [largest, sum.ln()]
}

/// The log probabilities of a row's choices.
fn log_probabilities(row: &[f32]) -> impl Iterator<Item = Single> + Clone {
    let [largest, sum] = normalised(row);
    row.iter().map(move |&value| Single(value) - largest - sum)
}

/// The log probability of choices, from unnormalised log probabilities of all choices and the index of each choice.
struct Probability {
    choices: usize,
}

impl CustomOp for Probability {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        let rows = inputs[0].chunks_exact(self.choices);
        for ((row, &choice), out) in rows.zip(inputs[1]).zip(out) {
            let [largest, sum] = normalised(row);
            *out = (Single(row[choice as usize]) - largest - sum).0;
        }
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        let Some(d_rows) = &mut gradients[0] else {
            return;
        };
        let rows = inputs[0].chunks_exact(self.choices);
        let rows = rows.zip(d_rows.chunks_exact_mut(self.choices));
        for (((row, d_row), &choice), &gradient) in rows.zip(inputs[1]).zip(gradient) {
            for (d_value, log_probability) in d_row.iter_mut().zip(log_probabilities(row)) {
                *d_value = -gradient * log_probability.exp().0;
            }
            d_row[choice as usize] += gradient;
        }
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        let all = inputs[0].log_softmax(-1, Kind::Float);
        all.gather(-1, &inputs[1].to_kind(Kind::Int64), false)
    }
}

/// The entropy of a categorical distribution.
struct Entropy {
    choices: usize,
}

impl Entropy {
    fn of(row: &[f32]) -> Single {
        let terms = log_probabilities(row).map(|log| log.exp() * log);
        -terms.fold(Single(0.0), |sum, term| sum + term)
    }
}

impl CustomOp for Entropy {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        for (row, out) in inputs[0].chunks_exact(self.choices).zip(out) {
            *out = Self::of(row).0;
        }
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        let Some(d_rows) = &mut gradients[0] else {
            return;
        };
        let rows = inputs[0].chunks_exact(self.choices);
        let rows = rows.zip(d_rows.chunks_exact_mut(self.choices));
        for ((row, d_row), &gradient) in rows.zip(gradient) {
            let entropy = Self::of(row);
            for (d_value, log) in d_row.iter_mut().zip(log_probabilities(row)) {
                *d_value = -gradient * (log.exp() * (log + entropy)).0;
            }
        }
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        let log = inputs[0].log_softmax(-1, Kind::Float);
        -over_choices(&(log.exp() * &log))
    }
}

fn over_choices(values: &Tensor) -> Tensor {
    values.sum_dim_intlist(&[-1i64][..], true, Kind::Float)
}

#[cfg(test)]
mod tests {
    use spikebench::kernel::with_reference_ops;
    use tch::Device;

    use super::*;

    /// Probabilities, entropies and all their gradients.
    fn judged(
        distribution: &Distribution<'_>,
        action: &Tensor,
        learned: &[&Tensor],
    ) -> Vec<Tensor> {
        let output = learned[0];
        let all = [
            distribution.log_probability(output, action),
            distribution.entropy(output),
        ];
        let losses: Vec<Tensor> = all
            .iter()
            .map(|of| (of * of.sin()).sum(Kind::Float))
            .collect();
        let loss = &losses[0] + &losses[1];
        let gradients = Tensor::run_backward(&[&loss], learned, false, false);
        all.iter().map(Tensor::detach).chain(gradients).collect()
    }

    #[test]
    fn probabilities_entropies_and_their_gradients_are_those_of_libtorch() {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let output = draw.normal(&[2, 7, 3]).set_requires_grad(true);
        let log_std = draw.normal(&[2, 3]).set_requires_grad(true);
        let (action, choice) = (
            draw.normal(&[2, 7, 3]),
            (draw.uniform(&[2, 7, 1]) * 3.0).floor(),
        );
        let normal = Distribution::Normal {
            limit: 0.4,
            log_std: &log_std,
        };
        let run = || {
            let continuous = judged(&normal, &action, &[&output, &log_std]);
            let discrete = judged(&Distribution::Categorical, &choice, &[&output]);
            continuous.into_iter().chain(discrete).collect::<Vec<_>>()
        };
        let (ours, theirs) = (run(), with_reference_ops(run));
        assert_eq!(ours.len(), 7);
        for (one, other) in ours.iter().zip(&theirs) {
            assert_eq!(one.size(), other.size());
            assert!(one.allclose(other, 1e-5, 1e-6, false), "{one} {other}");
        }
    }

    #[test]
    fn choices_are_drawn_as_often_as_their_probabilities_say() {
        let mut draw = Streams::new(&[1], "test", Device::Cpu);
        let output = Tensor::from_slice(&[0.2f32, 0.5, 0.3]).log();
        let output = output.view([1, 1, 3]).expand([1, 20_000, 3], false);
        let drawn = Distribution::Categorical.draw(&output, &mut draw);
        for (choice, probability) in [(0.0, 0.2), (1.0, 0.5), (2.0, 0.3)] {
            let share = drawn.eq(choice).to_kind(Kind::Float).mean(Kind::Float);
            let off = share.double_value(&[]) - probability;
            assert!(off.abs() < 0.015, "{choice}: off by {off}");
        }
    }
}
