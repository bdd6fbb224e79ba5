//! The quadratic integrate-and-fire neuron.

use serde::{Deserialize, Serialize};
use spikebench::api::{Firing, NeuronModel, ParameterError, Real};
use spikebench::register;

use super::time_constant::check_tau;

/// `v ← v + (I + a0 (v − v_rest)(v − v_c)) / tau`; above `v_c` the potential runs away, which is why the reset is hard
/// (Gerstner et al. 2014, section 5.3; SpikingJelly's `QIFNode`, whose constants are the defaults).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Quadratic {
    /// The time constant of the membrane, in time steps.
    tau: f64,
    a0: f64,
    /// The critical potential, above which the membrane potential rises by itself.
    v_c: f64,
    v_rest: f64,
    #[serde(skip)]
    firing: Firing,
}

impl Default for Quadratic {
    fn default() -> Self {
        Self {
            tau: 2.0,
            a0: 1.0,
            v_c: 0.8,
            v_rest: 0.0,
            firing: Firing::always_hard(1.0, -0.1),
        }
    }
}

impl NeuronModel for Quadratic {
    type State<R: Real> = [R; 1];
    type Learned<R: Real> = [R; 0];

    fn firing(&mut self) -> Option<&mut Firing> {
        Some(&mut self.firing)
    }

    fn rest(&self) -> [f64; 1] {
        [self.firing.v_reset]
    }

    fn v_threshold(&self) -> f64 {
        self.firing.v_threshold
    }

    #[inline(always)]
    fn charge<R: Real>(&self, current: R, [v]: [R; 1], _: [R; 0]) -> [R; 1] {
        let drift = (v - self.v_rest) * (v - self.v_c) * self.a0;
        [v + (current + drift) / self.tau]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v]: [R; 1], _: [R; 0]) -> [R; 1] {
        [self.firing.apply(v, spike, 1.0)]
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_tau("tau", self.tau)?;
        ParameterError::unless_positive("a0", self.a0)
    }
}

register! {
    /// Quadratic integrate-and-fire.
    neuron "qif" | "quadratic" | "QIFNode" => Quadratic
}

spikebench::conforms!(neuron "qif");
