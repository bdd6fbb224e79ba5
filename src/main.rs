//! The `spikebench` command: the framework with the built-in components.

// Links the built-in components: Rust drops a crate that nothing mentions, and its registrations with it.
use spikebench_plugins as _;

spikebench::host!(allocator = mimalloc::MiMalloc);
