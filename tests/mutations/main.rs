//! Whatever a file holds, reading it ends with a value or with an error: without a panic, within a second, and within 200 MB.
//!
//! Every kind of file that a verb reads has valid examples and an entry point in [`kinds`]. Each input is an example with a
//! few changes, all of which follow from the number of the input alone, so that a failure can be made again.
//!
//! `SPIKEBENCH_MUTATIONS` is the number of inputs of each kind; `cargo xtask mutate --inputs 100000` sets it and writes
//! `results/reliability/MUTATIONS.md`.
//!
//! Memory is what Rust allocates on any thread: an allocator counts it. LibTorch's own allocations are not in it; no parser
//! makes a tensor before the sizes of a file are checked.

mod checkpoints;
mod extremes;
mod finished;
mod kinds;
mod measure;
mod mutation;
mod page;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use peak_alloc::PeakAlloc;
use spikebench_plugins as _;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The number of inputs of each kind unless another one is asked for.
const INPUTS: u64 = 2000;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // What is allocated at the same time could not be told apart.
    arguments.test_threads = Some(1);
    let inputs = std::env::var("SPIKEBENCH_MUTATIONS");
    let inputs = inputs.map_or(INPUTS, |inputs| inputs.parse().expect("a number of inputs"));
    let trials = kinds::NAMES.map(|name| {
        Trial::test(format!("no_{name}_ends_the_program"), move || {
            let measured = measure::run(&kinds::kind(name), inputs);
            page::add(&measured)?;
            measured.check()
        })
    });
    let trap = Trial::test(
        "an_input_that_is_too_much_is_caught",
        measure::catches_everything,
    );
    let trials = trials.into_iter().chain([trap]).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
