//! The resonate-and-fire neuron.

use serde::{Deserialize, Serialize};
use spikebench::api::{Firing, NeuronModel, ParameterError, Real};
use spikebench::register;

/// In each step, the state `(w, v)` rotates by `omega · dt` and shrinks by `exp(b · dt)`. The input is added to `w`, so it
/// reaches `v` one step later. The neuron fires by `v`, and only `v` is reset (Izhikevich 2001; SpikingJelly's `RAFNode`, whose constants
/// are the defaults).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ResonateAndFire {
    /// The damping; negative.
    b: f64,
    /// The angular frequency.
    omega: f64,
    dt: f64,
    #[serde(skip)]
    firing: Firing,
}

impl Default for ResonateAndFire {
    fn default() -> Self {
        Self {
            b: -0.2,
            omega: 1.0,
            dt: 1.0,
            firing: Firing::at(1.0),
        }
    }
}

impl NeuronModel for ResonateAndFire {
    type State<R: Real> = [R; 2];
    type Learned<R: Real> = [R; 0];

    fn firing(&mut self) -> Option<&mut Firing> {
        Some(&mut self.firing)
    }

    fn rest(&self) -> [f64; 2] {
        [self.firing.rest(), 0.0]
    }

    fn v_threshold(&self) -> f64 {
        self.firing.v_threshold
    }

    #[inline(always)]
    fn charge<R: Real>(&self, current: R, [v, w]: [R; 2], _: [R; 0]) -> [R; 2] {
        let (shrunk, angle) = ((self.b * self.dt).exp(), self.omega * self.dt);
        let (along, across) = (shrunk * angle.cos(), shrunk * angle.sin());
        [
            w * across + v * along,
            w * along - v * across + current * self.dt,
        ]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v, w]: [R; 2], _: [R; 0]) -> [R; 2] {
        [self.firing.apply(v, spike, 1.0), w]
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless(
            self.b < 0.0,
            "b",
            self.b,
            "must be negative, to damp the oscillation",
        )?;
        ParameterError::unless_positive("dt", self.dt)?;
        self.firing.check_at_once()
    }
}

register! {
    /// Resonate-and-fire: a damped oscillator with a threshold.
    neuron "resonate-and-fire" | "raf" | "RAFNode" => ResonateAndFire
}

spikebench::conforms!(neuron "resonate-and-fire");
