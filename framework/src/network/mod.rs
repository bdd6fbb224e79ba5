//! Networks of neurons: from observations to actions, and the noise that they may explore with.

pub mod anneal;
pub mod conformance;
pub mod energy;
pub mod forward;
pub mod fused;
pub mod layer;
pub mod mlp;
pub mod noise;
pub mod spike;
pub mod stepwise;
