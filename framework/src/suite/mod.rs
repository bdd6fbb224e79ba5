//! Suites: from a YAML file to a checked [`Suite`] and its [`plan`]. Everything that can be wrong with a suite is found here,
//! before anything runs.

pub mod drift;
pub mod estimate;
pub mod fingerprint;
pub mod memory;
pub mod plan;

mod axis;
mod check;
mod compare;
mod definition;
mod difference;
mod error;
mod identity;
mod keyed;
mod label;
mod matrix;
mod reader;
mod exclusions;
mod probe;
mod schema;
mod source_map;
mod walk;
mod whole_number;
mod wire;
mod yaml;

pub use compare::Compare;
pub use definition::{Budget, Exclusion, Suite};
pub use error::SuiteError;
pub use matrix::{Combination, Entry, Factor, Matrix};
pub use reader::read_component;
pub use schema::schema;
