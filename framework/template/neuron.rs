//! The neuron model `my-component`.

use serde::{Deserialize, Serialize};
use spikebench::api::{Firing, Learnable, NeuronModel, ParameterError, Real};

/// `v ← decay · v + I`, where every neuron learns its own `decay`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MyComponent {
    /// The decay before learning.
    decay: f64,
    /// Threshold and reset, which suites can set as for every built-in neuron.
    #[serde(skip)]
    firing: Firing,
}

impl Default for MyComponent {
    fn default() -> Self {
        Self {
            decay: 0.75,
            firing: Firing::at(0.5),
        }
    }
}

impl NeuronModel for MyComponent {
    type State<R: Real> = [R; 1];
    type Learned<R: Real> = [R; 1];

    fn firing(&mut self) -> Option<&mut Firing> {
        Some(&mut self.firing)
    }

    fn rest(&self) -> [f64; 1] {
        [self.firing.rest()]
    }

    fn learned(&self) -> Vec<Learnable> {
        vec![Learnable {
            name: "decay",
            init: self.decay,
            per_neuron: true,
        }]
    }

    fn v_threshold(&self) -> f64 {
        self.firing.v_threshold
    }

    #[inline(always)]
    fn charge<R: Real>(&self, current: R, [v]: [R; 1], [decay]: [R; 1]) -> [R; 1] {
        [decay * v + current]
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, [v]: [R; 1], _: [R; 1]) -> [R; 1] {
        [self.firing.apply(v, spike, self.decay)]
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_fraction("decay", self.decay)?;
        self.firing.check_leak(self.decay)
    }
}

spikebench::register! {
    /// A leaky neuron that learns its decay.
    neuron "my-component" => MyComponent
}

spikebench::conforms!(neuron "my-component");
