//! What a spike does to the membrane potential.

use serde::{Deserialize, Serialize};

use super::Real;

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

impl Reset {
    /// The membrane potential after a spike (0 or 1): `v (1 − s) + s v_reset`, or `v − s v_threshold`, or `v`. One formula
    /// for all, because a loop with a branch in it is not made of vector instructions.
    #[inline(always)]
    pub fn apply<R: Real>(self, v: R, spike: R, v_reset: f64, v_threshold: f64) -> R {
        let (forget, add) = match self {
            Self::Hard => (1.0, v_reset),
            Self::Soft => (0.0, -v_threshold),
            Self::None => (0.0, 0.0),
        };
        v * (R::from(1.0) - spike * forget) + spike * add
    }
}
