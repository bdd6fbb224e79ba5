//! The command line: one file for each verb, which only parses arguments and prints.

mod attempt;
mod calibrate;
mod cancel;
mod check;
mod clean;
mod command;
mod compare;
mod completions;
mod component;
mod configuration;
mod design;
mod drift;
mod early;
mod evaluate;
mod exit;
mod failure;
mod inspect;
mod list;
mod logs;
mod merge;
mod new;
mod output;
mod pack;
mod place;
mod plan;
mod plot;
mod plugins;
mod progress;
mod reading;
mod report;
mod retry;
mod rollout;
mod run;
mod runs;
mod schema;
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
