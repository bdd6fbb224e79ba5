//! Ant-v5 and Ant-v4: make a four-legged body walk forward.
//!
//! J. Schulman, P. Moritz, S. Levine, M. Jordan, P. Abbeel, *High-Dimensional Continuous Control Using Generalized
//! Advantage Estimation*, ICLR 2016, in the form of Gymnasium 1.4.0,
//! [`ant_v5.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/ant_v5.py) and
//! [`ant_v4.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/ant_v4.py).
//!
//! Version 4 also pays `healthy_reward` for the terminating step; contact costs reward and is observed only
//! with `use_contact_forces`.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, ParameterError,
    Simulator, Spec, StateVisitor, Stateful, Step,
};
use spikebench::register;

use super::arithmetic::{sum, sum_of_squares};
use super::bounds::{Range, check_finite, check_magnitude};
use super::mujoco::{ContactMargin, Model, Noise, Simulation};
use super::reward::Reward;

const MODEL: Model = Model {
    file: "ant.xml",
    positions: 15,
    velocities: 14,
    controls: 8,
    frame_skip: 5,
};

/// The number of torques and forces on the fourteen bodies, including the world.
const FORCES: usize = 14 * 6;
/// The number of torques and forces on the world.
const WORLD: usize = 6;

/// The parameters of version 5, with the names and defaults of Gymnasium; `reward` and `contact_margin` are additions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ant {
    /// Reward per metre per second of forward velocity.
    pub forward_reward_weight: f64,
    /// Cost per squared action; rounded to `f32`, as NumPy 2 does.
    pub ctrl_cost_weight: f64,
    /// Cost per squared contact force.
    pub contact_cost_weight: f64,
    /// Reward for each step that ends in a healthy state.
    pub healthy_reward: f64,
    /// Whether an unhealthy state terminates.
    pub terminate_when_unhealthy: bool,
    /// The range of healthy torso heights in metres, ends included.
    pub healthy_z_range: Range,
    /// Contact forces are clipped to this range.
    pub contact_force_range: Range,
    /// The largest displacement of an initial position from rest, and the standard deviation of an initial velocity.
    pub reset_noise_scale: f64,
    /// Whether the observation excludes the torso's horizontal position.
    pub exclude_current_positions_from_observation: bool,
    /// Whether the observation includes the contact forces.
    pub include_cfrc_ext_in_observation: bool,
    /// The version whose reward and observation are used.
    pub reward: Reward,
    /// The distance at which contact begins.
    pub contact_margin: ContactMargin,
}

impl Default for Ant {
    fn default() -> Self {
        Self {
            forward_reward_weight: 1.0,
            ctrl_cost_weight: 0.5,
            contact_cost_weight: 5e-4,
            healthy_reward: 1.0,
            terminate_when_unhealthy: true,
            healthy_z_range: Range(Some(0.2), Some(1.0)),
            contact_force_range: Range(Some(-1.0), Some(1.0)),
            reset_noise_scale: 0.1,
            exclude_current_positions_from_observation: true,
            include_cfrc_ext_in_observation: true,
            reward: Reward::Own,
            contact_margin: ContactMargin::Legacy,
        }
    }
}

/// The parameters of version 4, with the names and defaults of Gymnasium; `reward` and `contact_margin` are additions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AntV4 {
    /// Cost per squared action; rounded to `f32`, as NumPy 2 does.
    pub ctrl_cost_weight: f64,
    /// Whether contact costs reward and the observation includes the contact forces, also those on the world.
    pub use_contact_forces: bool,
    /// Cost per squared contact force.
    pub contact_cost_weight: f64,
    /// Reward for each step that ends in a healthy state.
    pub healthy_reward: f64,
    /// Whether an unhealthy state terminates.
    pub terminate_when_unhealthy: bool,
    /// The range of healthy torso heights in metres, ends included.
    pub healthy_z_range: Range,
    /// Contact forces are clipped to this range.
    pub contact_force_range: Range,
    /// The largest displacement of an initial position from rest, and the standard deviation of an initial velocity.
    pub reset_noise_scale: f64,
    /// Whether the observation excludes the torso's horizontal position.
    pub exclude_current_positions_from_observation: bool,
    /// The version whose reward and observation are used.
    pub reward: Reward,
    /// The distance at which contact begins.
    pub contact_margin: ContactMargin,
}

