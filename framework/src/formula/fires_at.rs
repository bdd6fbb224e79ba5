//! Whether a neuron fires at its threshold or only above it.

use serde::{Deserialize, Serialize};

/// The convention at the threshold. Libraries differ here, which confounds comparisons between them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FiresAt {
    /// Strictly above the threshold (Pop-SAN, snnTorch, Norse).
    #[default]
    Above,
    /// At the threshold or above it (SpikingJelly).
    AtOrAbove,
}
