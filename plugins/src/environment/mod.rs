//! The built-in tasks: Gymnasium's, reproduced to the last bit.

pub mod bounds;
mod canvas;

pub mod acrobot;
pub mod cart_pole;
pub mod mountain_car;
pub mod mountain_car_continuous;
pub mod pendulum;

#[cfg(feature = "mujoco")]
mod arithmetic;
#[cfg(feature = "mujoco")]
mod camera;
#[cfg(feature = "mujoco")]
mod humanoid_body;
#[cfg(feature = "mujoco")]
pub mod mujoco;
#[cfg(feature = "mujoco")]
pub mod reward;

#[cfg(feature = "mujoco")]
pub mod ant;
#[cfg(feature = "mujoco")]
pub mod half_cheetah;
#[cfg(feature = "mujoco")]
pub mod hopper;
#[cfg(feature = "mujoco")]
pub mod humanoid;
#[cfg(feature = "mujoco")]
pub mod humanoid_standup;
#[cfg(feature = "mujoco")]
pub mod inverted_double_pendulum;
#[cfg(feature = "mujoco")]
pub mod inverted_pendulum;
#[cfg(feature = "mujoco")]
pub mod pusher;
#[cfg(feature = "mujoco")]
pub mod reacher;
#[cfg(feature = "mujoco")]
pub mod swimmer;
#[cfg(feature = "mujoco")]
pub mod walker2d;
