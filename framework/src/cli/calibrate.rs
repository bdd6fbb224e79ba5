//! `spikebench calibrate`: the error rates of tests and intervals, by simulation.

use clap::Args;

use crate::stats::calibration::page;

use super::{Failure, show};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The number of experiments for each test; slow tests get a tenth of it or less
    #[arg(long, value_name = "N", default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    experiments: u32,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failure> {
    show(&page::markdown(arguments.experiments))
}
