//! The base of the MuJoCo tasks: Gymnasium's
//! [`MujocoEnv`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/mujoco_env.py),
//! on the same library and the same model files. The model files are read as shipped by Gymnasium, because they decide the
//! numbers.
//!
//! Where the state becomes infinite, huge or NaN, MuJoCo resets it in the middle of a step and continues, in Gymnasium as
//! well as here, so the task sees a healthy state. [`Simulator::auto_resets`] counts these resets. A control that is NaN
//! acts as zero.

use std::env;
use std::ffi::c_char;
use std::path::PathBuf;
use std::sync::Once;

use mujoco_rs::mujoco_c::mju_user_warning;
use mujoco_rs::prelude::{MjData, MjModel, MjtObj, MjtState, MjtWarning};
use serde::{Deserialize, Serialize};
use spikebench::api::numpy::Generator;
use spikebench::api::{ComponentError, Mismatch, Painter, Simulator, StateVisitor, Stateful};

use super::camera::Camera;

/// The distance at which contact between two geoms begins, given the margins of both. It changes the dynamics of the tasks
/// whose models have margins: Ant, Hopper, Humanoid, HumanoidStandup and Pusher.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContactMargin {
    /// The larger margin: MuJoCo's rule up to version 3.4, and hence the rule behind nearly all published numbers.
    #[default]
    Legacy,
    /// The sum of the margins: MuJoCo's rule since version 3.5. In Gymnasium's models all geoms have the same margin, so the
    /// sum is twice the larger one.
    Sum,
}

/// The library and its version, for records: `MuJoCo 3.3.7`.
pub(super) fn engine() -> String {
    format!("MuJoCo {}", mujoco_rs::get_mujoco_version())
}

/// What a task assumes about its model file.
#[derive(Debug)]
pub(super) struct Model {
    /// The name of the file among Gymnasium's model files.
    pub file: &'static str,
    /// The number of values in a position.
    pub positions: usize,
    /// The number of values in a velocity.
    pub velocities: usize,
    /// The number of values in an action.
    pub controls: usize,
    /// The number of MuJoCo steps per step of the task.
    pub frame_skip: u32,
}

/// How initial states are displaced from rest. Positions are displaced uniformly by up to `scale`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Noise {
    /// Velocities are displaced likewise.
    Uniform(f64),
    /// Velocities are drawn from a normal distribution with standard deviation `scale`.
    Normal(f64),
}

/// A model and its current state, with the generator of its initial states.
#[derive(Debug)]
pub(super) struct Simulation {
    path: PathBuf,
    data: MjData<Box<MjModel>>,
    generator: Generator,
    frame_skip: u32,
    contact_forces: bool,
    auto_resets: u64,
}

impl Simulation {
    /// Reads the model. The generator's seed is 0 until the first seeded [`reset`](Self::reset).
    pub fn open(model: &Model) -> Result<Self, ComponentError> {
        Self::with_contacts(model, ContactMargin::default())
    }

    /// Reads a model whose geoms have margins.
    pub fn with_contacts(model: &Model, margin: ContactMargin) -> Result<Self, ComponentError> {
        silence_warnings();
        let path = find(model.file, &folders())?;
        // The binding would panic on such a path.
        if path.to_str().is_none() {
            let path = path.display();
            return Err(ComponentError::new(format!(
                "the path {path} is not valid UTF-8"
            )));
        }
        let mut read = MjModel::from_xml(&path).map_err(|error| {
            ComponentError::new(format!("failed to read {}: {error}", path.display()))
        })?;
        if margin == ContactMargin::Sum {
            read.geom_margin_mut()
                .iter_mut()
                .for_each(|margin| *margin *= 2.0);
        }

        let data = MjData::new(Box::new(read));
        let found = [data.qpos().len(), data.qvel().len(), data.ctrl().len()];
        let expected = [model.positions, model.velocities, model.controls];
        if found != expected {
            return Err(ComponentError::new(format!(
                "{} has {found:?} positions, velocities and controls where Gymnasium's has {expected:?}; \
                 run `cargo xtask setup` for Gymnasium's model files",
                path.display()
            )));
        }
        Ok(Self {
            path,
            data,
            generator: Generator::new(0),
            frame_skip: model.frame_skip,
            contact_forces: false,
            auto_resets: 0,
        })
    }

    /// Makes every step compute [`contact_forces`](Self::contact_forces), which takes time but does not affect the motion.
    pub fn with_contact_forces(self) -> Self {
        Self {
            contact_forces: true,
            ..self
        }
    }

    /// The index of a body.
    pub fn body(&self, name: &str) -> Result<usize, ComponentError> {
        let number = self.data.model().name_to_id(MjtObj::mjOBJ_BODY, name);
        usize::try_from(number).map_err(|_| {
            ComponentError::new(format!(
                "the model has no body called {name}; run `cargo xtask setup` for Gymnasium's model files"
            ))
        })
    }

