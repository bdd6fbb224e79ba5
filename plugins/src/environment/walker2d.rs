//! Walker2d-v5 and Walker2d-v4: make two legs walk forward in a plane.
//!
//! T. Erez, Y. Tassa, E. Todorov, *Infinite-Horizon Model Predictive Control for Periodic Tasks with Contacts*, RSS
//! 2011, in the form of Gymnasium 1.4.0,
//! [`walker2d_v5.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/walker2d_v5.py).
//! Version 4 also pays `healthy_reward` for the terminating step, and uses another model file, whose left foot
//! has less friction.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, ParameterError,
    Simulator, Spec, StateVisitor, Stateful, Step,
};
use spikebench::register;

use super::arithmetic::sum_of_squares;
use super::bounds::{Range, check_finite, check_magnitude};
use super::mujoco::{Model, Noise, Simulation};

const MODEL: Model = Model {
    file: "walker2d_v5.xml",
    positions: 9,
    velocities: 9,
    controls: 6,
    frame_skip: 4,
};

const MODEL_OF_V4: Model = Model {
    file: "walker2d.xml",
    ..MODEL
};

/// The parameters, with the names and defaults of Gymnasium.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Walker2d {
    /// Reward per metre per second of forward velocity.
    pub forward_reward_weight: f64,
    /// Cost per squared action; rounded to `f32`, as NumPy 2 does.
    pub ctrl_cost_weight: f64,
    /// Reward for each step that ends in a healthy state.
    pub healthy_reward: f64,
    /// Whether an unhealthy state terminates.
    pub terminate_when_unhealthy: bool,
    /// The range of healthy torso heights, in metres.
    pub healthy_z_range: Range,
    /// The range of healthy torso inclinations, in radians.
    pub healthy_angle_range: Range,
    /// The largest displacement of an initial position or velocity from rest.
    pub reset_noise_scale: f64,
    /// Whether the observation excludes the position along the track.
    pub exclude_current_positions_from_observation: bool,
}

/// The same parameters, for version 4.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Walker2dV4(Walker2d);

impl Default for Walker2d {
    fn default() -> Self {
        Self {
            forward_reward_weight: 1.0,
            ctrl_cost_weight: 1e-3,
            healthy_reward: 1.0,
            terminate_when_unhealthy: true,
            healthy_z_range: Range(Some(0.8), Some(2.0)),
            healthy_angle_range: Range(Some(-1.0), Some(1.0)),
            reset_noise_scale: 5e-3,
            exclude_current_positions_from_observation: true,
        }
    }
}

impl Walker2d {
    fn hidden_positions(&self) -> usize {
        usize::from(self.exclude_current_positions_from_observation)
    }
}

impl EnvironmentSettings for Walker2d {
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
        Ok(Box::new(Walking {
            simulation: Simulation::open(&MODEL)?,
            settings: self.clone(),
            pays_last_step: false,
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_finite("forward_reward_weight", self.forward_reward_weight)?;
        check_magnitude("ctrl_cost_weight", self.ctrl_cost_weight)?;
        check_finite("healthy_reward", self.healthy_reward)?;
        self.healthy_z_range.check("healthy_z_range")?;
        self.healthy_angle_range.check("healthy_angle_range")?;
        check_magnitude("reset_noise_scale", self.reset_noise_scale)
    }
}

impl EnvironmentSettings for Walker2dV4 {
    fn spec(&self) -> Spec {
        self.0.spec()
    }

    fn engine(&self) -> Option<String> {
        self.0.engine()
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        Ok(Box::new(Walking {
            simulation: Simulation::open(&MODEL_OF_V4)?,
            settings: self.0.clone(),
            pays_last_step: true,
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        self.0.check()
    }
}

#[derive(Debug)]
struct Walking {
    simulation: Simulation,
    settings: Walker2d,
    /// Whether the terminating step is rewarded like a healthy one.
    pays_last_step: bool,
}

impl Environment for Walking {
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

        let healthy = self.is_healthy();
        let paid = healthy || self.pays_last_step && self.settings.terminate_when_unhealthy;
        let healthy_reward = if paid {
            self.settings.healthy_reward
        } else {
            0.0
        };
        let rewards = self.settings.forward_reward_weight * velocity + healthy_reward;
        Step {
            observation: self.observation(),
            reward: rewards - f64::from(self.control_cost(action)),
            terminated: !healthy && self.settings.terminate_when_unhealthy,
        }
    }

    fn simulator(&self) -> Option<&dyn Simulator> {
        Some(&self.simulation)
    }
}

impl Stateful for Walking {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        self.simulation.visit(with)
    }
}

impl Walking {
    fn observation(&self) -> Vec<f64> {
        self.simulation
            .clipped_state(self.settings.hidden_positions())
    }

    fn is_healthy(&self) -> bool {
        let position = self.simulation.position();
        self.settings.healthy_z_range.contains(position[1])
            && self.settings.healthy_angle_range.contains(position[2])
    }

    /// The cost of the action in `f32`, as computed by NumPy 2, and from the action as given, not as clamped by MuJoCo.
    fn control_cost(&self, action: &[f32]) -> f32 {
        self.settings.ctrl_cost_weight as f32 * sum_of_squares(action)
    }
}

register! {
    /// Make two legs walk forward in a plane (Gymnasium, MuJoCo 3.3.7).
    environment "Walker2d-v5" => Walker2d
}

register! {
    /// Walker2d as in Gymnasium's version 4.
    environment "Walker2d-v4" => Walker2dV4
}

spikebench::conforms!(environment "Walker2d-v5", "Walker2d-v4");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_of_gymnasium_are_accepted() {
        assert_eq!(Walker2d::default().check(), Ok(()));
    }

    #[test]
    fn invalid_parameters_are_rejected() {
        for (field, value) in [
            ("ctrl_cost_weight", "-1"),
            ("healthy_z_range", "[0.7, 0.7]"),
            ("healthy_angle_range", "[0.2, -0.2]"),
            ("reset_noise_scale", "-0.1"),
        ] {
            let parameters = format!(r#"{{"{field}": {value}}}"#);
            let walker: Walker2d = serde_json::from_str(&parameters).unwrap();
            assert_eq!(walker.check().unwrap_err().field, field);
        }
        let infinite = Walker2d {
            healthy_reward: f64::INFINITY,
            ..Walker2d::default()
        };
        assert_eq!(infinite.check().unwrap_err().field, "healthy_reward");
    }
}
