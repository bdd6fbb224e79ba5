//! Anyone's scores: a table of methods, tasks and seeds from a file, and the statistics over it.
//!
//! ```text
//! SCORES.csv ─table→ Scores ─analysis (+ Settings)→ Analysis
//! ```
//!
//! [`Scores`] is what the file says, checked; [`Analysis`] is everything that [`stats`](crate::stats) has to say about
//! it: each task by itself, then all tasks together.

mod across;
mod after;
mod analysis;
mod building;
mod columns;
mod contrast;
mod design;
mod learning;
mod omnibus;
mod settings;
mod table;

pub use across::{Across, Aggregate, Ranking, Scaled, SignedRank};
pub use after::{Pair, PostHoc};
pub use analysis::{Analysis, Method, Task};
pub use contrast::Contrast;
pub use design::{Expected, Goal, Looks, Pilot, PilotError};
pub use learning::{Learning, LearningMethod};
pub use omnibus::{ManyToOne, Omnibus, Overall};
pub use settings::{Failed, Metric, Settings, SettingsError};
pub use table::{Run, Scores, ScoresError};
