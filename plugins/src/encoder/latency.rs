//! Latency coding: one spike per observed value, and the larger the value, the earlier it comes (SpikingJelly's
//! `LatencyEncoder`).

use serde::{Deserialize, Serialize};
use spikebench::api::{Declaration, Encoder, Noise, ParameterError, Scope};
use spikebench::register;
use tch::{Kind, Tensor};

use super::spikes::{check_range, scaled};

/// Every observed value `x` fires once. With `p = (x − low) / (high − low)`, clamped to between 0 and 1, and `T` time steps
/// counted from zero, it fires in step
///
/// - `(T − 1) (1 − p)` for `function: linear`,
/// - `T − 1 − ln(1 + p (eᵀ⁻¹ − 1))` for `function: logarithmic`,
///
/// rounded half to even. No gradient passes through.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Latency {
    /// The range `[low, high]` of the normalised observation.
    range: (f64, f64),
    function: Function,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Function {
    Linear,
    Logarithmic,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            range: (-3.0, 3.0),
            function: Function::Linear,
        }
    }
}

impl Encoder for Latency {
    fn width(&self, features: i64) -> i64 {
        features
    }

    fn learned(&self, _: i64) -> Vec<Declaration> {
        Vec::new()
    }

    fn encode(&self, observation: &Tensor, _: Scope<'_>, steps: i64, _: &mut dyn Noise) -> Tensor {
        let early = scaled(&observation.detach(), self.range);
        let last = (steps - 1) as f64;
        let step = match self.function {
            Function::Linear => (early.ones_like() - early) * last,
            Function::Logarithmic => (early * last.exp_m1()).log1p() * -1.0 + last,
        };
        let step = step.round().unsqueeze(1);
        let times = Tensor::arange(steps, (Kind::Float, observation.device()));
        let times = times.view([1, steps, 1, 1]);
        step.eq_tensor(&times).to_kind(Kind::Float)
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_range(self.range)
    }
}

register! {
    /// One spike for each observed value; the larger the value, the earlier the spike.
    encoder "latency" => Latency
}

spikebench::conforms!(encoder "latency");
