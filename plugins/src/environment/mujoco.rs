//! What the MuJoCo tasks share: Gymnasium's
//! [`MujocoEnv`](https://github.com/Farama-Foundation/Gymnasium/blob/v1.4.0/gymnasium/envs/mujoco/mujoco_env.py),
//! on the same library and the same model files.
//!
//! Both are read as Gymnasium ships them, because they decide the numbers: a geom's `margin`, for one, means another
//! contact distance since MuJoCo 3.5.
//!
//! Where the state becomes infinite, huge or not a number, MuJoCo resets it in the middle of a step and goes on, in
//! Gymnasium as here: the task sees a healthy state. A control that is not a number acts as zero.

use std::env;
use std::ffi::c_char;
use std::fmt;
use std::path::PathBuf;
use std::sync::Once;

use mujoco_rs::mujoco_c::mju_user_warning;
use mujoco_rs::prelude::{MjData, MjModel};
use serde::{Deserialize, Serialize};
use spikebench::api::{Broken, Fault};
use spikebench::numpy::Generator;

/// An open interval, as `[low, high]` in a suite; `null` stands for no bound, since JSON has no infinity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a list of two numbers, lowest and highest")]
pub struct Range(
    /// The values above this.
    pub Option<f64>,
    /// The values below this.
    pub Option<f64>,
);

impl Range {
    /// Whether `value` lies strictly within. Only a finite number can.
    pub(super) fn contains(self, value: f64) -> bool {
        self.low() < value && value < self.high()
    }

    /// Refuses a range, the parameter `field`, that holds no number.
    pub(super) fn check(self, field: &str) -> Result<(), Fault> {
        Fault::unless(
            self.low() < self.high(),
            field,
            self,
            "must have its lower bound below its upper one",
        )
    }

    fn low(self) -> f64 {
        self.0.unwrap_or(f64::NEG_INFINITY)
    }

    fn high(self) -> f64 {
        self.1.unwrap_or(f64::INFINITY)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {}]", self.low(), self.high())
    }
}

/// Refuses a `value` of the parameter `field` that is infinite or not a number.
pub(super) fn check_finite(field: &str, value: f64) -> Result<(), Fault> {
    Fault::unless(value.is_finite(), field, value, "must be finite")
}

/// Refuses a `value` of the parameter `field` that is negative, infinite or not a number.
pub(super) fn check_magnitude(field: &str, value: f64) -> Result<(), Fault> {
    Fault::unless(
        value.is_finite() && value >= 0.0,
        field,
        value,
        "must be finite and not negative",
    )
}

/// The library and its version, for records: `MuJoCo 3.3.7`.
pub(super) fn engine() -> String {
    format!("MuJoCo {}", mujoco_rs::get_mujoco_version())
}

/// What a task takes for granted about its model file.
#[derive(Debug)]
pub(super) struct Model {
    /// The file's name among Gymnasium's model files.
    pub file: &'static str,
    /// Number of values in a position.
    pub positions: usize,
    /// Number of values in a velocity.
    pub velocities: usize,
    /// Number of values in an action.
    pub controls: usize,
    /// MuJoCo steps per step of the task.
    pub frame_skip: u32,
}

/// A model in motion, with the generator of its first states.
#[derive(Debug)]
pub(super) struct Simulation {
    data: MjData<Box<MjModel>>,
    generator: Generator,
    frame_skip: u32,
}

impl Simulation {
    /// Reads the model. Until the first seeded [`reset`](Self::reset) the generator's seed is 0.
    pub fn open(model: &Model) -> Result<Self, Broken> {
        silence_warnings();
        let path = find(model.file, &folders())?;
        // The binding panics on such a path.
        if path.to_str().is_none() {
            let path = path.display();
            return Err(Broken::new(format!("the path {path} is not valid UTF-8")));
        }
        let read = MjModel::from_xml(&path)
            .map_err(|error| Broken::new(format!("failed to read {}: {error}", path.display())))?;

        let data = MjData::new(Box::new(read));
        let found = [data.qpos().len(), data.qvel().len(), data.ctrl().len()];
        let expected = [model.positions, model.velocities, model.controls];
        if found != expected {
            return Err(Broken::new(format!(
                "{} has {found:?} positions, velocities and controls where Gymnasium's has {expected:?}; \
                 run `cargo xtask setup` for Gymnasium's model files",
                path.display()
            )));
        }
        Ok(Self {
            data,
            generator: Generator::new(0),
            frame_skip: model.frame_skip,
        })
    }