    /// Puts the model into a random initial state.
    pub fn reset(&mut self, seed: Option<u64>, noise: Noise) {
        self.reset_to(seed, |generator, position, velocity| {
            let (Noise::Uniform(scale) | Noise::Normal(scale)) = noise;
            for position in position {
                *position += generator.uniform(-scale, scale);
            }
            for velocity in velocity {
                *velocity += match noise {
                    Noise::Uniform(scale) => generator.uniform(-scale, scale),
                    Noise::Normal(scale) => scale * generator.standard_normal(),
                };
            }
        });
    }

    /// Puts the model into the initial state that `first` makes of the position and velocity in the model file.
    pub fn reset_to(
        &mut self,
        seed: Option<u64>,
        first: impl FnOnce(&mut Generator, &mut [f64], &mut [f64]),
    ) {
        if let Some(seed) = seed {
            self.generator = Generator::new(seed);
        }
        self.data.reset();
        let mut position = self.data.qpos().to_vec();
        let mut velocity = self.data.qvel().to_vec();
        first(&mut self.generator, &mut position, &mut velocity);
        self.data.qpos_mut().copy_from_slice(&position);
        self.data.qvel_mut().copy_from_slice(&velocity);
        self.data.forward();
    }

    /// Applies `action` as the controls for one step of the task; MuJoCo clamps them to their range.
    pub fn step(&mut self, action: &[f32]) {
        let controls = self.data.ctrl_mut();
        assert_eq!(action.len(), controls.len(), "number of actions");
        for (control, value) in controls.iter_mut().zip(action) {
            *control = f64::from(*value);
        }
        for _ in 0..self.frame_skip {
            self.data.step();
            self.count_auto_reset();
        }
        if self.contact_forces {
            self.data.rne_post_constraint();
        }
    }

    /// Counts the warnings that are the only trace of a reset within a step.
    fn count_auto_reset(&mut self) {
        const UNSTABLE: std::ops::RangeInclusive<usize> =
            MjtWarning::mjWARN_BADQPOS as usize..=MjtWarning::mjWARN_BADQACC as usize;

        let warnings = &self.data.warning()[UNSTABLE];
        if warnings.iter().any(|warning| warning.number > 0) {
            self.auto_resets += 1;
            for warning in &mut self.data.warning_mut()[UNSTABLE] {
                warning.number = 0;
            }
        }
    }

    /// The generalised position, `qpos`: metres for a slide joint, radians for a hinge.
    pub fn position(&self) -> &[f64] {
        self.data.qpos()
    }

    /// The generalised velocity, `qvel`, in position units per second.
    pub fn velocity(&self) -> &[f64] {
        self.data.qvel()
    }

    /// The position without its first `hidden` values, followed by the velocity.
    pub fn state(&self, hidden: usize) -> Vec<f64> {
        [&self.position()[hidden..], self.velocity()].concat()
    }

    /// The same, with velocities clipped to between -10 and 10.
    pub fn clipped_state(&self, hidden: usize) -> Vec<f64> {
        let position = &self.position()[hidden..];
        let velocity = self.velocity().iter().map(|value| value.clamp(-10.0, 10.0));
        position.iter().copied().chain(velocity).collect()
    }

    /// MuJoCo's data, for quantities that only single tasks read.
    pub fn data(&self) -> &MjData<Box<MjModel>> {
        &self.data
    }

    /// The position of a body in metres, at the beginning of the last MuJoCo step.
    pub fn body_position(&self, body: usize) -> [f64; 3] {
        self.data.xpos()[body]
    }

    /// The torques and forces of all contacts on each body, six values each, starting with the world.
    pub fn contact_forces(&self) -> &[f64] {
        self.data.cfrc_ext().as_flattened()
    }
}

/// All that MuJoCo integrates from, the generator, and the places of the bodies. MuJoCo computes these at the beginning of a
/// step, so a task that reads them before its next step sees where the bodies were one MuJoCo step ago, which cannot be
/// computed from the state. Every other quantity is computed anew within a step before a task reads it.
impl Stateful for Simulation {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        const STATE: u32 = MjtState::mjSTATE_INTEGRATION as u32;

        let mut state = self.data.get_state(STATE);
        with.numbers("state", &mut state)?;
        self.data.set_state(&state, STATE);
        with.numbers("body_frames", self.data.xpos_mut().as_flattened_mut())?;
        with.numbers("body_centres", self.data.xipos_mut().as_flattened_mut())?;
        with.part("generator", &mut self.generator)?;
        with.count("auto_resets", &mut self.auto_resets)
    }
}

impl Simulator for Simulation {
    fn auto_resets(&self) -> u64 {
        self.auto_resets
    }

    fn seconds_per_step(&self) -> f64 {
        self.data.model().opt().timestep * f64::from(self.frame_skip)
    }

    fn pose(&self) -> Vec<f64> {
        self.position().to_vec()
    }

