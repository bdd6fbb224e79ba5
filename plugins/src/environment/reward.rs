//! Whether a task pays as in its own version, or as in the time of mujoco-py.

use serde::{Deserialize, Serialize};

/// Which version's reward and observation a task has. The motion is that of the installed MuJoCo in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reward {
    /// Those of the task's own version.
    #[default]
    Own,
    /// Those of version 3, as most papers had them: mujoco-py with MuJoCo 2 never filled in the contact forces
    /// (`openai/gym` issue 1541), so that the observation has zeros in their place and contact costs nothing. The
    /// step that terminates is paid like a healthy one.
    V3,
}
