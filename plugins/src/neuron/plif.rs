//! A leaky integrate-and-fire neuron that learns its time constant.

use serde::{Deserialize, Serialize};
use spikebench::api::{Firing, Learnable, NeuronModel, ParameterError, Real};
use spikebench::register;

/// Like `lif` with `1 / tau = S(w)`, where `S` is the logistic function and `w` is learned, one for the layer or one per
/// neuron. The initial value is `w = −ln(init_tau − 1)` (Fang et al. 2021; SpikingJelly's `ParametricLIFNode`, `init_tau` 2
/// time steps). With `decay_input: false` and `init_tau: 4`, the decay factor 0.75 is that of the Proxy Target fork's PLIF.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Plif {
    /// The initial time constant of the membrane, in time steps.
    #[serde(alias = "tau")]
    init_tau: f64,
    /// Whether the input is divided by the time constant as well.
    decay_input: bool,
    /// Whether each neuron has its own time constant.
    per_neuron: bool,
    #[serde(skip)]
    firing: Firing,
}

impl Default for Plif {
    fn default() -> Self {
        Self {
            init_tau: 2.0,
            decay_input: true,
            per_neuron: false,
            firing: Firing::at(1.0),
        }
    }
}

impl NeuronModel for Plif {
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
            name: "w",
            init: -(self.init_tau - 1.0).ln(),
            per_neuron: self.per_neuron,
        }]
    }

    /// The rate of the leak, `1 / tau`.
    #[inline(always)]
    fn prepare<R: Real>(&self, [w]: [R; 1]) -> [R; 1] {
        [w.sigmoid()]
    }

    fn v_threshold(&self) -> f64 {
        self.firing.v_threshold
    }

    #[inline(always)]
    fn charge<R: Real>(&self, current: R, [v]: [R; 1], [rate]: [R; 1]) -> [R; 1] {
        let input = self.decay_input as u8 as f64;
        let gain = rate * input + (1.0 - input);
        [v - (v - self.firing.rest()) * rate + current * gain]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v]: [R; 1], [rate]: [R; 1]) -> [R; 1] {
        let leak = R::from(1.0) - rate * self.firing.delayed();
        let down = R::from(self.firing.v_threshold) / leak;
        [self.firing.apply_down(v, spike, down)]
    }

    fn check(&self) -> Result<(), ParameterError> {
        let rule = "must be above 1 (time steps)";
        ParameterError::unless(self.init_tau > 1.0, "init_tau", self.init_tau, rule)
    }
}

register! {
    /// Leaky integrate-and-fire that learns its time constant (PLIF).
    neuron "plif" | "ParametricLIFNode" => Plif
}

spikebench::conforms!(neuron "plif");
