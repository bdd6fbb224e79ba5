//! What a cell leaves behind, and the store that keeps it: one folder for each cell, immutable once it is there.

mod contents;
mod error;
mod files;
mod lock;
mod outcome;
mod store;

pub use contents::{Diagnostic, Evaluation, FORMAT, Provenance, Record, Timing};
pub use error::StoreError;
pub use lock::Lock;
pub use outcome::{Outcome, Status};
pub use store::Store;
