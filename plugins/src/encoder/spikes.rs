//! How activations between zero and one become spikes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use spikebench::api::{FiresAt, NeuronModel, Noise, ParameterError, Real, Straight, Surrogate};
use spikebench::network::layer::Neurons;
use tch::{Kind, Tensor, no_grad};

/// The ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spikes {
    /// An integrator that fires above a threshold and then loses the threshold.
    Deterministic,
    /// A coin of probability `A` in each time step, in evaluation too.
    Bernoulli,
    /// None: `A` itself is the input in every time step (MDC-SAN).
    Analog,
}

/// The derivative of deterministic spikes by the activation, where all three are straight through the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gradient {
    /// As in the Pop-SAN code it flows through the loss of the threshold too: 1, then 1.001, 1.001001, … for a threshold
    /// of 0.999.
    ThroughReset,
    /// Exactly 1 in every time step (Tang et al. 2020, equation 11).
    Identity,
}

/// A choice of all that.
#[derive(Debug, Clone, Copy)]
pub struct Coding {
    /// The way.
    pub spikes: Spikes,
    /// For deterministic spikes.
    pub threshold: f64,
    /// For deterministic spikes.
    pub gradient: Gradient,
}

impl Coding {
    /// From activations `[R, B, W]` to spikes `[R, T, B, W]`, or to `[R, 1, B, W]` for none.
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

    /// The same where there are spikes.
    pub fn encode_straight(
        &self,
        activation: Tensor,
        steps: i64,
        noise: &mut dyn Noise,
    ) -> Straight {
        let (spikes, carried) = no_grad(|| match (self.spikes, self.gradient) {
            (Spikes::Deterministic, Gradient::ThroughReset) => {
                // A spike takes `threshold` times its own slope from the integral.
                (self.integrate(&activation, steps), 1.0 - self.threshold)
            }
            (Spikes::Deterministic, Gradient::Identity) => {
                (self.integrate(&activation, steps), 0.0)
            }
            _ => (fired(&activation.unsqueeze(1), steps, noise), 0.0),
        });
        let slopes = std::iter::successors(Some(1.0), |slope| Some(1.0 + carried * slope));
        Straight {
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
            surrogate: Arc::new(StraightThrough),
            fires_at: FiresAt::Above,
            steps,
        };
        neurons.fire(&activation.unsqueeze(1), &[])
    }

    /// Refuses a threshold that makes no sense.
    pub fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("threshold", self.threshold)
    }
}

/// A coin for each time step, of a probability `[R, B, W]`; the gradient passes straight through to the probability.
pub fn bernoulli(probability: &Tensor, steps: i64, noise: &mut dyn Noise) -> Tensor {
    let probability = probability.unsqueeze(1);
    straight_through(fired(&probability, steps, noise), &probability)
}

/// The coins of a probability `[R, 1, B, W]`.
fn fired(probability: &Tensor, steps: i64, noise: &mut dyn Noise) -> Tensor {
    let [replicas, _, batch, width] = probability.size()[..] else {
        panic!("activations are [R, 1, B, W], not {:?}", probability.size())
    };
    let uniform = noise.uniform(&[replicas, steps, batch, width]);
    uniform.lt_tensor(probability).to_kind(Kind::Float)
}

/// Exactly the spikes forward, the identity backward.
fn straight_through(fired: Tensor, activation: &Tensor) -> Tensor {
    fired + (activation - activation.detach())
}

/// Observed values as activations between zero and one: 0 at `low` and below, 1 at `high` and above.
pub fn scaled(observation: &Tensor, (low, high): (f64, f64)) -> Tensor {
    ((observation - low) / (high - low)).clamp(0.0, 1.0)
}

/// Refuses a range that does not run from low to high.
pub fn check_range((low, high): (f64, f64)) -> Result<(), ParameterError> {
    let value = format!("[{low}, {high}]");
    ParameterError::unless(low < high, "range", value, "must run from low to high")
}

/// Adds up its input; a spike takes the threshold away.
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

/// The identity backward.
#[derive(Debug)]
struct StraightThrough;

impl Surrogate for StraightThrough {
    fn derivative<R: Real>(&self, _: R) -> R {
        R::from(1.0)
    }
}