impl Default for AntV4 {
    fn default() -> Self {
        let Ant {
            ctrl_cost_weight,
            contact_cost_weight,
            healthy_reward,
            terminate_when_unhealthy,
            healthy_z_range,
            contact_force_range,
            reset_noise_scale,
            exclude_current_positions_from_observation,
            reward,
            contact_margin,
            ..
        } = Ant::default();
        Self {
            ctrl_cost_weight,
            use_contact_forces: false,
            contact_cost_weight,
            healthy_reward,
            terminate_when_unhealthy,
            healthy_z_range,
            contact_force_range,
            reset_noise_scale,
            exclude_current_positions_from_observation,
            reward,
            contact_margin,
        }
    }
}

/// The settings that both versions reduce to.
#[derive(Debug, Clone)]
struct Rules {
    /// The parameters that version 4 shares with version 5.
    settings: Ant,
    /// Whether the terminating step is rewarded like a healthy one.
    pays_last_step: bool,
    contact_costs: bool,
    observed: Forces,
}

/// The part of the observation after position and velocity.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Forces {
    None,
    WithoutWorld,
    All,
    Zeros,
}

impl Ant {
    fn rules(&self) -> Rules {
        let own = self.reward == Reward::Own;
        Rules {
            settings: self.clone(),
            pays_last_step: !own,
            contact_costs: own,
            observed: match self.include_cfrc_ext_in_observation {
                _ if !own => Forces::Zeros,
                true => Forces::WithoutWorld,
                false => Forces::None,
            },
        }
    }
}

impl AntV4 {
    fn rules(&self) -> Rules {
        let own = self.reward == Reward::Own;
        Rules {
            settings: Ant {
                forward_reward_weight: 1.0,
                ctrl_cost_weight: self.ctrl_cost_weight,
                contact_cost_weight: self.contact_cost_weight,
                healthy_reward: self.healthy_reward,
                terminate_when_unhealthy: self.terminate_when_unhealthy,
                healthy_z_range: self.healthy_z_range,
                contact_force_range: self.contact_force_range,
                reset_noise_scale: self.reset_noise_scale,
                exclude_current_positions_from_observation: self
                    .exclude_current_positions_from_observation,
                include_cfrc_ext_in_observation: true,
                reward: self.reward,
                contact_margin: self.contact_margin,
            },
            pays_last_step: true,
            contact_costs: own && self.use_contact_forces,
            observed: match self.use_contact_forces {
                _ if !own => Forces::Zeros,
                true => Forces::All,
                false => Forces::None,
            },
        }
    }
}

impl Rules {
    fn hidden_positions(&self) -> usize {
        2 * usize::from(self.settings.exclude_current_positions_from_observation)
    }

    fn spec(&self) -> Spec {
        let forces = match self.observed {
            Forces::None => 0,
            Forces::WithoutWorld => FORCES - WORLD,
            Forces::All | Forces::Zeros => FORCES,
        };
        Spec {
            observation: MODEL.positions - self.hidden_positions() + MODEL.velocities + forces,
            action: ActionSpace::Box(vec![(-1.0, 1.0); MODEL.controls]),
            max_episode_steps: 1000,
        }
    }

