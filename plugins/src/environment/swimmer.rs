//! Swimmer-v5 and Swimmer-v4: make a chain of three links swim forward in a viscous fluid. The two versions do not differ.
//!
//! R. Coulom, *Reinforcement Learning Using Neural Networks, with Applications to Motor Control*, PhD thesis, INPG
//! 2002, in the form of Gymnasium 1.4.0,
//! [`swimmer_v5.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/swimmer_v5.py).

use serde::{Deserialize, Serialize};
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, ParameterError,
    Simulator, Spec, StateVisitor, Stateful, Step,
};
use spikebench::register;

use super::arithmetic::sum_of_squares;
use super::bounds::{check_finite, check_magnitude};
use super::mujoco::{Model, Noise, Simulation};

const MODEL: Model = Model {
    file: "swimmer.xml",
    positions: 5,
    velocities: 5,
    controls: 2,
    frame_skip: 4,
};

/// The parameters, with the names and defaults of Gymnasium.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Swimmer {
    /// Reward per metre per second of forward velocity.
    pub forward_reward_weight: f64,
    /// Cost per squared action; rounded to `f32`, as NumPy 2 does.
    pub ctrl_cost_weight: f64,
    /// The largest displacement of an initial position or velocity from rest.
    pub reset_noise_scale: f64,
    /// Whether the observation excludes the swimmer's position.
    pub exclude_current_positions_from_observation: bool,
}

impl Default for Swimmer {
    fn default() -> Self {
        Self {
            forward_reward_weight: 1.0,
            ctrl_cost_weight: 1e-4,
            reset_noise_scale: 0.1,
            exclude_current_positions_from_observation: true,
        }
    }
}

impl Swimmer {
    fn hidden_positions(&self) -> usize {
        2 * usize::from(self.exclude_current_positions_from_observation)
    }
}

impl EnvironmentSettings for Swimmer {
    fn spec(&self) -> Spec {
        Spec {
            observation: MODEL.positions - self.hidden_positions() + MODEL.velocities,
            action: ActionSpace::Box(vec![(-1.0, 1.0); MODEL.controls]),
            max_episode_steps: 1000,
        }
    }

    fn engine(&self) -> Option<String> {
        Some(super::mujoco::engine())
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        Ok(Box::new(Swimming {
            simulation: Simulation::open(&MODEL)?,
            settings: self.clone(),
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_finite("forward_reward_weight", self.forward_reward_weight)?;
        check_magnitude("ctrl_cost_weight", self.ctrl_cost_weight)?;
        check_magnitude("reset_noise_scale", self.reset_noise_scale)
    }
}

#[derive(Debug)]
struct Swimming {
    simulation: Simulation,
    settings: Swimmer,
}

impl Environment for Swimming {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        let noise = Noise::Uniform(self.settings.reset_noise_scale);
        self.simulation.reset(seed, noise);
        self.observation()
    }

    fn step(&mut self, action: &[f32]) -> Step {
        let before = self.simulation.position()[0];
        self.simulation.step(action);
        let after = self.simulation.position()[0];
        let velocity = (after - before) / self.simulation.seconds_per_step();

        // In `f32`, as computed by NumPy 2, and from the action as given, not as clamped by MuJoCo.
        let control_cost = self.settings.ctrl_cost_weight as f32 * sum_of_squares(action);
        Step {
            observation: self.observation(),
            reward: self.settings.forward_reward_weight * velocity - f64::from(control_cost),
            terminated: false,
        }
    }

    fn simulator(&self) -> Option<&dyn Simulator> {
        Some(&self.simulation)
    }
}

impl Stateful for Swimming {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        self.simulation.visit(with)
    }
}

impl Swimming {
    fn observation(&self) -> Vec<f64> {
        self.simulation.state(self.settings.hidden_positions())
    }
}

register! {
    /// Make a chain of links swim forward (Gymnasium, MuJoCo 3.3.7).
    environment "Swimmer-v5" => Swimmer
}

register! {
    /// The same as Swimmer-v5.
    environment "Swimmer-v4" => Swimmer
}

spikebench::conforms!(environment "Swimmer-v5", "Swimmer-v4");
