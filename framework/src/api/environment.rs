//! What an environment is: Gymnasium's contract, on plain numbers.

use std::fmt::Debug;

use super::{ComponentError, ParameterError};

/// The shapes and limits of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Number of values in an observation.
    pub observation: usize,
    /// What can be done.
    pub action: ActionSpace,
    /// After this many steps the framework truncates the episode (Gymnasium's `TimeLimit`).
    pub max_episode_steps: u64,
}

/// What can be done in a task (Gymnasium's `Box` and `Discrete`). An action reaches [`Environment::step`] as
/// [`width`](Self::width) numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum ActionSpace {
    /// Numbers: lowest and highest value of each dimension.
    Box(Vec<(f32, f32)>),
    /// One of so many actions, counted from zero.
    Discrete(usize),
}

impl ActionSpace {
    /// The values that a network gives for one observation: one for each dimension, or for each action to choose from.
    pub fn outputs(&self) -> usize {
        match self {
            Self::Box(bounds) => bounds.len(),
            Self::Discrete(choices) => *choices,
        }
    }

    /// The numbers that an action consists of; of a choice that is its index.
    pub fn width(&self) -> usize {
        match self {
            Self::Box(bounds) => bounds.len(),
            Self::Discrete(_) => 1,
        }
    }
}

/// What one step gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The new observation.
    pub observation: Vec<f64>,
    /// The reward.
    pub reward: f64,
    /// The task ended here, and the value of what would follow is zero. Truncation by the time limit is not
    /// the environment's business.
    pub terminated: bool,
}

/// A running task. Stepping on after `terminated` is allowed and continues the simulation.
pub trait Environment: Debug + Send {
    /// Begins an episode. With a seed the environment's generator starts anew from it; without one it goes on
    /// from where it is, as in Gymnasium. Called before the first `step`, with a seed the first time.
    fn reset(&mut self, seed: Option<u64>) -> Vec<f64>;

    /// Advances by one action, of [`ActionSpace::width`] numbers; of a discrete space it is the index of the choice.
    fn step(&mut self, action: &[f32]) -> Step;

    /// What moves it, as seen from outside. None of an environment without a place and a time.
    fn simulator(&self) -> Option<&dyn Simulator> {
        None
    }
}

/// What moves an environment, beside what a learner sees of it.
pub trait Simulator {
    /// How often it has thrown an unstable state away and begun anew in the middle of a step, without a word, since the
    /// environment was opened. Such a step says nothing about the task.
    fn auto_resets(&self) -> u64 {
        0
    }

    /// How long a step lasts, in seconds.
    fn seconds_per_step(&self) -> f64;

    /// Where everything is, as a painter of this simulator takes it.
    fn pose(&self) -> Vec<f64>;

    /// What draws it. Fails, saying what is missing, where nothing can be drawn.
    fn painter(&self) -> Result<Box<dyn Painter>, ComponentError>;
}

/// Draws a simulator.
pub trait Painter: Debug {
    /// What it looks like in this pose.
    fn paint(&mut self, pose: &[f64]) -> Picture;
}

/// A picture, row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Of a row, in pixels.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// Red, green and blue of each pixel, `[3 · width · height]`.
    pub colours: Vec<u8>,
}

/// The parameters of an environment, as a suite gives them.
pub trait EnvironmentSettings: Debug + Send + Sync {
    /// The shapes and limits that [`open`](Self::open)'s environment will have. Reads no file.
    fn spec(&self) -> Spec;

    /// Makes an environment. Fails, saying what is missing and the remedy, where files or libraries are not there.
    fn open(&self) -> Result<Box<dyn Environment>, ComponentError>;

    /// The simulator behind the environment and its version, if there is one: it decides the numbers.
    fn engine(&self) -> Option<String> {
        None
    }

    /// Refuses values that make no sense.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }
}
