//! The `spikebench` command with a component of our own beside the built-in ones.

mod my_component;
use spikebench_plugins as _;
spikebench::host!();
