//! The contract of an environment: Gymnasium's, on plain numbers.

use std::fmt::Debug;

use super::{ComponentError, ParameterError, Stateful};

/// The shapes and limits of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// The number of values in an observation.
    pub observation: usize,
    /// The actions that can be taken.
    pub action: ActionSpace,
    /// The number of steps after which the framework truncates an episode (Gymnasium's `TimeLimit`).
    pub max_episode_steps: u64,
}

/// The actions of a task (Gymnasium's `Box` and `Discrete`). An action reaches [`Environment::step`] as
/// [`width`](Self::width) numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum ActionSpace {
    /// A vector of numbers, with the lowest and the highest value of each dimension.
    Box(Vec<(f32, f32)>),
    /// One of this many choices, counted from zero.
    Discrete(usize),
}

impl ActionSpace {
    /// The number of outputs of a network for one observation: one for each dimension, or one for each choice.
    pub fn outputs(&self) -> usize {
        match self {
            Self::Box(bounds) => bounds.len(),
            Self::Discrete(choices) => *choices,
        }
    }

    /// The number of values in an action. A choice is one value, its index.
    pub fn width(&self) -> usize {
        match self {
            Self::Box(bounds) => bounds.len(),
            Self::Discrete(_) => 1,
        }
    }
}

/// The result of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The new observation.
    pub observation: Vec<f64>,
    /// The reward.
    pub reward: f64,
    /// Whether the task ended here, so that the value of all that would follow is zero. Truncation by the time limit is the
    /// framework's business.
    pub terminated: bool,
}

/// A running task. Stepping on after `terminated` is allowed and continues the simulation.
///
/// Its [`visit`](Stateful::visit) passes everything that a later step or reset depends on, and leaves out what the settings
/// fix. An environment that is restored from a saved one, be it freshly opened or used, continues exactly like the saved one,
/// to the last bit: in the middle of an episode, and in all later episodes, because the random generator is restored too.
pub trait Environment: Debug + Send + Stateful {
    /// Begins an episode and returns its first observation. With a seed the environment's generator is seeded anew; without
    /// one it continues, as in Gymnasium. It is called before the first `step`, the first time with a seed.
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64>;

    /// Advances by one action of [`ActionSpace::width`] numbers; in a discrete space it is the index of the choice.
    fn step(&mut self, action: &[f32]) -> Step;

    /// The simulator behind the environment. `None` for an environment without space and time.
    fn simulator(&self) -> Option<&dyn Simulator> {
        None
    }
}

/// The simulator behind an environment, beyond what a learner sees of it.
pub trait Simulator {
    /// How often, since the environment was opened, the simulator has silently reset an unstable state in the middle of a
    /// step. The result of such a step says nothing about the task.
    fn auto_resets(&self) -> u64 {
        0
    }

    /// The duration of a step in simulated seconds.
    fn seconds_per_step(&self) -> f64;

    /// The pose of all bodies, in the form that this simulator's painter takes.
    fn pose(&self) -> Vec<f64>;

    /// A painter of this simulator. Fails with what is missing where nothing can be drawn.
    fn painter(&self) -> Result<Box<dyn Painter>, ComponentError>;
}

/// Draws the state of a simulator.
pub trait Painter: Debug {
    /// Draws this pose.
    fn paint(&mut self, pose: &[f64]) -> Picture;
}

/// A picture, row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The length of a row, in pixels.
    pub width: usize,
    /// The number of rows.
    pub height: usize,
    /// The red, green and blue of each pixel, `[3 · width · height]`.
    pub colours: Vec<u8>,
}

/// The parameters of an environment, as a suite gives them.
pub trait EnvironmentSettings: Debug + Send + Sync {
    /// The shapes and limits of the environment that [`open`](Self::open) makes. It reads no file.
    fn spec(&self) -> Spec;

    /// Makes an environment. If files or libraries are missing, it fails with their names and the remedy.
    fn open(&self) -> Result<Box<dyn Environment>, ComponentError>;

    /// The name and version of the simulator behind the environment, if there is one. Results depend on it.
    fn engine(&self) -> Option<String> {
        None
    }

    /// Refuses invalid values.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }
}
