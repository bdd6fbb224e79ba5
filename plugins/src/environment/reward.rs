//! Whether reward and observation are those of the task's own version or those of mujoco-py's time.

use serde::{Deserialize, Serialize};

/// The version whose reward and observation a task has. The dynamics are those of the installed MuJoCo in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reward {
    /// The task's own version.
    #[default]
    Own,
    /// Version 3, as in most papers: mujoco-py with MuJoCo 2 never filled in the contact forces (`openai/gym` issue 1541), so
    /// the observation has zeros in their place and contact costs nothing. The terminating step is rewarded like a healthy
    /// one.
    V3,
}
