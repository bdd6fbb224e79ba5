//! Running the cells of a plan: scheduling, training and recording them, and using the policies that they leave.

pub mod checkpoint;
pub mod device;
pub mod diagnostics;
pub mod episode;
pub mod evaluate;
pub mod film;
pub mod measurements;
pub mod memory;
pub mod policy_files;
pub mod record;
pub mod rollout;
pub mod scheduler;
pub mod signals;
pub mod tensorboard;
pub mod train;
pub mod trained_policy;
pub mod upkeep;
pub mod worker;

mod awake_clock;
mod channel;
mod child_output;
mod evaluator;
mod followed_run;
mod journal;
mod memory_watch;
mod message;
mod policy_manifest;
mod pool;
mod progress_file;
mod refuge;
mod replicas;
mod schedule_error;
mod session;
mod stop;
mod supervisor;
mod tensors;
