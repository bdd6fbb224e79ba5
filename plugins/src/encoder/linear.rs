//! A learned linear map of the observation as the encoder (Chen et al. 2022, ACSF, arXiv 2211.11760).

use serde::{Deserialize, Serialize};
use spikebench::api::{Declaration, Encoder, Noise, ParameterError, Scope};
use spikebench::network::mlp::declare_linear;
use spikebench::register;
use tch::Tensor;

use super::spikes::{Coding, Gradient, Spikes};

/// There are `neurons` for each observed value. Their activations are `A = σ(W x + b)` of the whole observation `x`, with the
/// logistic sigmoid `σ` and learned `W` and `b`. As in `population`, they are turned into spikes or used as currents.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Linear {
    neurons: u32,
    spikes: Spikes,
    threshold: f64,
    gradient: Gradient,
}

impl Default for Linear {
    fn default() -> Self {
        Self {
            neurons: 10,
            spikes: Spikes::Deterministic,
            threshold: 0.999,
            gradient: Gradient::ThroughReset,
        }
    }
}

impl Linear {
    fn coding(&self) -> Coding {
        Coding {
            spikes: self.spikes,
            threshold: self.threshold,
            gradient: self.gradient,
        }
    }
}

impl Encoder for Linear {
    fn width(&self, features: i64) -> i64 {
        features * i64::from(self.neurons)
    }

    fn learned(&self, features: i64) -> Vec<Declaration> {
        declare_linear("linear", &[], features, self.width(features)).into()
    }

    fn encode(
        &self,
        observation: &Tensor,
        learned: Scope<'_>,
        steps: i64,
        noise: &mut dyn Noise,
    ) -> Tensor {
        let [weight, bias] = ["linear.weight", "linear.bias"].map(|name| learned.get(name));
        let activation = bias.baddbmm(observation, weight, 1.0, 1.0).sigmoid();
        self.coding().encode(&activation, steps, noise)
    }

    fn spiking(&self) -> bool {
        self.spikes != Spikes::Analog
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_size("neurons", self.neurons.into(), 4096)?;
        self.coding().check()
    }
}

register! {
    /// A learned linear map of the whole observation, as deterministic spikes, Bernoulli spikes or currents.
    encoder "linear" => Linear
}

spikebench::conforms!(encoder "linear");
