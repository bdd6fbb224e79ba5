//! The built-in tasks: Gymnasium's, reproduced to the last bit.

#[cfg(feature = "mujoco")]
pub mod hopper;
#[cfg(feature = "mujoco")]
pub mod inverted_pendulum;
#[cfg(feature = "mujoco")]
pub mod mujoco;
pub mod pendulum;
