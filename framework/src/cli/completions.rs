//! `spikebench completions`: prints a script by which a shell completes the verbs and options.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::cli::failure::Failure;
use crate::cli::output::show;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

pub fn run(arguments: &Arguments, mut command: Command) -> Result<u8, Failure> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, "spikebench", &mut script);
    show(&String::from_utf8_lossy(&script))
}
