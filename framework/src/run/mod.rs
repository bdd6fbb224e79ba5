//! Running the cells of a plan: scheduling, training and recording them, and using the policies that they leave.

pub mod device;
pub mod diagnostics;
pub mod episode;
pub mod evaluate;
pub mod film;
pub mod memory;
pub mod policy_files;
pub mod record;
pub mod rollout;
pub mod scheduler;
pub mod train;
pub mod trained_policy;
pub mod worker;

mod evaluator;
mod message;
mod policy_manifest;
mod pool;
mod replicas;
mod schedule_error;
mod supervisor;
mod tensors;
