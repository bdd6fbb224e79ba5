//! Running the cells of a plan: scheduling, training and recording them, and using the policies that they leave.

pub mod checkpoint;
pub mod cluster;
pub mod device;
pub mod diagnostics;
pub mod episode;
pub mod evaluate;
pub mod film;
pub mod measurements;
pub mod memory;
pub mod policy_files;
pub mod random_policy;
pub mod record;
pub mod rollout;
pub mod scheduler;
pub mod signals;
pub mod tensorboard;
pub mod train;
pub mod trained_policy;
pub mod upkeep;

mod evaluator;
mod journal;
mod policy_manifest;
mod pool;
mod refuge;
mod process;
mod replicas;
mod schedule_error;
mod tensors;

pub use process::supervisor::this_program;
pub use process::worker;
