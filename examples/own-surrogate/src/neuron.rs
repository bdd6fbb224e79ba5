//! A neuron model: a leaky neuron that forgets inhibition faster than excitation.

use serde::{Deserialize, Serialize};
use spikebench::api::{Firing, NeuronModel, ParameterError, Real};
use spikebench::register;

/// `v ← decay · v + I`, where `decay` is another number for potentials below zero.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TwoLeaks {
    above: f64,
    below: f64,
    /// Threshold and reset, which suites can set as for every built-in neuron.
    #[serde(skip)]
    firing: Firing,
}

impl Default for TwoLeaks {
    fn default() -> Self {
        Self {
            above: 0.75,
            below: 0.5,
            firing: Firing::at(0.5),
        }
    }
}

impl NeuronModel for TwoLeaks {
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
        let is_inhibited = v.below(R::from(0.0));
        let kept = R::select(is_inhibited, v * self.below, v * self.above);
        [kept + current]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v]: [R; 1], _: [R; 0]) -> [R; 1] {
        [self.firing.apply(v, spike, self.above)]
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_fraction("above", self.above)?;
        ParameterError::unless_fraction("below", self.below)?;
        self.firing.check_leak(self.above)
    }
}

register! {
    /// A leaky neuron with one decay above zero and another below.
    neuron "two-leaks" => TwoLeaks
}

spikebench::conforms!(neuron "two-leaks");
