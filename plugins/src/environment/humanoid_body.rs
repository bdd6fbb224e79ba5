//! The body of the two humanoid tasks, and their observation of it.

use spikebench::api::{ActionSpace, ComponentError, Spec};

use super::mujoco::{ContactMargin, Model, Simulation};

const POSITIONS: usize = 24;
const VELOCITIES: usize = 23;
const CONTROLS: usize = 17;

/// The number of bodies, including the world.
const BODIES: usize = 14;

/// The number of values for mass, centre of mass and inertia of a body.
const INERTIA: usize = 10;
/// The number of values for angular and linear velocity of a body, or for torque and force on it.
const SPATIAL: usize = 6;
/// The number of velocities of the torso's free joint, which has no actuator.
const FREE_JOINT: usize = 6;

/// The parts of the observation.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyObservation {
    /// Whether the observation excludes the torso's horizontal position.
    pub excludes_position: bool,
    /// Whether the world is included as a body and the free joint as one with an actuator, both with zeros only.
    pub world: bool,
    /// Whether the inertia of each body is included.
    pub inertia: bool,
    /// Whether the velocity of each body is included.
    pub velocity: bool,
    /// Whether the force of each actuator is included.
    pub actuators: bool,
    /// How the contact forces on each body are included.
    pub contacts: Contacts,
}

/// How contact forces are observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contacts {
    /// Not at all.
    Hidden,
    /// With their values.
    Seen,
    /// As zeros.
    Zeros,
}

impl BodyObservation {
    /// The observation of version 4.
    pub const V4: Self = Self {
        excludes_position: true,
        world: true,
        inertia: true,
        velocity: true,
        actuators: true,
        contacts: Contacts::Seen,
    };

    pub fn spec(&self) -> Spec {
        let bodies = BODIES - usize::from(!self.world);
        let when = |seen: bool, count: usize| if seen { count } else { 0 };
        Spec {
            observation: POSITIONS - self.hidden_positions()
                + VELOCITIES
                + when(self.inertia, bodies * INERTIA)
                + when(self.velocity, bodies * SPATIAL)
                + when(self.actuators, VELOCITIES - self.hidden_joints())
                + when(self.contacts != Contacts::Hidden, bodies * SPATIAL),
            action: ActionSpace::Box(vec![(-0.4, 0.4); CONTROLS]),
            max_episode_steps: 1000,
        }
    }

    fn hidden_positions(&self) -> usize {
        if self.excludes_position { 2 } else { 0 }
    }

    fn hidden_joints(&self) -> usize {
        if self.world { 0 } else { FREE_JOINT }
    }

    pub fn observation(&self, simulation: &Simulation) -> Vec<f64> {
        let data = simulation.data();
        let first = usize::from(!self.world);
        let mut observation = simulation.state(self.hidden_positions());
        if self.inertia {
            observation.extend_from_slice(data.cinert()[first..].as_flattened());
        }
        if self.velocity {
            observation.extend_from_slice(data.cvel()[first..].as_flattened());
        }
        if self.actuators {
            observation.extend_from_slice(&data.qfrc_actuator()[self.hidden_joints()..]);
        }
        let forces = &simulation.contact_forces()[first * SPATIAL..];
        match self.contacts {
            Contacts::Hidden => {}
            Contacts::Seen => observation.extend_from_slice(forces),
            Contacts::Zeros => observation.resize(observation.len() + forces.len(), 0.0),
        }
        observation
    }
}

/// Opens the body in the model file `file`, with contact forces computed.
pub(super) fn open(
    file: &'static str,
    margin: ContactMargin,
) -> Result<Simulation, ComponentError> {
    let model = Model {
        file,
        positions: POSITIONS,
        velocities: VELOCITIES,
        controls: CONTROLS,
        frame_skip: 5,
    };
    Ok(Simulation::with_contacts(&model, margin)?.with_contact_forces())
}
