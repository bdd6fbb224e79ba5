//! The processor of this machine.
use std::{fs, thread};

pub fn count() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Fails unless two jobs can have a core each.
pub fn two() -> Result<(), String> {
    if count() >= 2 {
        Ok(())
    } else {
        Err("there is only one core".to_owned())
    }
}

/// The processor's model name, with the numbers that identify it when a virtual machine hides the name.
pub fn model() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(key, _)| key.trim() == name);
        found.map_or("unknown", |(_, value)| value.trim())
    };
    format!(
        "{} (family {}, model {})",
        field("model name"),
        field("cpu family"),
        field("model")
    )
}
