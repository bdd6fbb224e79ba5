//! The integrate-and-fire neuron without a leak.

use serde::{Deserialize, Serialize};
use spikebench::api::{Firing, NeuronModel, Real};
use spikebench::register;

/// `v ← v + I` (Lapicque 1907 without the leak; SpikingJelly's `IFNode`, threshold 1).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct IntegrateAndFire {
    #[serde(skip)]
    firing: Firing,
}

impl Default for IntegrateAndFire {
    fn default() -> Self {
        Self {
            firing: Firing::at(1.0),
        }
    }
}

impl NeuronModel for IntegrateAndFire {
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
        [v + current]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v]: [R; 1], _: [R; 0]) -> [R; 1] {
        [self.firing.apply(v, spike, 1.0)]
    }
}

register! {
    /// Integrate-and-fire without a leak.
    neuron "if" | "integrate-and-fire" | "IFNode" => IntegrateAndFire
}

spikebench::conforms!(neuron "if");
