//! The page of the results.

use std::fs::OpenOptions;
use std::io::{self, Write};

use crate::kinds::NAMES;
use crate::measure::{LONGEST, MOST_BYTES, Measured};

/// Adds a line to the page that `SPIKEBENCH_MUTATIONS_PAGE` names, if it does.
pub fn add(measured: &Measured) -> io::Result<()> {
    let Some(path) = std::env::var_os("SPIKEBENCH_MUTATIONS_PAGE") else {
        return Ok(());
    };
    let is_first = measured.kind == NAMES[0];
    let mut page = OpenOptions::new()
        .create(true)
        .write(true)
        .append(!is_first)
        .truncate(is_first)
        .open(path)?;
    if is_first {
        write!(
            page,
            "# Mutated inputs\n\n\
             Every kind of file that a verb reads was changed at random and read by the function that the verb calls. An \
             input fails if it ends with a panic, takes more than {} s on the CPU, or more than {} MB: the largest sum of what Rust had \
             allocated at one time, by a counting allocator, without LibTorch's own memory. The inputs follow from their \
             numbers, so that the same command reads the same ones. Times are those of the thread that reads, in a debug build. One in \
             forty of the accepted scores and records is analysed and rendered as well.\n\n\
             ```text\ncargo xtask mutate --inputs {}\n```\n\n\
             | file | inputs | accepted | refused | failed | slowest | most memory |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
            LONGEST.as_secs(),
            MOST_BYTES / 1_000_000,
            std::env::var("SPIKEBENCH_MUTATIONS").unwrap_or_default()
        )?;
    }
    writeln!(
        page,
        "| {} | {} | {} | {} | {} | {:.3} s | {:.1} MB |",
        measured.kind.replace('_', " "),
        measured.inputs,
        measured.accepted,
        measured.inputs - measured.accepted - measured.failed() as u64,
        measured.failed(),
        measured.slowest.as_secs_f64(),
        measured.largest as f64 / 1e6
    )
}
