//! Looking after the records of a suite, from outside of any run.

mod attempts;
mod clean;
mod disk;
mod merge;
mod overview;
mod pack;
mod retry;
mod so_far;
mod speed;
mod verify;

pub use clean::{Cleaned, Removable, clean};
pub use merge::{Merged, merge};
pub use overview::{CellOverview, Counts, Overview, State, Watcher};
pub use pack::pack;
pub use retry::{Retried, retry};
pub use so_far::{SoFar, so_far};
pub use verify::{Fault, Verified, verify};