    fn open(self) -> Result<Box<dyn Environment>, ComponentError> {
        let simulation = Simulation::with_contacts(&MODEL, self.settings.contact_margin)?;
        let torso = simulation.body("torso")?;
        let reads_forces =
            self.contact_costs || matches!(self.observed, Forces::WithoutWorld | Forces::All);
        Ok(Box::new(Walking {
            simulation: if reads_forces {
                simulation.with_contact_forces()
            } else {
                simulation
            },
            torso,
            rules: self,
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        let settings = &self.settings;
        check_finite("forward_reward_weight", settings.forward_reward_weight)?;
        check_magnitude("ctrl_cost_weight", settings.ctrl_cost_weight)?;
        check_magnitude("contact_cost_weight", settings.contact_cost_weight)?;
        check_finite("healthy_reward", settings.healthy_reward)?;
        settings.healthy_z_range.check("healthy_z_range")?;
        settings.contact_force_range.check("contact_force_range")?;
        check_magnitude("reset_noise_scale", settings.reset_noise_scale)
    }
}

impl EnvironmentSettings for Ant {
    fn spec(&self) -> Spec {
        self.rules().spec()
    }

    fn engine(&self) -> Option<String> {
        Some(super::mujoco::engine())
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        self.rules().open()
    }

    fn check(&self) -> Result<(), ParameterError> {
        self.rules().check()
    }
}

impl EnvironmentSettings for AntV4 {
    fn spec(&self) -> Spec {
        self.rules().spec()
    }

    fn engine(&self) -> Option<String> {
        Some(super::mujoco::engine())
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        self.rules().open()
    }

    fn check(&self) -> Result<(), ParameterError> {
        self.rules().check()
    }
}

#[derive(Debug)]
struct Walking {
    simulation: Simulation,
    torso: usize,
    rules: Rules,
}

impl Environment for Walking {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        let noise = Noise::Normal(self.rules.settings.reset_noise_scale);
        self.simulation.reset(seed, noise);
        self.observation()
    }

    fn step(&mut self, action: &[f32]) -> Step {
        let before = self.simulation.body_position(self.torso)[0];
        self.simulation.step(action);
        let after = self.simulation.body_position(self.torso)[0];
        let velocity = (after - before) / self.simulation.seconds_per_step();

        let settings = &self.rules.settings;
        let healthy = self.is_healthy();
        let paid = healthy || self.rules.pays_last_step && settings.terminate_when_unhealthy;
        let healthy_reward = if paid { settings.healthy_reward } else { 0.0 };
        // In `f32`, as computed by NumPy 2, and from the action as given, not as clamped by MuJoCo.
        let mut costs = f64::from(settings.ctrl_cost_weight as f32 * sum_of_squares(action));
        if self.rules.contact_costs {
            costs += self.contact_cost();
        }
        Step {
            observation: self.observation(),
            reward: settings.forward_reward_weight * velocity + healthy_reward - costs,
            terminated: !healthy && settings.terminate_when_unhealthy,
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
        let range = self.rules.settings.contact_force_range;
        let forces = self
            .simulation
            .contact_forces()
            .iter()
            .map(|&force| range.clip(force));
        let mut observation = self.simulation.state(self.rules.hidden_positions());
        match self.rules.observed {
            Forces::None => {}
            Forces::WithoutWorld => observation.extend(forces.skip(WORLD)),
            Forces::All => observation.extend(forces),
            Forces::Zeros => observation.resize(observation.len() + FORCES, 0.0),
        }
        observation
    }

    fn is_healthy(&self) -> bool {
        let [position, velocity] = [self.simulation.position(), self.simulation.velocity()];
        self.rules.settings.healthy_z_range.includes(position[2])
            && position
                .iter()
                .chain(velocity)
                .all(|value| value.is_finite())
    }

    fn contact_cost(&self) -> f64 {
        let settings = &self.rules.settings;
        let forces = self.simulation.contact_forces();
        let square = |index: usize| settings.contact_force_range.clip(forces[index]).powi(2);
        settings.contact_cost_weight * sum(forces.len(), square)
    }
}

register! {
    /// Make a four-legged ant walk forward (Gymnasium, MuJoCo 3.3.7).
    environment "Ant-v5" => Ant
}

register! {
    /// Ant as in Gymnasium's version 4.
    environment "Ant-v4" => AntV4
}

spikebench::conforms!(environment "Ant-v5", "Ant-v4");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_observed_forces_is_that_of_the_version() {
        let with = |parameters: &str| {
            let ant: Ant = serde_json::from_str(parameters).unwrap();
            ant.spec().observation
        };
        assert_eq!(with("{}"), 105);
        assert_eq!(with(r#"{"include_cfrc_ext_in_observation": false}"#), 27);
        assert_eq!(with(r#"{"reward": "v3"}"#), 111);
        let with = |parameters: &str| {
            let ant: AntV4 = serde_json::from_str(parameters).unwrap();
            ant.spec().observation
        };
        assert_eq!(with("{}"), 27);
        assert_eq!(with(r#"{"use_contact_forces": true}"#), 111);
        assert_eq!(with(r#"{"reward": "v3"}"#), 111);
    }
}
