//! The leaky integrate-and-fire neuron, parametrised by its time constant.

use serde::{Deserialize, Serialize};
use spikebench::api::{Firing, NeuronModel, ParameterError, Real};
use spikebench::register;

use super::time_constant::check_tau;

/// `v ← v + (I − (v − v_reset)) / tau`, or with `decay_input: false` `v ← v − (v − v_reset) / tau + I`; with a soft reset,
/// the leak is towards 0 (SpikingJelly's `LIFNode`: `tau` 2 time steps, threshold 1; BrainCog's is the first form with
/// threshold 0.5 and `detach_reset`). The decay factor is that of Euler's method, `1 − 1 / tau`; Sinabs, Rockpool and
/// BindsNET use `exp(−1 / tau)`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Lif {
    /// The time constant of the membrane, in time steps.
    #[serde(alias = "tau_mem")]
    tau: f64,
    /// Whether the input is divided by `tau` as well.
    #[serde(alias = "norm_input", alias = "scale_i")]
    decay_input: bool,
    #[serde(skip)]
    firing: Firing,
}

impl Default for Lif {
    fn default() -> Self {
        Self {
            tau: 2.0,
            decay_input: true,
            firing: Firing::at(1.0),
        }
    }
}

impl NeuronModel for Lif {
    type State<R: Real> = [R; 1];
    type Learned<R: Real> = [R; 0];

    fn firing(&mut self) -> Option<&mut Firing> {
        Some(&mut self.firing)
    }

    fn rest(&self) -> [f64; 1] {
        [self.firing.rest()]
    }

    fn v_threshold(&self) -> f64 {
        self.firing.v_threshold
    }

    #[inline(always)]
    fn charge<R: Real>(&self, current: R, [v]: [R; 1], _: [R; 0]) -> [R; 1] {
        let divided = self.decay_input as u8 as f64;
        let gain = divided / self.tau + (1.0 - divided);
        [v - (v - self.firing.rest()) / self.tau + current * gain]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v]: [R; 1], _: [R; 0]) -> [R; 1] {
        [self.firing.apply(v, spike, 1.0 - 1.0 / self.tau)]
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_tau("tau", self.tau)?;
        self.firing.check_leak(1.0 - 1.0 / self.tau)
    }
}

register! {
    /// Leaky integrate-and-fire, parametrised by its time constant (SpikingJelly).
    neuron "lif" | "LIFNode" => Lif
}

spikebench::conforms!(neuron "lif");
