//! The agents: what every registered one must do, and what PyTorch says of their updates.

mod noise;
mod replicas;
mod small;
mod smoke;
mod states;
mod updates;
