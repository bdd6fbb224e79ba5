//! Noise inside a network for exploration: it persists over an episode and is replayed with its transitions.

pub mod coloured;
pub mod config;
pub mod episode_tracker;
pub mod moments;
pub mod network_noise;
pub mod step_keys;
