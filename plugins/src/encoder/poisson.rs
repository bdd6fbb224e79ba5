//! Random spikes at a rate given by the observed value (MDC-SAN's `C_poi`; SpikingJelly's `PoissonEncoder`).

use serde::{Deserialize, Serialize};
use spikebench::api::{Declaration, Encoder, Noise, ParameterError, Scope};
use spikebench::register;
use tch::Tensor;

use super::spikes::{bernoulli, check_range, scaled};

/// In each time step, an observed value `x` fires with probability `(x − low) / (high − low)`, clamped to between 0 and 1; in
/// evaluation too. The gradient passes straight through the draw to the probability.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Poisson {
    /// The range `[low, high]` of the normalised observation.
    range: (f64, f64),
}

impl Default for Poisson {
    fn default() -> Self {
        Self { range: (-3.0, 3.0) }
    }
}

impl Encoder for Poisson {
    fn width(&self, features: i64) -> i64 {
        features
    }

    fn learned(&self, _: i64) -> Vec<Declaration> {
        Vec::new()
    }

    fn encode(
        &self,
        observation: &Tensor,
        _: Scope<'_>,
        steps: i64,
        noise: &mut dyn Noise,
    ) -> Tensor {
        bernoulli(&scaled(observation, self.range), steps, noise)
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_range(self.range)
    }
}

register! {
    /// Bernoulli spikes whose probability is the observed value, scaled to a range.
    encoder "poisson" => Poisson
}

spikebench::conforms!(encoder "poisson");
