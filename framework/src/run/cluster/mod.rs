//! Workers on a cluster. The cluster's own engine starts them, and they claim cells of the suite's store by leases, as workers
//! anywhere else do.
//!
//! A submission asks the engine for a number of interchangeable workers. No task of it is bound to a cell, so a task that the
//! engine loses costs no cell, and the store alone knows what is left to do.

mod engine;
mod job;
mod profile;
mod request;
mod slurm;
mod submission;
mod workers;

pub use engine::{Engine, EngineError, Task, TaskState};
pub use job::Job;
pub use profile::{Profile, ProfileError, profiles_file};
pub use request::{Request, RequestError, WallTimeLimit};
pub use slurm::Slurm;
pub use submission::{Submission, SubmissionState};
pub use workers::{Workers, workers};
