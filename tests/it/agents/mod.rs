//! Agents: requirements on every registered agent, and their updates against PyTorch.

mod noise;
mod replicas;
pub mod small;
mod smoke;
mod states;
mod updates;
