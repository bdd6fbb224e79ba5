//! The current-based leaky integrate-and-fire neuron of Pop-SAN.

use serde::{Deserialize, Serialize};
use spikebench::api::{Firing, NeuronModel, ParameterError, Real};
use spikebench::register;

/// `c ← current_decay · c + I`, `v ← voltage_decay · v + c`; a spike resets `v` (Tang et al. 2020, equations 3–6;
/// `popsan.py`, lines 138–225; SpikingJelly's `CUBALIFNode`). The current is not reset. Pop-SAN's code lets the gradient flow
/// through the reset, while equation (9) of the paper does not: `detach_reset`. What SpikingJelly calls CLIF is another
/// model, `complementary-lif`.
///
/// ILC-SAN and NoisySAN use these neurons too; their connections and their noise are parts of the network.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Clif {
    #[serde(alias = "c_decay")]
    current_decay: f64,
    #[serde(alias = "v_decay")]
    voltage_decay: f64,
    #[serde(skip)]
    firing: Firing,
}

impl Default for Clif {
    fn default() -> Self {
        Self {
            current_decay: 0.5,
            voltage_decay: 0.75,
            firing: Firing::at(0.5),
        }
    }
}

impl NeuronModel for Clif {
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
    fn charge<R: Real>(&self, current: R, [v, c]: [R; 2], _: [R; 0]) -> [R; 2] {
        let c = c * self.current_decay + current;
        [v * self.voltage_decay + c, c]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v, c]: [R; 2], _: [R; 0]) -> [R; 2] {
        [self.firing.apply(v, spike, self.voltage_decay), c]
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_fraction("current_decay", self.current_decay)?;
        ParameterError::unless_fraction("voltage_decay", self.voltage_decay)?;
        self.firing.check_leak(self.voltage_decay)
    }
}

register! {
    /// Current-based leaky integrate-and-fire with a hard reset (Pop-SAN).
    neuron "clif" | "cuba-lif" | "cubalif" | "CUBALIFNode" => Clif
}

register! {
    /// Current-based leaky integrate-and-fire with a soft reset in the next step (snnTorch's Synaptic).
    neuron "synaptic" => Clif {
        "current_decay": 0.9,
        "voltage_decay": 0.8,
        "v_threshold": 1.0,
        "reset": "soft",
        "reset_timing": "next_step",
        "detach_reset": true
    }
}

spikebench::conforms!(neuron "clif", "synaptic");
