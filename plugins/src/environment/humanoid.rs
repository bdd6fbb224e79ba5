//! Humanoid-v5 and Humanoid-v4: make a human body walk forward.
//!
//! Y. Tassa, T. Erez, E. Todorov, *Synthesis and Stabilization of Complex Behaviors through Online Trajectory
//! Optimization*, IROS 2012, in the form of Gymnasium 1.4.0,
//! [`humanoid_v5.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/humanoid_v5.py)
//! and
//! [`humanoid_v4.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/humanoid_v4.py).
//!
//! Version 4 also pays `healthy_reward` for the terminating step, has no contact cost, and observes the world as one
//! of the bodies.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    ComponentError, Environment, EnvironmentSettings, Mismatch, ParameterError, Simulator, Spec,
    StateVisitor, Stateful, Step,
};
use spikebench::register;

use super::arithmetic::{sum, sum_of_squares};
use super::bounds::{Range, check_finite, check_magnitude};
use super::humanoid_body::{BodyObservation, Contacts, open};
use super::mujoco::{ContactMargin, Noise, Simulation};
use super::reward::Reward;

/// The parameters of version 5, with the names and defaults of Gymnasium; `reward` and `contact_margin` are additions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Humanoid {
    /// Reward per metre per second of the centre of mass's forward velocity.
    pub forward_reward_weight: f64,
    /// Cost per squared control.
    pub ctrl_cost_weight: f64,
    /// Cost per squared contact force.
    pub contact_cost_weight: f64,
    /// The contact cost is clipped to this range.
    pub contact_cost_range: Range,
    /// Reward for each step that ends in a healthy state.
    pub healthy_reward: f64,
    /// Whether an unhealthy state terminates.
    pub terminate_when_unhealthy: bool,
    /// The range of healthy torso heights, in metres.
    pub healthy_z_range: Range,
    /// The largest displacement of an initial position or velocity from rest.
    pub reset_noise_scale: f64,
    /// Whether the observation excludes the torso's horizontal position.
    pub exclude_current_positions_from_observation: bool,
    /// Whether the observation includes the inertia of each body.
    pub include_cinert_in_observation: bool,
    /// Whether the observation includes the velocity of each body.
    pub include_cvel_in_observation: bool,
    /// Whether the observation includes the force of each actuator.
    pub include_qfrc_actuator_in_observation: bool,
    /// Whether the observation includes the contact forces on each body.
    pub include_cfrc_ext_in_observation: bool,
    /// The version whose reward and observation are used; those of version 3 exclude nothing.
    pub reward: Reward,
    /// The distance at which contact begins.
    pub contact_margin: ContactMargin,
}

impl Default for Humanoid {
    fn default() -> Self {
        Self {
            forward_reward_weight: 1.25,
            ctrl_cost_weight: 0.1,
            contact_cost_weight: 5e-7,
            contact_cost_range: Range(None, Some(10.0)),
            healthy_reward: 5.0,
            terminate_when_unhealthy: true,
            healthy_z_range: Range(Some(1.0), Some(2.0)),
            reset_noise_scale: 1e-2,
            exclude_current_positions_from_observation: true,
            include_cinert_in_observation: true,
            include_cvel_in_observation: true,
            include_qfrc_actuator_in_observation: true,
            include_cfrc_ext_in_observation: true,
            reward: Reward::Own,
            contact_margin: ContactMargin::Legacy,
        }
    }
}

/// The parameters of version 4, with the names and defaults of Gymnasium; `reward` and `contact_margin` are additions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HumanoidV4 {
    /// Reward per metre per second of the centre of mass's forward velocity.
    pub forward_reward_weight: f64,
    /// Cost per squared control.
    pub ctrl_cost_weight: f64,
    /// Reward for each step that ends in a healthy state.
    pub healthy_reward: f64,
    /// Whether an unhealthy state terminates.
    pub terminate_when_unhealthy: bool,
    /// The range of healthy torso heights, in metres.
    pub healthy_z_range: Range,
    /// The largest displacement of an initial position or velocity from rest.
    pub reset_noise_scale: f64,
    /// Whether the observation excludes the torso's horizontal position.
    pub exclude_current_positions_from_observation: bool,
    /// The version whose reward and observation are used.
    pub reward: Reward,
    /// The distance at which contact begins.
    pub contact_margin: ContactMargin,
}

