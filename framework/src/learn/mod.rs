//! The building blocks of agents: replay and rollout buffers, losses, the optimiser, running statistics.

pub mod adam;
pub mod loss;
pub mod normaliser;
pub mod regression;
pub mod replay_buffer;
pub mod rollout_buffer;
pub mod rows;
pub mod running_mean;
pub mod transition_ring;
