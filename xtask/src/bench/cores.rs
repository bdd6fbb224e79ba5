//! The processor.
use std::{fs, thread};

pub fn count() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Whether two jobs can have a core each.
pub fn two() -> Result<(), String> {
    if count() >= 2 {
        Ok(())
    } else {
        Err("there is one core only".to_owned())
    }
}

/// The model's name, as Linux has it, with what tells models apart that hide their names.
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
