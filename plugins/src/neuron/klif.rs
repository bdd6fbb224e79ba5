//! A leaky integrate-and-fire neuron that learns the scale of its potential.

use serde::{Deserialize, Serialize};
use spikebench::api::{Firing, Learnable, NeuronModel, ParameterError, Real};
use spikebench::register;

use super::time_constant::check_tau;

/// Like `lif` with the charged potential `h`, but it fires by `max(0, k · h)`, where the layer learns `k`, starting at 1
/// (Jiang and Zhang 2023; SpikingJelly's `KLIFNode`, `tau` 2 time steps). The reset acts on this potential; with
/// `scale_reset`, it acts on the potential and the threshold divided by `k`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Klif {
    /// The time constant of the membrane, in time steps.
    tau: f64,
    decay_input: bool,
    scale_reset: bool,
    #[serde(skip)]
    firing: Firing,
}

impl Default for Klif {
    fn default() -> Self {
        Self {
            tau: 2.0,
            decay_input: true,
            scale_reset: false,
            firing: Firing::at(1.0),
        }
    }
}

impl NeuronModel for Klif {
    type State<R: Real> = [R; 1];
    type Learned<R: Real> = [R; 1];

    fn firing(&mut self) -> Option<&mut Firing> {
        Some(&mut self.firing)
    }

    fn rest(&self) -> [f64; 1] {
        [self.firing.rest()]
    }

    fn learned(&self) -> Vec<Learnable> {
        vec![Learnable {
            name: "k",
            init: 1.0,
            per_neuron: false,
        }]
    }

    fn v_threshold(&self) -> f64 {
        self.firing.v_threshold
    }

    #[inline(always)]
    fn charge<R: Real>(&self, current: R, [v]: [R; 1], [k]: [R; 1]) -> [R; 1] {
        let divided = self.decay_input as u8 as f64;
        let gain = divided / self.tau + (1.0 - divided);
        let charged = v - (v - self.firing.rest()) / self.tau + current * gain;
        [(charged * k).max(R::from(0.0))]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v]: [R; 1], [k]: [R; 1]) -> [R; 1] {
        let scaled = self.scale_reset as u8 as f64;
        let scale = k * scaled + (1.0 - scaled);
        let down = R::from(self.firing.v_threshold) / scale;
        [self.firing.apply_down(v / scale, spike, down)]
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_tau("tau", self.tau)?;
        self.firing.check_at_once()
    }
}

register! {
    /// Leaky integrate-and-fire that learns the scale of its potential (KLIF).
    neuron "klif" | "KLIFNode" => Klif
}

spikebench::conforms!(neuron "klif");
