//! What a spike does to the membrane potential.

use serde::{Deserialize, Serialize};

/// The ways to reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// To `v_reset`.
    #[default]
    #[serde(alias = "zero")]
    Hard,
    /// Down by `v_threshold`.
    #[serde(alias = "subtract")]
    Soft,
    /// Nothing.
    None,
}