    /// Puts the model into its first state, displaced by up to `noise` in every position and velocity.
    pub fn reset(&mut self, seed: Option<u64>, noise: f64) {
        if let Some(seed) = seed {
            self.generator = Generator::new(seed);
        }
        self.data.reset();
        for position in self.data.qpos_mut() {
            *position += self.generator.uniform(-noise, noise);
        }
        for velocity in self.data.qvel_mut() {
            *velocity += self.generator.uniform(-noise, noise);
        }
        self.data.forward();
    }

    /// Holds the controls at `action` for one step of the task; MuJoCo clamps them to their range.
    ///
    /// Gymnasium also calls `mj_rnePostConstraint` here, for contact forces that none of these tasks reads; it does
    /// not change the motion.
    pub fn step(&mut self, action: &[f32]) {
        let controls = self.data.ctrl_mut();
        assert_eq!(action.len(), controls.len(), "number of actions");
        for (control, value) in controls.iter_mut().zip(action) {
            *control = f64::from(*value);
        }
        for _ in 0..self.frame_skip {
            self.data.step();
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

    /// How long a step of the task lasts, in seconds.
    pub fn seconds_per_step(&self) -> f64 {
        self.data.model().opt().timestep * f64::from(self.frame_skip)
    }
}

/// Where Gymnasium's model files may be, the likeliest place first.
fn folders() -> Vec<PathBuf> {
    let chosen = env::var_os("SPIKEBENCH_ASSETS").map(PathBuf::from);
    let fetched = option_env!("SPIKEBENCH_ASSETS_DEFAULT").map(PathBuf::from);
    [chosen, fetched].into_iter().flatten().collect()
}

fn find(file: &str, folders: &[PathBuf]) -> Result<PathBuf, Broken> {
    let found = folders
        .iter()
        .map(|folder| folder.join(file))
        .find(|path| path.is_file());
    found.ok_or_else(|| {
        let searched: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
        let searched = if searched.is_empty() { "no folder".to_owned() } else { searched.join(", ") };
        Broken::new(format!(
            "{file}, one of Gymnasium's model files, is missing (searched: {searched}); run `cargo xtask setup`, \
             or set SPIKEBENCH_ASSETS to the folder that holds it"
        ))
    })
}

/// Keeps MuJoCo's warnings off the terminal, and out of the file MUJOCO_LOG.TXT that it would write into the working
/// directory: every episode of a policy that explores can bring new ones.
fn silence_warnings() {
    extern "C" fn ignore(_warning: *const c_char) {}

    static ONCE: Once = Once::new();
    #[expect(unsafe_code, reason = "MuJoCo has only a global variable for this")]
    ONCE.call_once(|| {
        // SAFETY: MuJoCo reads the variable when it warns, in loading, resetting or stepping a model. This crate
        // loads no model before this has returned, so no read runs beside the only write. `ignore` has the
        // variable's signature, and touches nothing.
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
    fn a_model_of_another_shape_is_refused() {
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
    fn a_warning_of_mujoco_writes_no_file() {
        let log = || fs::read("MUJOCO_LOG.TXT").ok();
        let before = log();
        let mut simulation = Simulation::open(&HOPPER).unwrap();
        simulation.reset(Some(1), 0.0);
        simulation.step(&[f32::NAN; 3]);
        assert!(
            simulation
                .data
                .warning()
                .iter()
                .any(|warning| warning.number > 0)
        );
        assert_eq!(log(), before);
    }

    #[test]
    fn a_control_that_is_not_a_number_acts_as_zero() {
        let [mut with, mut without] = [(); 2].map(|()| Simulation::open(&HOPPER).unwrap());
        for (simulation, action) in [(&mut with, f32::NAN), (&mut without, 0.0)] {
            simulation.reset(Some(1), 0.1);
            simulation.step(&[action; 3]);
        }
        assert_eq!(with.position(), without.position());
    }

    #[test]
    fn a_range_is_open_and_null_is_no_bound() {
        let range: Range = serde_json::from_str("[0.7, null]").unwrap();
        assert_eq!(range, Range(Some(0.7), None));
        assert!(range.contains(0.8) && range.contains(1e300));
        assert!(
            !range.contains(0.7) && !range.contains(f64::INFINITY) && !range.contains(f64::NAN)
        );
        assert_eq!(serde_json::to_string(&range).unwrap(), "[0.7,null]");
    }
}
