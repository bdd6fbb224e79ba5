//! The settings of noise inside a network (Chen et al. 2024, NoisySAN, arXiv 2403.04162).

use serde::{Deserialize, Serialize};

use crate::api::ParameterError;

/// Noise added in training: to the current of every neuron before it is charged; to its spike after it has fired, so that
/// the neurons it feeds no longer see zeros and ones; and to the input of the read-out in every time step. Each neuron's
/// noise is coloured along all time steps of an episode, and a replayed transition is seen with the noise of its own
/// environment step. Evaluation is free of noise.
///
/// The standard deviation at the read-out is learned for each action dimension, and `k · mean(deviation)²` is added to the
/// loss, with `k = penalty · max(0, r − low) / (high − low)`, where `r` is the return of the last completed training
/// episode. (The published code uses the mean return of the last evaluation, which a learner here does not know.)
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkNoiseConfig {
    /// Standard deviation of the noise on a current, times the square root of the number of neurons in the layer.
    pub current: f64,
    /// Standard deviation of the noise on a spike, times the square root of the number of neurons in the layer.
    pub spike: f64,
    /// Initial standard deviation at the read-out, times the square root of the number of action dimensions. Zero means no
    /// noise there, and no penalty.
    pub decoder: f64,
    /// The power of the noise falls with the frequency `f` as `1/f^colour`: 0 is white, 1 is pink, 2 is red.
    pub colour: f64,
    /// The period of the noise in environment steps, after which it repeats: at least the length of an episode.
    pub memory: u32,
    /// The value of `k` for a return of `high`, `K_final` in the paper; in units of the loss.
    pub penalty: f64,
    /// The returns `low` and `high`, in units of the reward: `k` is zero up to `low`, reaches `penalty` at `high`, and
    /// continues to rise beyond it.
    pub returns: (f64, f64),
}

impl Default for NetworkNoiseConfig {
    fn default() -> Self {
        Self {
            current: 0.5,
            spike: 0.5,
            decoder: 0.5,
            colour: 1.0,
            memory: 1000,
            penalty: 1.0,
            returns: (0.0, 6000.0),
        }
    }
}

/// The steepest spectrum allowed; steeper ones overflow, and have no use.
const STEEPEST: f64 = 10.0;
/// The longest period in environment steps; a longer series takes more memory than it is worth.
const LONGEST: u32 = 100_000;

impl NetworkNoiseConfig {
    /// Rejects invalid settings.
    pub fn check(&self) -> Result<(), ParameterError> {
        let rule = "must not be negative";
        ParameterError::unless(self.current >= 0.0, "current", self.current, rule)?;
        ParameterError::unless(self.spike >= 0.0, "spike", self.spike, rule)?;
        ParameterError::unless(self.decoder >= 0.0, "decoder", self.decoder, rule)?;
        let rule = format!("must be from -{STEEPEST} to {STEEPEST}");
        ParameterError::unless(self.colour.abs() <= STEEPEST, "colour", self.colour, rule)?;
        let rule = format!("must be from 1 to {LONGEST}");
        let known = (1..=LONGEST).contains(&self.memory);
        ParameterError::unless(known, "memory", self.memory, rule)?;
        let rule = "must not be negative";
        ParameterError::unless(self.penalty >= 0.0, "penalty", self.penalty, rule)?;
        let (low, high) = self.returns;
        ParameterError::unless(
            low < high,
            "returns",
            format!("[{low}, {high}]"),
            "must run from low to high",
        )
    }
}
