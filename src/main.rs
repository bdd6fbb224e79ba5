//! The `spikebench` command: the framework with the built-in components.

// Links the built-in components: Rust drops a crate that nothing mentions, and its registrations with it.
use spikebench_plugins as _;

spikebench::answer_early!();

/// Serves LibTorch as well: an update of a small network allocates as long as it computes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    spikebench::cli::main(env!("SPIKEBENCH_REVISION"))
}
