//! Izhikevich's simple model.

use serde::{Deserialize, Serialize};
use spikebench::api::{Firing, NeuronModel, ParameterError, Real};
use spikebench::register;

/// `dv/dt = 0.04 v² + 5 v + 140 − u + I`, `du/dt = a (b v − u)`, in Euler steps of `dt`; a spike sets `v` to `v_reset`, the paper's
/// `c`, and adds `d` to `u` (Izhikevich 2003; the defaults are its regular spiking cell). Unlike in the other models, potentials
/// are in millivolts and times in milliseconds: a surrogate of width 1 is one millivolt wide, and currents below about 4
/// leave the neuron silent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Izhikevich {
    /// The rate of the recovery variable, per millisecond.
    a: f64,
    /// The sensitivity of the recovery variable to the potential.
    b: f64,
    /// How much a spike adds to the recovery variable.
    d: f64,
    /// The length of a time step in milliseconds.
    dt: f64,
    #[serde(skip)]
    firing: Firing,
}

impl Default for Izhikevich {
    fn default() -> Self {
        Self {
            a: 0.02,
            b: 0.2,
            d: 8.0,
            dt: 0.5,
            firing: Firing::always_hard(30.0, -65.0),
        }
    }
}

impl NeuronModel for Izhikevich {
    type State<R: Real> = [R; 2];
    type Learned<R: Real> = [R; 0];

    fn firing(&mut self) -> Option<&mut Firing> {
        Some(&mut self.firing)
    }

    fn rest(&self) -> [f64; 2] {
        [self.firing.v_reset, self.b * self.firing.v_reset]
    }

    fn v_threshold(&self) -> f64 {
        self.firing.v_threshold
    }

    #[inline(always)]
    fn charge<R: Real>(&self, current: R, [v, u]: [R; 2], _: [R; 0]) -> [R; 2] {
        let rise = v * v * 0.04 + v * 5.0 + 140.0 - u + current;
        let recovery = (v * self.b - u) * self.a;
        [v + rise * self.dt, u + recovery * self.dt]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v, u]: [R; 2], _: [R; 0]) -> [R; 2] {
        [self.firing.apply(v, spike, 1.0), u + spike * self.d]
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("dt", self.dt)
    }
}

register! {
    /// Izhikevich's simple model of 2003, in millivolts and milliseconds.
    neuron "izhikevich" => Izhikevich
}

spikebench::conforms!(neuron "izhikevich");
