//! Messages, all on standard error. A closed standard error is no reason to stop.
use std::io::{Write, stderr};

/// Writes one line.
pub fn line(text: &str) {
    let _ = writeln!(stderr(), "{text}");
}

/// Formats a size in decimal units, as package indexes do.
pub fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        1e9.. => format!("{:.1} GB", bytes / 1e9),
        1e7.. => format!("{:.0} MB", bytes / 1e6),
        1e6.. => format!("{:.1} MB", bytes / 1e6),
        _ => format!("{:.0} kB", bytes / 1e3),
    }
}
