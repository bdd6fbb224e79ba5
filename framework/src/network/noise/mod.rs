//! Noise inside a network, which is remembered over an episode and replayed with its transitions.

pub mod coloured;
pub mod episodes;
pub mod perturbation;
