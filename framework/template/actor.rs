//! The actor `my-component`.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    Actor, ActorSettings, ComponentError, ComponentFactory, Declaration, Init, NoiseContext,
    ParameterError, Weights,
};
use tch::Tensor;

/// One product and a bias, without hidden layers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MyComponent {
    /// The bound of the initial weights.
    spread: f64,
}

impl Default for MyComponent {
    fn default() -> Self {
        Self { spread: 0.1 }
    }
}

impl ActorSettings for MyComponent {
    fn spiking(&self) -> bool {
        false
    }

    fn build(
        &self,
        features: i64,
        actions: i64,
        _: &dyn ComponentFactory,
    ) -> Result<Box<dyn Actor>, ComponentError> {
        Ok(Box::new(Linear {
            features,
            actions,
            spread: self.spread,
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("spread", self.spread)
    }
}

#[derive(Debug)]
struct Linear {
    features: i64,
    actions: i64,
    spread: f64,
}

impl Actor for Linear {
    fn learned(&self) -> Vec<Declaration> {
        let shape = [self.features, self.actions];
        vec![
            Declaration::new("weight", &shape, Init::Uniform(self.spread)),
            Declaration::new("bias", &[self.actions], Init::Uniform(self.spread)),
        ]
    }

    fn forward(&self, observation: &Tensor, weights: &Weights, _: &mut NoiseContext<'_>) -> Tensor {
        observation.matmul(weights.get("weight")) + weights.get("bias").unsqueeze(1)
    }

    fn multiply_adds(&self) -> u64 {
        (self.features * self.actions) as u64
    }
}

spikebench::register! {
    /// A linear policy.
    actor "my-component" => MyComponent
}

spikebench::conforms!(actor "my-component");
