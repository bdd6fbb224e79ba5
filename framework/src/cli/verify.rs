//! `spikebench verify`: checks everything that a results folder keeps.

use std::path::PathBuf;

use clap::Args;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::show;
use crate::report::printable::one_line;
use crate::run::record::Store;
use crate::run::upkeep::verify;

#[derive(Debug, Args)]
pub struct Arguments {
    /// A results folder, or the folder of one suite in it
    results: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let stores = Store::all_in(&arguments.results)?;
    let verified = verify(&stores);
    let checked = format!(
        "{}, {}, {}",
        counted(verified.records, "record"),
        counted(verified.checkpoints, "checkpoint"),
        counted(verified.attempts, "unfinished attempt")
    );
    if verified.faults.is_empty() {
        return show(&format!("{checked}: all whole\n"));
    }
    let mut text = String::new();
    for fault in &verified.faults {
        let path = fault.path.display().to_string();
        text.push_str(&format!(
            "{}: {}\n",
            one_line(&path),
            one_line(&fault.reason)
        ));
    }
    text.push_str(&format!("{checked}: {} damaged\n", verified.faults.len()));
    show(&text)?;
    Ok(exit::BAD_DATA)
}

/// A number of things.
pub fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
