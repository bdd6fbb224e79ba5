//! Gaussian population coding (Tang et al. 2020, section 3.2; `popsan.py`, lines 38–111).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use spikebench::api::{
    Declaration, Encoder, Fault, FiresAt, Formula, Init, NeuronModel, Noise, Real, Scope, Surrogate,
};
use spikebench::elementwise::elementwise;
use spikebench::layer::Neurons;
use spikebench::register;
use tch::{Kind, Tensor};

/// Each observed value excites `neurons` Gaussian receptive fields whose means begin evenly spaced over `range`;
/// means and deviations are learned. The activation `A` becomes spikes, and the gradient passes straight through
/// the spike to `A`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Population {
    neurons: u32,
    range: (f64, f64),
    variance: f64,
    spikes: Spikes,
    threshold: f64,
}

/// How an activation becomes spikes.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Spikes {
    /// An integrator that fires above `threshold` and then loses `threshold`. As in the code, the gradient flows
    /// through that loss too.
    Deterministic,
    /// A coin of probability `A` in each time step.
    Bernoulli,
    /// None: `A` itself is the input in every time step (MDC-SAN).
    Analog,
}

impl Default for Population {
    fn default() -> Self {
        Self {
            neurons: 10,
            range: (-3.0, 3.0),
            variance: 0.15,
            spikes: Spikes::Deterministic,
            threshold: 0.999,
        }
    }
}

impl Encoder for Population {
    fn width(&self, features: i64) -> i64 {
        features * i64::from(self.neurons)
    }

    fn learned(&self, features: i64) -> Vec<Declaration> {
        let neurons = self.neurons as usize;
        let (low, high) = self.range;
        let mean = |j: usize| (low + j as f64 * (high - low) / (neurons.max(2) - 1) as f64) as f32;
        let means = (0..features).flat_map(|_| (0..neurons).map(mean)).collect();
        let deviations = vec![self.variance.sqrt() as f32; neurons * features as usize];
        let shape = [features, i64::from(self.neurons)];
        vec![
            Declaration::new("mean", &shape, Init::Values(means)),
            Declaration::new("std", &shape, Init::Values(deviations)),
        ]
    }

    fn encode(
        &self,
        observation: &Tensor,
        learned: Scope<'_>,
        steps: i64,
        noise: &mut dyn Noise,
    ) -> Tensor {
        let [replicas, batch, features] = observation.size()[..] else {
            panic!(
                "observations are [R, B, features], not {:?}",
                observation.size()
            )
        };
        let width = self.width(features);
        let spread = [replicas, batch, features, i64::from(self.neurons)];
        let each = observation.unsqueeze(-1).expand(spread, false);
        let each = each.reshape([replicas, batch, width]);
        let [mean, deviation] =
            ["mean", "std"].map(|name| learned.get(name).view([replicas, 1, width]));
        let activation = elementwise(Receptive, &[&each, &mean, &deviation]);
        match self.spikes {
            Spikes::Deterministic => self.integrate(&activation, steps),
            Spikes::Analog => activation.unsqueeze(1),
            Spikes::Bernoulli => {
                let activation = activation.unsqueeze(1);
                let uniform = noise.uniform(&[replicas, steps, batch, width]);
                straight_through(uniform.lt_tensor(&activation), &activation)
            }
        }
    }

    fn check(&self) -> Result<(), Fault> {
        Fault::unless_at_least("neurons", self.neurons.into(), 1)?;
        let (low, high) = self.range;
        Fault::unless(
            low < high,
            "range",
            format!("[{low}, {high}]"),
            "must run from low to high",
        )?;
        Fault::unless_positive("variance", self.variance)?;
        Fault::unless_positive("threshold", self.threshold)
    }
}

impl Population {
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
}

/// How much an observed value excites a Gaussian receptive field.
#[derive(Debug)]
struct Receptive;

impl Formula for Receptive {
    type Inputs<R: Real> = [R; 3];

    #[inline(always)]
    fn value<R: Real>(&self, [x, mean, deviation]: [R; 3]) -> R {
        let distance = x - mean;
        (distance * distance * -0.5 / (deviation * deviation)).exp()
    }
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

/// Exactly the spikes forward, the identity backward.
fn straight_through(fired: Tensor, activation: &Tensor) -> Tensor {
    fired.to_kind(Kind::Float) + (activation - activation.detach())
}

register! {
    /// Gaussian receptive fields with learned means and deviations; deterministic or Bernoulli spikes.
    encoder "population" => Population
}
