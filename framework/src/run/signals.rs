//! The signals that ask a program to stop.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};

/// Ctrl-C, the end of a terminal, a shutdown, and the warning that a cluster gives before the time of a job is over.
const STOP: [i32; 4] = [SIGINT, SIGHUP, SIGTERM, SIGUSR1];

/// Whether this signal asks a program to stop.
pub fn is_stop(signal: i32) -> bool {
    STOP.contains(&signal)
}

/// Sets `stop` when a signal asks this program to stop. One that is ignored, as under `nohup`, stays ignored.
pub fn set_at_stop(stop: &Arc<AtomicBool>) -> io::Result<()> {
    for signal in STOP.into_iter().filter(|&signal| !is_ignored(signal)) {
        signal_hook::flag::register(signal, Arc::clone(stop))?;
    }
    Ok(())
}

/// Ends this program with an exit code at a signal that asks it to stop while `stop` is set already.
pub fn exit_at_second_stop(stop: &Arc<AtomicBool>, code: i32) -> io::Result<()> {
    for signal in STOP.into_iter().filter(|&signal| !is_ignored(signal)) {
        signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(stop))?;
    }
    Ok(())
}

fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}