    fn painter(&self) -> Result<Box<dyn Painter>, ComponentError> {
        Ok(Box::new(Camera::open(&self.path)?))
    }
}

/// The folders where Gymnasium's model files may be, most likely first.
fn folders() -> Vec<PathBuf> {
    let chosen = env::var_os("SPIKEBENCH_ASSETS").map(PathBuf::from);
    // `cargo xtask bundle` puts them there.
    let program = env::current_exe().ok();
    let beside = program.and_then(|program| Some(program.parent()?.join("assets")));
    let beside = beside.filter(|folder| folder.is_dir());
    let fetched = option_env!("SPIKEBENCH_ASSETS_DEFAULT").map(PathBuf::from);
    [chosen, beside, fetched].into_iter().flatten().collect()
}

fn find(file: &str, folders: &[PathBuf]) -> Result<PathBuf, ComponentError> {
    let found = folders
        .iter()
        .map(|folder| folder.join(file))
        .find(|path| path.is_file());
    found.ok_or_else(|| {
        let searched: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
        let searched = if searched.is_empty() { "no folder".to_owned() } else { searched.join(", ") };
        ComponentError::new(format!(
            "{file}, one of Gymnasium's model files, is missing (searched: {searched}); run `cargo xtask setup`, \
             or set SPIKEBENCH_ASSETS to the folder that holds it"
        ))
    })
}

/// Keeps MuJoCo's warnings off the terminal and out of the file MUJOCO_LOG.TXT, which it would write into the working
/// directory: every episode of an exploring policy can cause new ones.
fn silence_warnings() {
    extern "C" fn ignore(_warning: *const c_char) {}

    static ONCE: Once = Once::new();
    #[expect(unsafe_code, reason = "MuJoCo offers only a global variable for this")]
    ONCE.call_once(|| {
        // SAFETY: MuJoCo reads the variable when it warns, while loading, resetting or stepping a model. This crate loads no
        // model before this function has returned, so no read can coincide with the only write. `ignore` has the signature
        // of the variable, and does nothing.
        unsafe { mju_user_warning = Some(ignore) }
    });
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const HOPPER: Model = Model {
        file: "hopper.xml",
        positions: 6,
        velocities: 6,
        controls: 3,
        frame_skip: 4,
    };

    #[test]
    fn a_missing_model_names_the_searched_folders_and_the_remedy() {
        let folders = ["/nowhere", "/nor/here"].map(PathBuf::from);
        let broken = find("hopper.xml", &folders).unwrap_err().to_string();
        for part in [
            "hopper.xml",
            "/nowhere, /nor/here",
            "cargo xtask setup",
            "SPIKEBENCH_ASSETS",
        ] {
            assert!(broken.contains(part), "{broken}");
        }
    }

    #[test]
    fn a_model_of_an_unexpected_shape_is_rejected() {
        let other = Model {
            file: "inverted_pendulum.xml",
            ..HOPPER
        };
        let broken = Simulation::open(&other).unwrap_err().to_string();
        assert!(
            broken.contains("[2, 2, 1]") && broken.contains("[6, 6, 3]"),
            "{broken}"
        );
    }

    #[test]
    fn mujocos_warnings_write_no_file() {
        let log = || fs::read("MUJOCO_LOG.TXT").ok();
        let before = log();
        let mut simulation = Simulation::open(&HOPPER).unwrap();
        simulation.reset(Some(1), Noise::Uniform(0.0));
        simulation.step(&[f32::NAN; 3]);
        assert!(
            simulation
                .data
                .warning()
                .iter()
                .any(|warning| warning.number > 0)
        );
        assert_eq!(log(), before);
        // A control that acts as zero causes no reset.
        assert_eq!(simulation.auto_resets(), 0);
    }

    #[test]
    fn each_silent_reset_of_an_unstable_state_is_counted() {
        let mut simulation = Simulation::open(&HOPPER).unwrap();
        simulation.reset(Some(1), Noise::Uniform(0.1));
        for pair in 1..4 {
            simulation.data.qpos_mut()[2] = f64::NAN;
            simulation.step(&[0.0; 3]);
            simulation.data.qvel_mut()[0] = 1e12;
            simulation.step(&[0.0; 3]);
            assert!(simulation.state(0).iter().all(|value| value.abs() < 1e6));
            assert_eq!(simulation.auto_resets(), 2 * pair);
            simulation.reset(None, Noise::Uniform(0.1));
        }
    }

    #[test]
    fn a_control_that_is_nan_acts_as_zero() {
        let [mut with, mut without] = [(); 2].map(|()| Simulation::open(&HOPPER).unwrap());
        for (simulation, action) in [(&mut with, f32::NAN), (&mut without, 0.0)] {
            simulation.reset(Some(1), Noise::Uniform(0.1));
            simulation.step(&[action; 3]);
        }
        assert_eq!(with.position(), without.position());
    }
}
