//! What a cell leaves behind, and the store that keeps it: one folder for each cell, immutable once it is there.

mod attempts;
mod claims;
mod contents;
mod copies;
mod counterparts;
mod error;
mod files;
mod folders;
mod former_plugins;
mod lease;
mod machine;
mod manifest;
mod mixture;
mod origin;
mod orphans;
mod outcome;
mod reading;
mod score_table;
mod store;

pub use contents::{Diagnostic, Evaluation, FORMAT, Provenance, Record, Timing};
pub use error::StoreError;
pub use lease::{Claim, Holder, Lease};
pub use machine::Machine;
pub use mixture::{Difference, differences};
pub use origin::{Made, Unfinished, data_hash, provenance, unfinished};
pub use orphans::Orphans;
pub use outcome::{Outcome, Status};
pub use score_table::{NO_SURROGATE_LABEL, mean_curve};
pub use store::Store;
