//! The leaky integrate-and-fire neuron, parametrised by its decay.

use serde::{Deserialize, Serialize};
use spikebench::api::{Firing, NeuronModel, ParameterError, Real, Reset, ResetTiming};
use spikebench::register;

/// `v ← beta · v + I − s · v_threshold`, where `s` is the spike of the previous step (snnTorch's `Leaky`: a soft reset in the
/// next step, through which no gradient flows; threshold 1). With `reset: hard` it is `v ← beta · (1 − s) v + I`. `beta` has
/// no default in snnTorch; its tutorials use 0.9.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Leaky {
    /// The fraction of the potential that remains after a step.
    #[serde(alias = "v_decay", alias = "decay")]
    beta: f64,
    #[serde(skip)]
    firing: Firing,
}

impl Default for Leaky {
    fn default() -> Self {
        Self {
            beta: 0.9,
            firing: Firing {
                reset: Reset::Soft,
                reset_timing: ResetTiming::NextStep,
                detach_reset: true,
                ..Firing::at(1.0)
            },
        }
    }
}

impl NeuronModel for Leaky {
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
        [v * self.beta + current]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v]: [R; 1], _: [R; 0]) -> [R; 1] {
        [self.firing.apply(v, spike, self.beta)]
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_fraction("beta", self.beta)?;
        self.firing.check_leak(self.beta)
    }
}

register! {
    /// Leaky integrate-and-fire, parametrised by its decay, with a soft reset in the next step (snnTorch).
    neuron "leaky" => Leaky
}

spikebench::conforms!(neuron "leaky");
