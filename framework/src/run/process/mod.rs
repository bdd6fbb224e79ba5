//! A cell in a process of its own: the parent's side, the child's side, and how they talk.

pub mod progress_file;
pub mod stop;
pub mod supervisor;
pub mod worker;

mod awake_clock;
mod channel;
mod child_output;
mod followed_run;
mod memory_watch;
mod message;
mod plugins;
mod session;
