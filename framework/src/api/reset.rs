//! How a spike resets the membrane potential.

use serde::{Deserialize, Serialize};

/// How a spike resets the membrane potential.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// The potential is set to `v_reset`.
    #[default]
    #[serde(alias = "zero")]
    Hard,
    /// `v_threshold` is subtracted from the potential.
    #[serde(alias = "subtract")]
    Soft,
    /// The potential stays as it is.
    None,
}
