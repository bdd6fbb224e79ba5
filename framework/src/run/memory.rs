//! Whether the machine has the memory that a suite needs.

use std::fs;

use crate::api::ComponentError;
use crate::registry::Registry;
use crate::suite::Suite;
use crate::suite::memory::{largest, named};

/// Where the limit of this process stands: of a container with control groups of version 2, and of version 1.
const LIMITS: [&str; 2] = [
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
];

/// Fails if a cell of the suite needs more memory than this machine, or the container, has at all.
pub fn check(suite: &Suite, registry: &Registry) -> Result<(), ComponentError> {
    let (Some((cell, needed)), Some(present)) = (largest(registry, suite), present()) else {
        return Ok(());
    };
    if needed <= present {
        return Ok(());
    }
    Err(ComponentError::new(format!(
        "{} needs {} MiB of memory or more, but this machine has {} MiB: choose smaller layers or a smaller buffer_size",
        named(&cell),
        needed >> 20,
        present >> 20
    )))
}

/// The bytes of main memory that this process may take; `None` if the system does not tell.
fn present() -> Option<u64> {
    let limit = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let machine = fs::read_to_string("/proc/meminfo").ok();
    let machine = machine.as_deref().and_then(total);
    LIMITS.into_iter().filter_map(limit).chain(machine).min()
}

/// The size of the machine in bytes, by the text of `/proc/meminfo`.
fn total(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes.saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_the_machine_is_read_in_bytes() {
        let text = "MemTotal:       16384000 kB\nMemFree:          1 kB\n";
        assert_eq!(total(text), Some(16_384_000 * 1024));
        assert_eq!(total("MemFree: 1 kB\n"), None);
    }
}
