//! The command line: one file for each verb, which only parses arguments and prints.

mod calibrate;
mod cancel;
mod clean;
mod command;
mod compare;
mod component;
mod design;
mod drift;
mod early;
mod evaluate;
mod exit;
mod failure;
mod list;
mod logs;
mod merge;
mod output;
mod pack;
mod place;
mod plan;
mod plot;
mod progress;
mod report;
mod retry;
mod rollout;
mod run;
mod status;
mod submit;
mod suite;
mod verify;
mod wall_time;

pub use command::main;
pub use early::answer_early;

use failure::Failure;
use output::{DiskFolder, show};
use suite::DEFAULT_RESULTS;
