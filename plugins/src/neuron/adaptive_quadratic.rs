//! The adaptive quadratic integrate-and-fire neuron, which SpikingJelly calls Izhikevich's.

use serde::{Deserialize, Serialize};
use spikebench::api::{Firing, NeuronModel, ParameterError, Real};
use spikebench::register;

use super::time_constant::check_tau;

/// `v ← v + (I + a0 (v − v_rest)(v − v_c) − w) / tau`, then `w ← w + (a (v − v_rest) − w) / tau_w`; a spike sets `v` to `v_reset`
/// and adds `b` to `w` (Gerstner et al. 2014, section 6.1; SpikingJelly's `IzhikevichNode`, whose constants are the defaults:
/// with `a = b = 0` there is no adaptation). Izhikevich's own model, in millivolts, is `izhikevich`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AdaptiveQuadratic {
    /// The time constant of the membrane, in time steps.
    tau: f64,
    a0: f64,
    /// The critical potential, above which the membrane potential rises by itself.
    v_c: f64,
    v_rest: f64,
    /// The initial value of the adaptation.
    w_rest: f64,
    /// The time constant of the adaptation, in time steps.
    tau_w: f64,
    /// How strongly the adaptation follows the potential.
    a: f64,
    /// How much each spike adds to the adaptation.
    b: f64,
    #[serde(skip)]
    firing: Firing,
}

impl Default for AdaptiveQuadratic {
    fn default() -> Self {
        Self {
            tau: 2.0,
            a0: 1.0,
            v_c: 0.8,
            v_rest: -0.1,
            w_rest: 0.0,
            tau_w: 2.0,
            a: 0.0,
            b: 0.0,
            firing: Firing::always_hard(1.0, 0.0),
        }
    }
}

impl NeuronModel for AdaptiveQuadratic {
    type State<R: Real> = [R; 2];
    type Learned<R: Real> = [R; 0];

    fn firing(&mut self) -> Option<&mut Firing> {
        Some(&mut self.firing)
    }

    fn rest(&self) -> [f64; 2] {
        [self.firing.v_reset, self.w_rest]
    }

    fn v_threshold(&self) -> f64 {
        self.firing.v_threshold
    }

    #[inline(always)]
    fn charge<R: Real>(&self, current: R, [v, w]: [R; 2], _: [R; 0]) -> [R; 2] {
        let drift = (v - self.v_rest) * (v - self.v_c) * self.a0;
        let v = v + (current + drift - w) / self.tau;
        [v, w + ((v - self.v_rest) * self.a - w) / self.tau_w]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v, w]: [R; 2], _: [R; 0]) -> [R; 2] {
        [self.firing.apply(v, spike, 1.0), w + spike * self.b]
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_tau("tau", self.tau)?;
        check_tau("tau_w", self.tau_w)?;
        ParameterError::unless_positive("a0", self.a0)
    }
}

register! {
    /// Quadratic integrate-and-fire with adaptation (SpikingJelly's Izhikevich).
    neuron "adaptive-qif" | "IzhikevichNode" => AdaptiveQuadratic
}

spikebench::conforms!(neuron "adaptive-qif");
