//! Pusher-v5: push a cylinder to a goal with an arm of seven joints.
//!
//! Gymnasium 1.4.0,
//! [`pusher_v5.py`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/pusher_v5.py).
//!
//! Pusher-v4 is known by name only: its model behaves differently since MuJoCo 3 (Gymnasium's issue 950), so Gymnasium
//! rejects it there, and so does Spikebench.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, ParameterError,
    Simulator, Spec, StateVisitor, Stateful, Step,
};
use spikebench::register;

use super::arithmetic::{distance, sum_of_squares};
use super::bounds::check_magnitude;
use super::mujoco::{ContactMargin, Model, Simulation};

const MODEL: Model = Model {
    file: "pusher_v5.xml",
    positions: 11,
    velocities: 11,
    controls: 7,
    frame_skip: 5,
};

/// The number of positions and velocities of the arm, which come first; two of the cylinder and two of the goal follow.
const ARM: usize = 7;
/// The smallest initial distance of the cylinder from the goal, in metres.
const NEAREST: f64 = 0.17;

/// The parameters, with the names and defaults of Gymnasium; `contact_margin` is an addition.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pusher {
    /// Cost per metre from the arm's tip to the cylinder.
    pub reward_near_weight: f64,
    /// Cost per metre from the cylinder to the goal.
    pub reward_dist_weight: f64,
    /// Cost per squared action; rounded to `f32`, as NumPy 2 does.
    pub reward_control_weight: f64,
    /// The distance at which contact begins.
    pub contact_margin: ContactMargin,
}

impl Default for Pusher {
    fn default() -> Self {
        Self {
            reward_near_weight: 0.5,
            reward_dist_weight: 1.0,
            reward_control_weight: 0.1,
            contact_margin: ContactMargin::Legacy,
        }
    }
}

fn spec() -> Spec {
    Spec {
        // The arm's position and velocity, then the positions of three bodies.
        observation: ARM + ARM + 3 * 3,
        action: ActionSpace::Box(vec![(-2.0, 2.0); MODEL.controls]),
        max_episode_steps: 100,
    }
}

impl EnvironmentSettings for Pusher {
    fn spec(&self) -> Spec {
        spec()
    }

    fn engine(&self) -> Option<String> {
        Some(super::mujoco::engine())
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        let simulation = Simulation::with_contacts(&MODEL, self.contact_margin)?;
        Ok(Box::new(Pushing {
            tip: simulation.body("tips_arm")?,
            cylinder: simulation.body("object")?,
            goal: simulation.body("goal")?,
            simulation,
            settings: self.clone(),
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_magnitude("reward_near_weight", self.reward_near_weight)?;
        check_magnitude("reward_dist_weight", self.reward_dist_weight)?;
        check_magnitude("reward_control_weight", self.reward_control_weight)
    }
}

#[derive(Debug)]
struct Pushing {
    simulation: Simulation,
    tip: usize,
    cylinder: usize,
    goal: usize,
    settings: Pusher,
}

impl Environment for Pushing {
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        self.simulation
            .reset_to(seed, |generator, position, velocity| {
                let goal = [0.0; 2];
                let cylinder = loop {
                    let cylinder = [generator.uniform(-0.3, 0.0), generator.uniform(-0.2, 0.2)];
                    if distance(&cylinder, &goal) > NEAREST {
                        break cylinder;
                    }
                };
                position[ARM..].copy_from_slice(&[cylinder, goal].concat());
                for velocity in velocity.iter_mut() {
                    *velocity += generator.uniform(-0.005, 0.005);
                }
                velocity[ARM..].fill(0.0);
            });
        self.observation()
    }

    fn step(&mut self, action: &[f32]) -> Step {
        self.simulation.step(action);
        let [tip, cylinder, goal] = self.places();
        let near = -distance(&cylinder, &tip) * self.settings.reward_near_weight;
        let far = -distance(&cylinder, &goal) * self.settings.reward_dist_weight;
        // In `f32`, as computed by NumPy 2, and from the action as given, not as clamped by MuJoCo.
        let control = -sum_of_squares(action) * self.settings.reward_control_weight as f32;
        Step {
            observation: self.observation(),
            reward: far + f64::from(control) + near,
            terminated: false,
        }
    }

    fn simulator(&self) -> Option<&dyn Simulator> {
        Some(&self.simulation)
    }
}

impl Stateful for Pushing {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        self.simulation.visit(with)
    }
}

impl Pushing {
    fn places(&self) -> [[f64; 3]; 3] {
        [self.tip, self.cylinder, self.goal].map(|body| self.simulation.body_position(body))
    }

    fn observation(&self) -> Vec<f64> {
        [
            &self.simulation.position()[..ARM],
            &self.simulation.velocity()[..ARM],
            self.places().as_flattened(),
        ]
        .concat()
    }
}

register! {
    /// Push a cylinder to a goal with an arm (Gymnasium, MuJoCo 3.3.7).
    environment "Pusher-v5" => Pusher
}

/// A task that no MuJoCo since version 3 can run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PusherV4 {}

impl PusherV4 {
    const REASON: &str = "Pusher-v4 is only defined on MuJoCo before version 3, where its model moves otherwise \
        (Gymnasium's issue 950); take Pusher-v5";
}

impl EnvironmentSettings for PusherV4 {
    fn spec(&self) -> Spec {
        spec()
    }

    fn engine(&self) -> Option<String> {
        Some(super::mujoco::engine())
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        Err(ComponentError::new(Self::REASON))
    }
}

register! {
    /// Rejected as in Gymnasium, because it needs a MuJoCo before version 3.
    environment "Pusher-v4" => PusherV4
}

spikebench::conforms!(environment "Pusher-v5");
