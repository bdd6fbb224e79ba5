//! InvertedPendulum-v5 and InvertedPendulum-v4: balance a pole on a cart.
//!
//! A. Barto, R. Sutton, C. Anderson, *Neuronlike adaptive elements that can solve difficult learning control problems*,
//! IEEE Transactions on Systems, Man, and Cybernetics 13, 1983, in the form of Gymnasium 1.4.0,
//! [`inverted_pendulum_v5.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/inverted_pendulum_v5.py).
//! Version 4 also rewards the terminating step, and has no parameters.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, ParameterError,
    Simulator, Spec, StateVisitor, Stateful, Step,
};
use spikebench::register;

use super::bounds::check_magnitude;
use super::mujoco::{Model, Noise, Simulation};

const MODEL: Model = Model {
    file: "inverted_pendulum.xml",
    positions: 2,
    velocities: 2,
    controls: 1,
    frame_skip: 2,
};

/// The inclination of the pole beyond which the task ends, in radians.
const LARGEST_ANGLE: f64 = 0.2;

/// The parameters of version 5, with the names and defaults of Gymnasium.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InvertedPendulum {
    /// The largest displacement of an initial position or velocity from rest.
    pub reset_noise_scale: f64,
}

impl Default for InvertedPendulum {
    fn default() -> Self {
        Self {
            reset_noise_scale: 0.01,
        }
    }
}

/// Version 4 has no parameters.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvertedPendulumV4 {}

fn spec() -> Spec {
    Spec {
        observation: MODEL.positions + MODEL.velocities,
        action: ActionSpace::Box(vec![(-3.0, 3.0); MODEL.controls]),
        max_episode_steps: 1000,
    }
}

impl EnvironmentSettings for InvertedPendulum {
    fn spec(&self) -> Spec {
        spec()
    }

    fn engine(&self) -> Option<String> {
        Some(super::mujoco::engine())
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        Ok(Box::new(Balancing {
            simulation: Simulation::open(&MODEL)?,
            reset_noise_scale: self.reset_noise_scale,
            pays_last_step: false,
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_magnitude("reset_noise_scale", self.reset_noise_scale)
    }
}

impl EnvironmentSettings for InvertedPendulumV4 {
    fn spec(&self) -> Spec {
        spec()
    }

    fn engine(&self) -> Option<String> {
        Some(super::mujoco::engine())
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        Ok(Box::new(Balancing {
            simulation: Simulation::open(&MODEL)?,
            reset_noise_scale: InvertedPendulum::default().reset_noise_scale,
            pays_last_step: true,
        }))
    }
}

#[derive(Debug)]
struct Balancing {
    simulation: Simulation,
    reset_noise_scale: f64,
    pays_last_step: bool,
}

impl Environment for Balancing {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        self.simulation
            .reset(seed, Noise::Uniform(self.reset_noise_scale));
        self.observation()
    }

    fn step(&mut self, action: &[f32]) -> Step {
        self.simulation.step(action);
        let observation = self.observation();
        let balanced = observation.iter().all(|value| value.is_finite())
            && observation[1].abs() <= LARGEST_ANGLE;
        Step {
            observation,
            reward: if balanced || self.pays_last_step {
                1.0
            } else {
                0.0
            },
            terminated: !balanced,
        }
    }

    fn simulator(&self) -> Option<&dyn Simulator> {
        Some(&self.simulation)
    }
}

impl Stateful for Balancing {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        self.simulation.visit(with)
    }
}

impl Balancing {
    fn observation(&self) -> Vec<f64> {
        self.simulation.state(0)
    }
}

register! {
    /// Balance a pole on a cart (Gymnasium, MuJoCo 3.3.7).
    environment "InvertedPendulum-v5" => InvertedPendulum
}

register! {
    /// InvertedPendulum as in Gymnasium's version 4.
    environment "InvertedPendulum-v4" => InvertedPendulumV4
}

spikebench::conforms!(environment "InvertedPendulum-v5", "InvertedPendulum-v4");
