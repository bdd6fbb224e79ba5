//! The memory of a child process, which tells whether the system has killed it to get memory back.

use std::fs;

/// Watches a process.
#[derive(Debug)]
pub struct MemoryWatch {
    pid: u32,
    /// The most kilobytes that the process was seen to use.
    most: u64,
    /// How often this system had killed a process for memory before.
    kills: Option<u64>,
}

impl MemoryWatch {
    /// Begins to watch a process.
    pub fn of(pid: u32) -> Self {
        Self {
            pid,
            most: 0,
            kills: kills(),
        }
    }

    /// Looks at the process.
    pub fn look(&mut self) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let used = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let used = used.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        self.most = self.most.max(used.unwrap_or(0));
    }

    /// Why the process may have been killed, to be put after "killed".
    pub fn in_words(&self) -> String {
        let used = self.most / 1024;
        match (self.kills, kills()) {
            (Some(before), Some(now)) if now > before => {
                format!(" because memory ran out; it used {used} MiB")
            }
            _ => format!(" by somebody else or for lack of memory; it used {used} MiB"),
        }
    }
}

/// How often this system has killed a process to get memory back.
fn kills() -> Option<u64> {
    let counters = fs::read_to_string("/proc/vmstat").ok()?;
    let kills = counters
        .lines()
        .find_map(|line| line.strip_prefix("oom_kill "));
    kills?.trim().parse().ok()
}
