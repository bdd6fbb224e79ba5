//! Running the cells of a plan: training, recording, and looking at what was trained.

pub mod diagnostics;
pub mod evaluate;
pub mod film;
pub mod policy;
pub mod record;
pub mod rollout;
pub mod train;
pub mod worker;
