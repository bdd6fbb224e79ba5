//! Networks that map observations to actions: spiking layers, perceptrons, and the noise that networks explore with.

pub mod anneal;
pub mod chain;
pub mod conformance;
pub mod energy;
pub mod forward;
pub mod fused;
pub mod layer;
mod learned_rows;
pub mod mlp;
pub mod neurons;
pub mod noise;
pub mod spike;
pub mod stepwise;
