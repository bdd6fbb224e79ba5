//! Messages and progress, all on standard error. A closed standard error is no reason to stop.
use std::{
    io::{IsTerminal, Write, stderr},
    time::{Duration, Instant},
};

/// Writes one line.
pub fn line(text: &str) {
    let _ = writeln!(stderr(), "{text}");
}

/// A size for people: decimal units, as package indexes show them.
pub fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        1e9.. => format!("{:.1} GB", bytes / 1e9),
        1e7.. => format!("{:.0} MB", bytes / 1e6),
        1e6.. => format!("{:.1} MB", bytes / 1e6),
        _ => format!("{:.0} kB", bytes / 1e3),
    }
}

/// Below this size, lines about tenths would only be noise.
const WORTH_LINES: u64 = 100_000_000;

/// Progress in bytes: one line updated in place on a terminal, else a line every 10 %.
pub struct Progress {
    label: String,
    total: u64,
    terminal: bool,
    tenth: u64,
    drawn: Option<Instant>,
}

impl Progress {
    pub fn new(label: String, total: u64, done: u64) -> Self {
        Self {
            label,
            total: total.max(1),
            terminal: stderr().is_terminal(),
            tenth: done * 10 / total.max(1),
            drawn: None,
        }
    }

    pub fn at(&mut self, done: u64) {
        // Unpacked sizes are estimates.
        let done = done.min(self.total);
        let tenth = done * 10 / self.total;
        if self.terminal {
            let fresh = |drawn: Instant| drawn.elapsed() < Duration::from_millis(100);
            if done < self.total && self.drawn.is_some_and(fresh) {
                return;
            }
            self.drawn = Some(Instant::now());
            let _ = write!(stderr(), "\r{}\x1b[K", self.text(done));
        } else if tenth > self.tenth && self.total > WORTH_LINES {
            self.tenth = tenth;
            line(&self.text(done));
        }
    }

    fn text(&self, done: u64) -> String {
        let (percent, done, total) = (done * 100 / self.total, size(done), size(self.total));
        format!("{}: {percent:3} % ({done} of {total})", self.label)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            line("");
        }
    }
}
