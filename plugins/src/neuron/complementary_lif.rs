//! The complementary leaky integrate-and-fire neuron.

use serde::{Deserialize, Serialize};
use spikebench::api::{NeuronModel, ParameterError, Real};
use spikebench::register;

use super::time_constant::check_tau;

/// `v ← v − v / tau + I`, `m ← m · S(v / tau) + s`; a spike subtracts `v_threshold + S(m)` from `v`, so that frequent firing
/// inhibits itself (Huang et al. 2024; SpikingJelly's `ComplementaryLIFNode`, `tau` 2 time steps). `S` is the logistic function.
/// The current-based neuron of the same initials is `clif`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ComplementaryLif {
    #[serde(alias = "threshold", alias = "v_th")]
    v_threshold: f64,
    /// The time constant of the membrane, in time steps.
    tau: f64,
    detach_reset: bool,
}

impl Default for ComplementaryLif {
    fn default() -> Self {
        Self {
            v_threshold: 1.0,
            tau: 2.0,
            detach_reset: false,
        }
    }
}

impl NeuronModel for ComplementaryLif {
    type State<R: Real> = [R; 2];
    type Learned<R: Real> = [R; 0];

    fn rest(&self) -> [f64; 2] {
        [0.0, 0.0]
    }

    fn v_threshold(&self) -> f64 {
        self.v_threshold
    }

    #[inline(always)]
    fn charge<R: Real>(&self, current: R, [v, m]: [R; 2], _: [R; 0]) -> [R; 2] {
        // A factor, because a division takes as long as half of a logistic function.
        let rate = 1.0 / self.tau;
        let v = v - v * rate + current;
        [v, m * (v * rate).sigmoid()]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v, m]: [R; 2], _: [R; 0]) -> [R; 2] {
        let seen = if self.detach_reset {
            spike.detach()
        } else {
            spike
        };
        let down = ((m + seen).sigmoid() + self.v_threshold) * seen;
        [v - down, m + spike]
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("v_threshold", self.v_threshold)?;
        check_tau("tau", self.tau)
    }
}

register! {
    /// Leaky integrate-and-fire whose reset grows with its past spikes (complementary LIF).
    neuron "complementary-lif" | "ComplementaryLIFNode" => ComplementaryLif
}

spikebench::conforms!(neuron "complementary-lif");
