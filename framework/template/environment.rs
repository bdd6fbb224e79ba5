//! The environment `my-component`: a puck on a line that is to be kept at the origin.

use serde::{Deserialize, Serialize};
use spikebench::api::numpy::Generator;
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, ParameterError, Spec,
    StateVisitor, Stateful, Step,
};

const SECONDS: f64 = 0.1;
const EDGE: f64 = 2.0;

/// The puck is pushed by a force in [-1, 1]. Every step costs the square of the distance, and an episode ends at the edge.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MyComponent {
    mass: f64,
}

impl Default for MyComponent {
    fn default() -> Self {
        Self { mass: 1.0 }
    }
}

impl EnvironmentSettings for MyComponent {
    fn spec(&self) -> Spec {
        Spec {
            observation: 2,
            action: ActionSpace::Box(vec![(-1.0, 1.0)]),
            max_episode_steps: 50,
        }
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        Ok(Box::new(Sliding {
            mass: self.mass,
            position: 0.0,
            velocity: 0.0,
            generator: Generator::new(0),
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("mass", self.mass)
    }
}

#[derive(Debug)]
struct Sliding {
    mass: f64,
    position: f64,
    velocity: f64,
    generator: Generator,
}

impl Environment for Sliding {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        if let Some(seed) = seed {
            self.generator = Generator::new(seed);
        }
        self.position = self.generator.uniform(-1.0, 1.0);
        self.velocity = 0.0;
        vec![self.position, self.velocity]
    }

    fn step(&mut self, action: &[f32]) -> Step {
        self.velocity += SECONDS * f64::from(action[0]) / self.mass;
        self.position += SECONDS * self.velocity;
        Step {
            observation: vec![self.position, self.velocity],
            reward: 1.0 - self.position.powi(2),
            terminated: self.position.abs() > EDGE,
        }
    }
}

impl Stateful for Sliding {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.number("position", &mut self.position)?;
        with.number("velocity", &mut self.velocity)?;
        with.part("generator", &mut self.generator)
    }
}

spikebench::register! {
    /// A puck on a line that is to be kept at the origin.
    environment "my-component" => MyComponent
}

spikebench::conforms!(environment "my-component");
