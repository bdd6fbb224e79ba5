//! Running the cells of a plan: scheduling, training and recording them, and using the policies that they leave.

pub mod device;
pub mod diagnostics;
pub mod evaluate;
pub mod film;
pub mod policy;
pub mod record;
pub mod rollout;
pub mod scheduler;
pub mod train;
pub mod worker;

mod message;
mod supervisor;
