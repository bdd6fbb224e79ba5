//! The current-based leaky integrate-and-fire neuron of Pop-SAN.

use serde::{Deserialize, Serialize};
use spikebench::api::{Fault, NeuronModel, Real, Reset};
use spikebench::register;

/// `c ← current_decay · c + I`, `v ← voltage_decay · v + c`; a spike sets `v` to `v_reset`, or takes `v_threshold` from it
/// with `reset: soft` (Tang et al. 2020, equations 3–6; `popsan.py`, lines 138–225). The current is not reset. Pop-SAN's code lets the gradient flow
/// through the reset, the paper's own equation (9) does not: `detach_reset`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Clif {
    v_threshold: f64,
    reset: Reset,
    v_reset: f64,
    current_decay: f64,
    voltage_decay: f64,
    detach_reset: bool,
}

impl Default for Clif {
    fn default() -> Self {
        Self {
            v_threshold: 0.5,
            reset: Reset::Hard,
            v_reset: 0.0,
            current_decay: 0.5,
            voltage_decay: 0.75,
            detach_reset: false,
        }
    }
}

impl NeuronModel for Clif {
    type State<R: Real> = [R; 2];
    type Learned<R: Real> = [R; 0];

    fn rest(&self) -> [f64; 2] {
        [0.0, 0.0]
    }

    fn v_threshold(&self) -> f64 {
        self.v_threshold
    }

    #[inline(always)]
    fn charge<R: Real>(&self, current: R, [v, c]: [R; 2], _: [R; 0]) -> [R; 2] {
        let c = c * self.current_decay + current;
        [v * self.voltage_decay + c, c]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v, c]: [R; 2], _: [R; 0]) -> [R; 2] {
        let spike = if self.detach_reset {
            spike.detach()
        } else {
            spike
        };
        [
            self.reset.apply(v, spike, self.v_reset, self.v_threshold),
            c,
        ]
    }

    fn check(&self) -> Result<(), Fault> {
        Fault::unless_positive("v_threshold", self.v_threshold)?;
        let rule = format!("must be below v_threshold ({})", self.v_threshold);
        Fault::unless(
            self.v_reset < self.v_threshold,
            "v_reset",
            self.v_reset,
            rule,
        )?;
        Fault::unless_fraction("current_decay", self.current_decay)?;
        Fault::unless_fraction("voltage_decay", self.voltage_decay)
    }
}

register! {
    /// Current-based leaky integrate-and-fire with hard reset (Pop-SAN).
    neuron "clif" => Clif
}
