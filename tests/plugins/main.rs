//! Libraries of plugins: what is refused, in which words, and that what is loaded computes what is linked.
//!
//! The library is `library/`, which holds every built-in component and some that misbehave. Started with a verb, this program
//! is `spikebench` without any component of its own; without one it is the test program.

mod bench;
mod inspection;
mod page;
mod refusals;
mod runs;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// As in the `spikebench` command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let first = std::env::args().nth(1).unwrap_or_default();
    if bench::VERBS.contains(&first.as_str()) {
        spikebench::cli::main("bare");
    }
    let trials = [
        refusals::trials(),
        inspection::trials(),
        runs::trials(),
        page::trials(),
    ]
    .concat_all();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

trait ConcatAll {
    fn concat_all(self) -> Vec<Trial>;
}

impl<const N: usize> ConcatAll for [Vec<Trial>; N] {
    fn concat_all(self) -> Vec<Trial> {
        self.into_iter().flatten().collect()
    }
}