impl Default for HumanoidV4 {
    fn default() -> Self {
        let Humanoid {
            forward_reward_weight,
            ctrl_cost_weight,
            healthy_reward,
            terminate_when_unhealthy,
            healthy_z_range,
            reset_noise_scale,
            exclude_current_positions_from_observation,
            reward,
            contact_margin,
            ..
        } = Humanoid::default();
        Self {
            forward_reward_weight,
            ctrl_cost_weight,
            healthy_reward,
            terminate_when_unhealthy,
            healthy_z_range,
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
    settings: Humanoid,
    /// Whether the terminating step is rewarded like a healthy one.
    pays_last_step: bool,
    contact_costs: bool,
    observation: BodyObservation,
}

impl Humanoid {
    fn rules(&self) -> Rules {
        let own = self.reward == Reward::Own;
        let settings = self.clone();
        let own_observation = BodyObservation {
            excludes_position: self.exclude_current_positions_from_observation,
            world: false,
            inertia: self.include_cinert_in_observation,
            velocity: self.include_cvel_in_observation,
            actuators: self.include_qfrc_actuator_in_observation,
            contacts: if self.include_cfrc_ext_in_observation {
                Contacts::Seen
            } else {
                Contacts::Hidden
            },
        };
        let observation = if own {
            own_observation
        } else {
            settings.observation_of_v3()
        };
        Rules {
            settings,
            pays_last_step: !own,
            contact_costs: own,
            observation,
        }
    }

    fn observation_of_v3(&self) -> BodyObservation {
        BodyObservation {
            excludes_position: self.exclude_current_positions_from_observation,
            contacts: Contacts::Zeros,
            ..BodyObservation::V4
        }
    }
}

impl HumanoidV4 {
    fn rules(&self) -> Rules {
        let settings = Humanoid {
            forward_reward_weight: self.forward_reward_weight,
            ctrl_cost_weight: self.ctrl_cost_weight,
            healthy_reward: self.healthy_reward,
            terminate_when_unhealthy: self.terminate_when_unhealthy,
            healthy_z_range: self.healthy_z_range,
            reset_noise_scale: self.reset_noise_scale,
            exclude_current_positions_from_observation: self
                .exclude_current_positions_from_observation,
            reward: self.reward,
            contact_margin: self.contact_margin,
            ..Humanoid::default()
        };
        let observation = match self.reward {
            Reward::V3 => settings.observation_of_v3(),
            Reward::Own => BodyObservation {
                excludes_position: self.exclude_current_positions_from_observation,
                ..BodyObservation::V4
            },
        };
        Rules {
            settings,
            pays_last_step: true,
            contact_costs: false,
            observation,
        }
    }
}

impl Rules {
    fn open(self) -> Result<Box<dyn Environment>, ComponentError> {
        let simulation = open("humanoid.xml", self.settings.contact_margin)?;
        Ok(Box::new(Walking {
            simulation,
            rules: self,
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        let settings = &self.settings;
        check_finite("forward_reward_weight", settings.forward_reward_weight)?;
        check_magnitude("ctrl_cost_weight", settings.ctrl_cost_weight)?;
        check_magnitude("contact_cost_weight", settings.contact_cost_weight)?;
        settings.contact_cost_range.check("contact_cost_range")?;
        check_finite("healthy_reward", settings.healthy_reward)?;
        settings.healthy_z_range.check("healthy_z_range")?;
        check_magnitude("reset_noise_scale", settings.reset_noise_scale)
    }
}

impl EnvironmentSettings for Humanoid {
    fn spec(&self) -> Spec {
        self.rules().observation.spec()
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

impl EnvironmentSettings for HumanoidV4 {
    fn spec(&self) -> Spec {
        self.rules().observation.spec()
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
    rules: Rules,
}

impl Environment for Walking {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        let noise = Noise::Uniform(self.rules.settings.reset_noise_scale);
        self.simulation.reset(seed, noise);
        self.rules.observation.observation(&self.simulation)
    }

    fn step(&mut self, action: &[f32]) -> Step {
        let before = self.centre_of_mass();
        self.simulation.step(action);
        let after = self.centre_of_mass();
        let velocity = (after - before) / self.simulation.seconds_per_step();

        let settings = &self.rules.settings;
        let healthy = settings
            .healthy_z_range
            .contains(self.simulation.position()[2]);
        let paid = healthy || self.rules.pays_last_step && settings.terminate_when_unhealthy;
        let healthy_reward = if paid { settings.healthy_reward } else { 0.0 };
        let mut costs = settings.ctrl_cost_weight * sum_of_squares(self.simulation.data().ctrl());
        if self.rules.contact_costs {
            let cost =
                settings.contact_cost_weight * sum_of_squares(self.simulation.contact_forces());
            costs += settings.contact_cost_range.clip(cost);
        }
        Step {
            observation: self.rules.observation.observation(&self.simulation),
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
    /// The position of the centre of mass along the track, in metres.
    fn centre_of_mass(&self) -> f64 {
        let data = self.simulation.data();
        let mass = data.model().body_mass();
        let weighted = mass
            .iter()
            .zip(data.xipos())
            .map(|(mass, place)| mass * place[0]);
        weighted.sum::<f64>() / sum(mass.len(), |body| mass[body])
    }
}

register! {
    /// Make a human body walk forward (Gymnasium, MuJoCo 3.3.7).
    environment "Humanoid-v5" => Humanoid
}

register! {
    /// Humanoid as in Gymnasium's version 4.
    environment "Humanoid-v4" => HumanoidV4
}

spikebench::conforms!(environment "Humanoid-v5", "Humanoid-v4");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_observed_values_is_that_of_the_version() {
        let with = |parameters: &str| {
            let humanoid: Humanoid = serde_json::from_str(parameters).unwrap();
            humanoid.spec().observation
        };
        assert_eq!(with("{}"), 348);
        assert_eq!(
            with(r#"{"include_cinert_in_observation": false}"#),
            348 - 130
        );
        assert_eq!(
            with(r#"{"include_qfrc_actuator_in_observation": false}"#),
            348 - 17
        );
        assert_eq!(with(r#"{"reward": "v3"}"#), 376);
        assert_eq!(HumanoidV4::default().spec().observation, 376);
    }
}
