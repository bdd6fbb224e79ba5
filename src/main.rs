//! The `spikebench` command: the framework with the built-in components.

// A crate that nothing mentions is not linked, registrations and all.
use spikebench_plugins as _;

fn main() -> std::process::ExitCode {
    spikebench::cli::main(env!("SPIKEBENCH_REVISION"))
}
