//! A program with a mistake that the test of mistakes names in an environment variable. It does not compile.

include!(env!("SPIKEBENCH_MISTAKE"));

fn main() {}
