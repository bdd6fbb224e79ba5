//! What papers publish of methods: mean, standard deviation and number of runs.

use serde::Serialize;

use crate::stats::moments::Moments;

/// What is published of one method on one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Published {
    /// The method.
    pub method: String,
    /// The task.
    pub task: String,
    /// Mean, standard deviation and number of runs.
    #[serde(flatten)]
    pub moments: Moments,
}
