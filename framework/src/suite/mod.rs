//! Suites: from a YAML file to a checked [`Suite`] and its [`plan`]. Everything that can be wrong with a suite is found here,
//! before anything runs.

pub mod estimate;
pub mod plan;

mod axis;
mod check;
mod check_compare;
mod compare;
mod definition;
mod error;
mod keyed;
mod matrix;
mod reader;
mod remainder;
mod source_map;
mod whole_number;
mod wire;
mod yaml;

pub use crate::scores::Failed;
pub use crate::stats::two_groups::Test;
pub use compare::{Compare, Metric};
pub use definition::{Budget, Exclusion, Suite};
pub use error::SuiteError;
pub use matrix::{Combination, Entry, Factor, Matrix};
pub use reader::read_component;
