//! How observations become spikes, and spikes become actions.

use std::fmt::Debug;

use tch::Tensor;

use super::{Declaration, Fault, Noise, Scope};

/// Turns observations into the input of the first spiking layer.
pub trait Encoder: Debug + Send + Sync {
    /// The number of outputs for that many observed values.
    fn width(&self, features: i64) -> i64;

    /// What the encoder learns.
    fn learned(&self, features: i64) -> Vec<Declaration>;

    /// From observations `[R, B, features]` to spikes or currents `[R, T, B, width]`; to `[R, 1, B, width]` where all
    /// `steps` time steps have the same.
    fn encode(
        &self,
        observation: &Tensor,
        learned: Scope<'_>,
        steps: i64,
        noise: &mut dyn Noise,
    ) -> Tensor;

    /// Refuses parameters that make no sense.
    fn check(&self) -> Result<(), Fault> {
        Ok(())
    }
}

/// Turns the spikes of the last layer into one number for each action dimension.
pub trait Decoder: Debug + Send + Sync {
    /// The number of output neurons for that many action dimensions.
    fn width(&self, actions: i64) -> i64;

    /// What the decoder learns.
    fn learned(&self, actions: i64) -> Vec<Declaration>;

    /// From spikes `[R, T, B, width]` to unbounded values `[R, B, actions]`.
    fn decode(&self, spikes: &Tensor, learned: Scope<'_>) -> Tensor;

    /// Refuses parameters that make no sense.
    fn check(&self) -> Result<(), Fault> {
        Ok(())
    }
}
