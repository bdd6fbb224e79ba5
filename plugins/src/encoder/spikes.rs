//! Conversion of activations between zero and one to spikes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use spikebench::api::{
    FiresAt, NeuronModel, Noise, ParameterError, Real, StraightThrough, Surrogate,
};
use spikebench::network::neurons::Neurons;
use tch::{Kind, Tensor, no_grad};

/// How activations are converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spikes {
    /// An integrator fires above a threshold, which is then subtracted from it.
    Deterministic,
    /// In each time step a spike with probability `A`, in evaluation too.
    Bernoulli,
    /// No spikes: `A` itself is the input in every time step (MDC-SAN).
    Analog,
}

/// The derivative of deterministic spikes with respect to the activation; either passes straight through the step itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gradient {
    /// As in the Pop-SAN code, the gradient flows through the subtraction of the threshold too: 1, 1.001, 1.001001, … in
    /// successive time steps for a threshold of 0.999.
    ThroughReset,
    /// Exactly 1 in every time step (Tang et al. 2020, equation 11).
    Identity,
}

/// The complete conversion.
#[derive(Debug, Clone, Copy)]
pub struct Coding {
    /// How activations are converted.
    pub spikes: Spikes,
    /// The threshold of deterministic spikes.
    pub threshold: f64,
    /// The derivative of deterministic spikes.
    pub gradient: Gradient,
}

impl Coding {
    /// Converts activations `[R, B, W]` to spikes `[R, T, B, W]`, or to currents `[R, 1, B, W]` without spikes.
    pub fn encode(&self, activation: &Tensor, steps: i64, noise: &mut dyn Noise) -> Tensor {
        match (self.spikes, self.gradient) {
            (Spikes::Analog, _) => activation.unsqueeze(1),
            (Spikes::Bernoulli, _) => bernoulli(activation, steps, noise),
            (Spikes::Deterministic, Gradient::ThroughReset) => self.integrate(activation, steps),
            (Spikes::Deterministic, Gradient::Identity) => {
                let fired = self.integrate(&activation.detach(), steps);
                straight_through(fired, &activation.unsqueeze(1))
            }
        }
    }

    /// The same for spikes, with their gradient kept apart.
    pub fn encode_straight_through(
        &self,
        activation: Tensor,
        steps: i64,
        noise: &mut dyn Noise,
    ) -> StraightThrough {
        let (spikes, carried) = no_grad(|| match (self.spikes, self.gradient) {
            (Spikes::Deterministic, Gradient::ThroughReset) => {
                // A spike subtracts `threshold` times its own slope from the integral.
                (self.integrate(&activation, steps), 1.0 - self.threshold)
            }
            (Spikes::Deterministic, Gradient::Identity) => {
                (self.integrate(&activation, steps), 0.0)
            }
            _ => (fired(&activation.unsqueeze(1), steps, noise), 0.0),
        });
        let slopes = std::iter::successors(Some(1.0), |slope| Some(1.0 + carried * slope));
        StraightThrough {
            activation,
            spikes,
            slopes: slopes
                .map(|slope| slope as f32)
                .take(steps as usize)
                .collect(),
        }
    }

    fn integrate(&self, activation: &Tensor, steps: i64) -> Tensor {
        let neurons = Neurons {
            model: Arc::new(Integrator {
                threshold: self.threshold,
            }),
            surrogate: Arc::new(UnitSlope),
            fires_at: FiresAt::Above,
            steps,
        };
        neurons.fire(&activation.unsqueeze(1), &[])
    }

    /// Rejects a threshold that is not positive.
    pub fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("threshold", self.threshold)
    }
}

/// Random spikes `[R, T, B, W]` of probability `[R, B, W]`; the gradient passes straight through to the probability.
pub fn bernoulli(probability: &Tensor, steps: i64, noise: &mut dyn Noise) -> Tensor {
    let probability = probability.unsqueeze(1);
    straight_through(fired(&probability, steps, noise), &probability)
}

/// Draws spikes of probability `[R, 1, B, W]`.
fn fired(probability: &Tensor, steps: i64, noise: &mut dyn Noise) -> Tensor {
    let [replicas, _, batch, width] = probability.size()[..] else {
        panic!("activations are [R, 1, B, W], not {:?}", probability.size())
    };
    let uniform = noise.uniform(&[replicas, steps, batch, width]);
    uniform.lt_tensor(probability).to_kind(Kind::Float)
}

/// The spikes exactly in the forward pass, the identity in the backward pass.
fn straight_through(fired: Tensor, activation: &Tensor) -> Tensor {
    fired + (activation - activation.detach())
}

/// Scales observed values to activations between zero and one: 0 at `low` and below, 1 at `high` and above.
pub fn scaled(observation: &Tensor, (low, high): (f64, f64)) -> Tensor {
    ((observation - low) / (high - low)).clamp(0.0, 1.0)
}

/// Rejects a range that does not run from low to high.
pub fn check_range((low, high): (f64, f64)) -> Result<(), ParameterError> {
    let value = format!("[{low}, {high}]");
    ParameterError::unless(low < high, "range", value, "must run from low to high")
}

/// Sums up its input; a spike subtracts the threshold.
#[derive(Debug)]
struct Integrator {
    threshold: f64,
}

impl NeuronModel for Integrator {
    type State<R: Real> = [R; 1];
    type Learned<R: Real> = [R; 0];

    fn rest(&self) -> [f64; 1] {
        [0.0]
    }

    fn v_threshold(&self) -> f64 {
        self.threshold
    }

    #[inline(always)]
    fn charge<R: Real>(&self, current: R, [u]: [R; 1], _: [R; 0]) -> [R; 1] {
        [u + current]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [u]: [R; 1], _: [R; 0]) -> [R; 1] {
        [u - spike * self.threshold]
    }
}

/// A surrogate derivative of one: the identity in the backward pass.
#[derive(Debug)]
struct UnitSlope;

impl Surrogate for UnitSlope {
    fn derivative<R: Real>(&self, _: R) -> R {
        R::from(1.0)
    }
}
