//! InvertedPendulum-v5: a cart that is to balance a pole.
//!
//! A. Barto, R. Sutton, C. Anderson, *Neuronlike adaptive elements that can solve difficult learning control problems*,
//! IEEE Transactions on Systems, Man, and Cybernetics 13, 1983, in the form of Gymnasium 1.4.0,
//! [`inverted_pendulum_v5.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/inverted_pendulum_v5.py).

use serde::{Deserialize, Serialize};
use spikebench::api::{ActionSpace, Broken, Environment, EnvironmentSettings, Fault, Spec, Step};
use spikebench::register;

use super::mujoco::{Model, Simulation, check_magnitude};

const MODEL: Model = Model {
    file: "inverted_pendulum.xml",
    positions: 2,
    velocities: 2,
    controls: 1,
    frame_skip: 2,
};

/// The inclination of the pole beyond which the task ends, in radians.
const LARGEST_ANGLE: f64 = 0.2;

/// The parameters, with the names and defaults of Gymnasium.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InvertedPendulum {
    /// Largest displacement of a first position or velocity from rest.
    pub reset_noise_scale: f64,
}

impl Default for InvertedPendulum {
    fn default() -> Self {
        Self {
            reset_noise_scale: 0.01,
        }
    }
}

impl EnvironmentSettings for InvertedPendulum {
    fn spec(&self) -> Spec {
        Spec {
            observation: MODEL.positions + MODEL.velocities,
            action: ActionSpace::Box(vec![(-3.0, 3.0); MODEL.controls]),
            max_episode_steps: 1000,
        }
    }

    fn engine(&self) -> Option<String> {
        Some(super::mujoco::engine())
    }

    fn open(&self) -> Result<Box<dyn Environment>, Broken> {
        Ok(Box::new(Balancing {
            simulation: Simulation::open(&MODEL)?,
            reset_noise_scale: self.reset_noise_scale,
        }))
    }

    fn check(&self) -> Result<(), Fault> {
        check_magnitude("reset_noise_scale", self.reset_noise_scale)
    }
}

#[derive(Debug)]
struct Balancing {
    simulation: Simulation,
    reset_noise_scale: f64,
}

impl Environment for Balancing {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        self.simulation.reset(seed, self.reset_noise_scale);
        self.observation()
    }

    fn step(&mut self, action: &[f32]) -> Step {
        self.simulation.step(action);
        let observation = self.observation();
        let balanced = observation.iter().all(|value| value.is_finite())
            && observation[1].abs() <= LARGEST_ANGLE;
        Step {
            observation,
            reward: if balanced { 1.0 } else { 0.0 },
            terminated: !balanced,
        }
    }
}

impl Balancing {
    fn observation(&self) -> Vec<f64> {
        [self.simulation.position(), self.simulation.velocity()].concat()
    }
}

register! {
    /// Gymnasium's pole on a cart, on MuJoCo 3.3.7.
    environment "InvertedPendulum-v5" => InvertedPendulum
}
