//! InvertedDoublePendulum-v5 and InvertedDoublePendulum-v4: balance a pole on a pole on a cart.
//!
//! Gymnasium 1.4.0,
//! [`inverted_double_pendulum_v5.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/inverted_double_pendulum_v5.py).
//! Version 4 also rewards the terminating step, observes all three constraint forces, where version 5 observes
//! only that on the cart, and has no parameters.

use std::hint::black_box;

use serde::{Deserialize, Serialize};
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, ParameterError,
    Simulator, Spec, StateVisitor, Stateful, Step,
};
use spikebench::register;

use super::bounds::{check_finite, check_magnitude};
use super::mujoco::{Model, Noise, Simulation};

const MODEL: Model = Model {
    file: "inverted_double_pendulum.xml",
    positions: 3,
    velocities: 3,
    controls: 1,
    frame_skip: 5,
};

/// The height of the tip at and below which the task ends, in metres.
const LOWEST_TIP: f64 = 1.0;

/// The parameters of version 5, with the names and defaults of Gymnasium.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InvertedDoublePendulum {
    /// Reward for each step that does not terminate.
    pub healthy_reward: f64,
    /// The largest displacement of an initial position from rest, and the standard deviation of an initial velocity.
    pub reset_noise_scale: f64,
}

impl Default for InvertedDoublePendulum {
    fn default() -> Self {
        Self {
            healthy_reward: 10.0,
            reset_noise_scale: 0.1,
        }
    }
}

/// Version 4 has no parameters.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvertedDoublePendulumV4 {}

fn spec(observed_forces: usize) -> Spec {
    // The cart's position, then sine and cosine of the two angles.
    let positions = 1 + 2 * 2;
    Spec {
        observation: positions + MODEL.velocities + observed_forces,
        action: ActionSpace::Box(vec![(-1.0, 1.0); MODEL.controls]),
        max_episode_steps: 1000,
    }
}

impl EnvironmentSettings for InvertedDoublePendulum {
    fn spec(&self) -> Spec {
        spec(1)
    }

    fn engine(&self) -> Option<String> {
        Some(super::mujoco::engine())
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        Ok(Box::new(Balancing {
            simulation: Simulation::open(&MODEL)?,
            settings: self.clone(),
            pays_last_step: false,
            observed_forces: 1,
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_finite("healthy_reward", self.healthy_reward)?;
        check_magnitude("reset_noise_scale", self.reset_noise_scale)
    }
}

impl EnvironmentSettings for InvertedDoublePendulumV4 {
    fn spec(&self) -> Spec {
        spec(MODEL.velocities)
    }

    fn engine(&self) -> Option<String> {
        Some(super::mujoco::engine())
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        Ok(Box::new(Balancing {
            simulation: Simulation::open(&MODEL)?,
            settings: InvertedDoublePendulum::default(),
            pays_last_step: true,
            observed_forces: MODEL.velocities,
        }))
    }
}

#[derive(Debug)]
struct Balancing {
    simulation: Simulation,
    settings: InvertedDoublePendulum,
    pays_last_step: bool,
    observed_forces: usize,
}

impl Environment for Balancing {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        let noise = Noise::Normal(self.settings.reset_noise_scale);
        self.simulation.reset(seed, noise);
        self.observation()
    }

    fn step(&mut self, action: &[f32]) -> Step {
        self.simulation.step(action);
        let [x, _, height] = self.simulation.data().site_xpos()[0];
        let [_, lower, upper] = *self.simulation.velocity() else {
            unreachable!("the model's shape was checked")
        };
        let terminated = height <= LOWEST_TIP;

        // Python's `x**2` calls libm's `pow`, which does not always equal `x * x`; the compiler would substitute that if
        // it saw the exponent.
        let two = black_box(2.0);
        let distance_penalty = 0.01 * x.powf(two) + (height - 2.0).powf(two);
        let velocity_penalty = 0.001 * lower.powf(two) + 0.005 * upper.powf(two);
        let paid = !terminated || self.pays_last_step;
        let bonus = if paid {
            self.settings.healthy_reward
        } else {
            0.0
        };
        Step {
            observation: self.observation(),
            reward: bonus - distance_penalty - velocity_penalty,
            terminated,
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
        let clip = |value: &f64| value.clamp(-10.0, 10.0);
        let [cart, angles @ ..] = self.simulation.position() else {
            unreachable!("the model's shape was checked")
        };
        let forces = &self.simulation.data().qfrc_constraint()[..self.observed_forces];
        [*cart]
            .into_iter()
            .chain(angles.iter().map(|angle| angle.sin()))
            .chain(angles.iter().map(|angle| angle.cos()))
            .chain(self.simulation.velocity().iter().map(clip))
            .chain(forces.iter().map(clip))
            .collect()
    }
}

register! {
    /// Balance a pole on a pole on a cart (Gymnasium, MuJoCo 3.3.7).
    environment "InvertedDoublePendulum-v5" => InvertedDoublePendulum
}

register! {
    /// InvertedDoublePendulum as in Gymnasium's version 4.
    environment "InvertedDoublePendulum-v4" => InvertedDoublePendulumV4
}

spikebench::conforms!(environment "InvertedDoublePendulum-v5", "InvertedDoublePendulum-v4");
