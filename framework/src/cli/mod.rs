//! The command line: a verb a file.

mod calibrate;
mod compare;
mod design;
mod evaluate;
mod list;
mod plan;
mod plot;
mod progress;
mod report;
mod rollout;
mod run;

use std::error::Error;
use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::registry::Registry;
use crate::run::record::StoreError;
use crate::suite::{Suite, SuiteError};

/// Where records lie unless told otherwise.
const DEFAULT_RESULTS: &str = "results";

/// Exit codes, as documented in `--help`.
mod exit {
    pub const DONE: u8 = 0;
    pub const USAGE: u8 = 2;
    pub const BAD_DATA: u8 = 65;
    pub const RUN_FAILED: u8 = 70;
    pub const IO: u8 = 74;
    pub const INTERRUPTED: u8 = 75;
}

const EXIT_CODES: &str = "\
Exit codes:
   0  done
   2  wrong usage
  65  a suite, a record or a file of scores is not valid, or a component cannot be made here
  70  at least one run did not finish; its record says why
  74  a file could not be read or written, or another run is writing there
  75  interrupted; the same command goes on";

/// Benchmark surrogate gradients for spiking networks in deep reinforcement learning
#[derive(Debug, Parser)]
#[command(name = "spikebench", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the known components with their parameters and defaults
    List(list::Arguments),
    /// Show the cells of a suite without running anything
    Plan(plan::Arguments),
    /// Run the cells of a suite that have no record yet
    Run(run::Arguments),
    /// Show who did better, by how much and with what certainty
    Report(report::Arguments),
    /// Draw what needs no run
    #[command(subcommand)]
    Plot(plot::Verb),
    /// Show what a trained actor does in an environment: returns, firing rates, operations, energy
    Evaluate(evaluate::Arguments),
    /// Show by simulation how often the tests find a difference where there is none
    #[command(hide = true)]
    Calibrate(calibrate::Arguments),
    /// Compare anyone's scores: who did better, by how much and with what certainty
    Compare(compare::Arguments),
    /// Show how many runs a comparison needs, from an expected difference or from the scores of a pilot
    Design(design::Arguments),
    /// Step one environment, and write what it gives as a table and as pictures
    Rollout(rollout::Arguments),
    /// One job, told on standard input by `run`
    #[command(hide = true)]
    Worker,
}

/// What every verb that reads a suite takes.
#[derive(Debug, Args)]
struct SuiteArguments {
    /// The suite file
    suite: PathBuf,
    /// Refuse a suite of more cells than this
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    max_cells: u64,
}

impl SuiteArguments {
    fn read(&self, registry: &Registry) -> Result<Suite, SuiteError> {
        Suite::read(&self.suite, registry, self.max_cells)
    }
}

/// An error, and the exit code that stands for it.
#[derive(Debug)]
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    fn new(code: u8, error: impl Into<Box<dyn Error>>) -> Self {
        let error: Box<dyn Error> = error.into();
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            // Some errors already tell of their cause.
            if !message.contains(&cause.to_string()) {
                message.push_str(&format!(": {cause}"));
            }
            source = cause.source();
        }
        Self { code, message }
    }
}

impl From<SuiteError> for Failure {
    fn from(error: SuiteError) -> Self {
        let code = match error {
            SuiteError::Unreadable { .. } => exit::IO,
            SuiteError::Wrong { .. } => exit::BAD_DATA,
        };
        Self::new(code, error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Io { .. } | StoreError::Absent { .. } | StoreError::Busy { .. } => exit::IO,
            StoreError::Damaged { .. } => exit::BAD_DATA,
        };
        Self::new(code, error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(exit::IO, error)
    }
}

/// The program: `revision` is the Git revision that the host was built from.
pub fn main(revision: &str) -> ExitCode {
    let cli = Cli::parse();
    let result = Registry::linked()
        .map_err(|error| Failure::new(exit::BAD_DATA, error))
        .and_then(|registry| match cli.verb {
            Verb::List(arguments) => list::run(&arguments, &registry),
            Verb::Plan(arguments) => plan::run(&arguments, &registry),
            Verb::Run(arguments) => run::run(&arguments, &registry, revision),
            Verb::Report(arguments) => report::run(&arguments, &registry),
            Verb::Calibrate(arguments) => calibrate::run(&arguments),
            Verb::Plot(verb) => plot::run(&verb, &registry),
            Verb::Evaluate(arguments) => evaluate::run(&arguments, &registry),
            Verb::Compare(arguments) => compare::run(&arguments),
            Verb::Design(arguments) => design::run(&arguments),
            Verb::Rollout(arguments) => rollout::run(&arguments, &registry),
            Verb::Worker => Ok(crate::run::worker::serve(&registry)),
        });
    match result {
        Ok(code) => ExitCode::from(code),
        Err(Failure { code, message }) => {
            tell(format_args!("error: {message}"));
            ExitCode::from(code)
        }
    }
}

/// Writes a line to standard error. Unlike with `eprintln!`, a reader that went away ends nothing: the records are
/// what counts.
fn tell(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes to standard output; a reader that has seen enough is no error.
fn show(text: &str) -> Result<u8, Failure> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(0),
    }
}

/// Writes files into a folder, which is made if it is not there.
fn write(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<u8, Failure> {
    for (name, bytes) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, bytes));
        written.map_err(|error| {
            let message = format!("failed to write {}: {error}", path.display());
            Failure::new(exit::IO, message)
        })?;
    }
    tell(format_args!(
        "{} files in {}",
        files.len(),
        folder.display()
    ));
    Ok(0)
}
