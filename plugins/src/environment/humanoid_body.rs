//! The body that the two humanoid tasks share, and what they observe of it.

use spikebench::api::{ActionSpace, ComponentError, Spec};

use super::mujoco::{ContactMargin, Model, Simulation};

const POSITIONS: usize = 24;
const VELOCITIES: usize = 23;
const CONTROLS: usize = 17;

/// The world among them.
const BODIES: usize = 14;

/// Mass, centre of mass and inertia of a body.
const INERTIA: usize = 10;
/// Angular and linear velocity of a body, or torque and force on it.
const SPATIAL: usize = 6;
/// The free joint of the torso, on which no actuator acts.
const FREE_JOINT: usize = 6;

/// What is observed beside position and velocity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight {
    /// Whether the observation leaves out where the torso is.
    pub hides_place: bool,
    /// Whether the world is among the bodies, and the free joint among those with an actuator: all zeros.
    pub world: bool,
    /// The inertia of each body.
    pub inertia: bool,
    /// The velocity of each body.
    pub velocity: bool,
    /// The force of each actuator.
    pub actuators: bool,
    /// The contact forces on each body.
    pub contacts: Contacts,
}

/// How contact forces are observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contacts {
    /// Not at all.
    Hidden,
    /// As they are.
    Seen,
    /// As zeros.
    Zeros,
}

impl Sight {
    /// That of version 4.
    pub const V4: Self = Self {
        hides_place: true,
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
        if self.hides_place { 2 } else { 0 }
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

/// Opens the body as `file` has it, with its contact forces.
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
