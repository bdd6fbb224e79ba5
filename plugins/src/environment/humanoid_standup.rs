//! HumanoidStandup-v5 and HumanoidStandup-v4: make a human body stand up from lying on the ground.
//!
//! Y. Tassa, T. Erez, E. Todorov, *Synthesis and Stabilization of Complex Behaviors through Online Trajectory
//! Optimization*, IROS 2012, in the form of Gymnasium 1.4.0,
//! [`humanoidstandup_v5.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/humanoidstandup_v5.py).
//! Version 4 observes the world as one of the bodies, and has none of Gymnasium's parameters. `uph_cost_weight` has no
//! effect in Gymnasium and does not exist here.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    ComponentError, Environment, EnvironmentSettings, Mismatch, ParameterError, Simulator, Spec,
    StateVisitor, Stateful, Step,
};
use spikebench::register;

use super::arithmetic::sum_of_squares;
use super::bounds::{Range, check_magnitude};
use super::humanoid_body::{BodyObservation, Contacts, open};
use super::mujoco::{ContactMargin, Noise, Simulation};

/// The parameters of version 5, with the names and defaults of Gymnasium; `contact_margin` is an addition.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HumanoidStandup {
    /// Cost per squared control.
    pub ctrl_cost_weight: f64,
    /// Cost per squared contact force.
    pub impact_cost_weight: f64,
    /// The impact cost is clipped to this range.
    pub impact_cost_range: Range,
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
    /// The distance at which contact begins.
    pub contact_margin: ContactMargin,
}

impl Default for HumanoidStandup {
    fn default() -> Self {
        Self {
            ctrl_cost_weight: 0.1,
            impact_cost_weight: 5e-7,
            impact_cost_range: Range(None, Some(10.0)),
            reset_noise_scale: 1e-2,
            exclude_current_positions_from_observation: true,
            include_cinert_in_observation: true,
            include_cvel_in_observation: true,
            include_qfrc_actuator_in_observation: true,
            include_cfrc_ext_in_observation: true,
            contact_margin: ContactMargin::Legacy,
        }
    }
}

/// The parameter of version 4, which is an addition.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HumanoidStandupV4 {
    /// The distance at which contact begins.
    pub contact_margin: ContactMargin,
}

impl HumanoidStandup {
    fn observation(&self) -> BodyObservation {
        BodyObservation {
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
        }
    }

    fn open_with(
        self,
        observation: BodyObservation,
    ) -> Result<Box<dyn Environment>, ComponentError> {
        Ok(Box::new(Rising {
            simulation: open("humanoidstandup.xml", self.contact_margin)?,
            settings: self,
            observation,
        }))
    }
}

impl EnvironmentSettings for HumanoidStandup {
    fn spec(&self) -> Spec {
        self.observation().spec()
    }

    fn engine(&self) -> Option<String> {
        Some(super::mujoco::engine())
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        self.clone().open_with(self.observation())
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_magnitude("ctrl_cost_weight", self.ctrl_cost_weight)?;
        check_magnitude("impact_cost_weight", self.impact_cost_weight)?;
        self.impact_cost_range.check("impact_cost_range")?;
        check_magnitude("reset_noise_scale", self.reset_noise_scale)
    }
}

impl EnvironmentSettings for HumanoidStandupV4 {
    fn spec(&self) -> Spec {
        BodyObservation::V4.spec()
    }

    fn engine(&self) -> Option<String> {
        Some(super::mujoco::engine())
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        let settings = HumanoidStandup {
            contact_margin: self.contact_margin,
            ..HumanoidStandup::default()
        };
        settings.open_with(BodyObservation::V4)
    }
}

#[derive(Debug)]
struct Rising {
    simulation: Simulation,
    settings: HumanoidStandup,
    observation: BodyObservation,
}

impl Environment for Rising {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        let noise = Noise::Uniform(self.settings.reset_noise_scale);
        self.simulation.reset(seed, noise);
        self.observation.observation(&self.simulation)
    }

    fn step(&mut self, action: &[f32]) -> Step {
        self.simulation.step(action);
        let data = self.simulation.data();
        let upward = self.simulation.position()[2] / data.model().opt().timestep;
        let control_cost = self.settings.ctrl_cost_weight * sum_of_squares(data.ctrl());
        let impact = sum_of_squares(self.simulation.contact_forces());
        let impact_cost = self
            .settings
            .impact_cost_range
            .clip(self.settings.impact_cost_weight * impact);
        Step {
            observation: self.observation.observation(&self.simulation),
            reward: upward - control_cost - impact_cost + 1.0,
            terminated: false,
        }
    }

    fn simulator(&self) -> Option<&dyn Simulator> {
        Some(&self.simulation)
    }
}

impl Stateful for Rising {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        self.simulation.visit(with)
    }
}

register! {
    /// Make a human body stand up (Gymnasium, MuJoCo 3.3.7).
    environment "HumanoidStandup-v5" => HumanoidStandup
}

register! {
    /// HumanoidStandup as in Gymnasium's version 4.
    environment "HumanoidStandup-v4" => HumanoidStandupV4
}

spikebench::conforms!(environment "HumanoidStandup-v5", "HumanoidStandup-v4");
