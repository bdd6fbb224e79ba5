//! The adaptive leaky integrate-and-fire neuron of LSNN.

use serde::{Deserialize, Serialize};
use spikebench::api::{Firing, NeuronModel, ParameterError, Real, Reset, ResetTiming};
use spikebench::register;

/// `v ← ρ v + (1 − ρ) I − s · v_threshold`, where `s` is the spike of the previous step; the neuron fires above
/// `v_threshold + beta · b`, with `b ← ρₐ b + (1 − ρₐ) s`, `ρ = exp(−1 / tau)` and `ρₐ = exp(−1 / tau_adaptation)` (Bellec et
/// al. 2018, equations 1–5, without their refractory period; time constants of 20 and 200 of their 1 ms steps, `beta` 1.8).
/// With `decay_input: false`, the input is not scaled by `1 − ρ`. `detach_reset` applies to the membrane, not to the
/// threshold.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Alif {
    /// The time constant of the membrane, in time steps.
    #[serde(alias = "tau_mem")]
    tau: f64,
    /// The time constant of the threshold, in time steps.
    #[serde(alias = "tau_adapt")]
    tau_adaptation: f64,
    /// How much the threshold rises per unit of `b`.
    beta: f64,
    decay_input: bool,
    #[serde(skip)]
    firing: Firing,
}

impl Default for Alif {
    fn default() -> Self {
        Self {
            tau: 20.0,
            tau_adaptation: 200.0,
            beta: 1.8,
            decay_input: true,
            firing: Firing {
                reset: Reset::Soft,
                reset_timing: ResetTiming::NextStep,
                ..Firing::at(1.0)
            },
        }
    }
}

impl Alif {
    #[inline(always)]
    fn leak(&self) -> f64 {
        (-1.0 / self.tau).exp()
    }
}

impl NeuronModel for Alif {
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
    fn charge<R: Real>(&self, current: R, [v, b]: [R; 2], _: [R; 0]) -> [R; 2] {
        let leak = self.leak();
        let gain = 1.0 - leak * (self.decay_input as u8 as f64);
        [v * leak + current * gain, b]
    }

    #[inline(always)]
    fn u<R: Real>(&self, [v, b]: [R; 2], _: [R; 0]) -> R {
        v - (b * self.beta + self.firing.v_threshold)
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v, b]: [R; 2], _: [R; 0]) -> [R; 2] {
        let stays = (-1.0 / self.tau_adaptation).exp();
        let v = self.firing.apply(v, spike, self.leak());
        [v, b * stays + spike * (1.0 - stays)]
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("tau", self.tau)?;
        ParameterError::unless_positive("tau_adaptation", self.tau_adaptation)?;
        ParameterError::unless(self.beta >= 0.0, "beta", self.beta, "must not be negative")
    }
}

register! {
    /// Leaky integrate-and-fire with a threshold that rises with every spike (LSNN).
    neuron "alif" | "lsnn" => Alif
}

spikebench::conforms!(neuron "alif");
