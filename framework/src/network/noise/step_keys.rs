//! Step keys: three numbers that identify the environment step at which an observation was made, so that noise with a
//! memory is the same whenever the network is asked about the same step.

use tch::Tensor;

use crate::api::Noise;

/// The numbers in a key: of the replica's life, of the episode, and of the step within it. All are whole and below
/// [`BOUND`], so that single precision holds them exactly and they can be stored with transitions.
pub const WIDTH: i64 = 3;

/// All numbers in a key are below this, 2²⁴.
pub const BOUND: f64 = 16_777_216.0;

/// Random keys `[R, B, 3]` for observations `[R, B, …]` made at unknown steps: each gets a step of its own.
pub fn unknown(observation: &Tensor, draws: &mut dyn Noise) -> Tensor {
    let size = observation.size();
    (draws.uniform(&[size[0], size[1], WIDTH]) * BOUND).floor()
}
