//! The exponential integrate-and-fire neuron.

use serde::{Deserialize, Serialize};
use spikebench::api::{Firing, NeuronModel, ParameterError, Real};
use spikebench::register;

use super::time_constant::check_tau;

/// `v ← v + (I + v_rest − v + delta_T · exp((v − theta_rh) / delta_T)) / tau`; above `theta_rh` the potential runs away, which is
/// why the reset is hard (Fourcaud-Trocmé et al. 2003; SpikingJelly's `EIFNode`, whose constants are the defaults).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Exponential {
    /// The time constant of the membrane, in time steps.
    tau: f64,
    /// The sharpness of the onset of a spike.
    #[serde(rename = "delta_T")]
    sharpness: f64,
    /// The rheobase threshold, at which the spike sets in.
    theta_rh: f64,
    v_rest: f64,
    #[serde(skip)]
    firing: Firing,
}

impl Default for Exponential {
    fn default() -> Self {
        Self {
            tau: 2.0,
            sharpness: 1.0,
            theta_rh: 0.8,
            v_rest: 0.0,
            firing: Firing::always_hard(1.0, -0.1),
        }
    }
}

impl NeuronModel for Exponential {
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
        let upstroke = ((v - self.theta_rh) / self.sharpness).exp() * self.sharpness;
        [v + (current + self.v_rest - v + upstroke) / self.tau]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v]: [R; 1], _: [R; 0]) -> [R; 1] {
        [self.firing.apply(v, spike, 1.0)]
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_tau("tau", self.tau)?;
        ParameterError::unless_positive("delta_T", self.sharpness)
    }
}

register! {
    /// Exponential integrate-and-fire.
    neuron "eif" | "exponential" | "EIFNode" => Exponential
}

spikebench::conforms!(neuron "eif");
