//! Scores as people have them: every form of file becomes a [`ScoreTable`](super::ScoreTable), and whatever is wrong with one
//! is found here, with its line.
//!
//! ```text
//! files and folders ─read─▶ delimited ─▶ table ─▶ long_form · wide · monitor ─┐
//!                      ├──▶ json ─▶ json_forms ───────────────────────────────┼─▶ Runs ─▶ ScoreTable
//!                      └──▶ numpy · event_file ───────────────────────────────┘
//! ```
//!
//! Of files in folders, `folder` finds those of each run, `run_name` says what their path tells, and `survey` which of them hold
//! the quantity that is compared.

mod axis;
mod columns;
mod decimals;
mod delimited;
mod episodes;
mod error;
mod event_file;
mod folder;
mod json;
mod json_forms;
mod long_form;
mod moments;
mod monitor;
mod names;
mod numpy;
mod open_run;
mod options;
mod read;
mod role;
mod run_name;
mod runs;
mod survey;
mod table;
mod wide;

pub use error::ScoreError;
pub use options::{Reading, SameStep};
pub use read::{parse, read};
pub use role::Role;
pub use run_name::NamePattern;
