//! The parent's side of a run: one child process for each cell, whose record the parent has whatever happens to the child.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::registry::Registry;
use crate::run::message::{Message, WorkerJob};
use crate::run::record::{Machine, Outcome, Provenance, Record, Status};
use crate::run::train::Event;
use crate::run::worker::VERB;
use crate::suite::plan::Cell;

/// Starts and watches the child processes of a run.
#[derive(Debug)]
pub struct Supervisor<'a> {
    /// The known components, which tell the version of a simulator.
    pub registry: &'a Registry,
    /// The program that is started as a worker.
    pub program: &'a Path,
    /// The name of the device for every cell.
    pub device: &'a str,
    /// The Git revision that is written into every record.
    pub revision: &'a str,
    /// Seconds after which a cell is stopped.
    pub time_limit: Option<f64>,
    /// Stops all cells when it becomes true.
    pub stop: &'a AtomicBool,
}

impl Supervisor<'_> {
    /// Runs a cell in a child process and gives its record, or `None` if `stop` was set before the cell ended. Fails if the
    /// child cannot be started or watched.
    pub fn run(&self, cell: &Cell, observe: &mut dyn FnMut(&Event)) -> io::Result<Option<Record>> {
        let begin = Instant::now();
        let mut child = Command::new(self.program)
            .arg(VERB)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("OMP_NUM_THREADS", "1")
            // Ctrl-C in a terminal reaches the parent alone, which then decides.
            .process_group(0)
            .spawn()?;
        let mut record = Record::started(cell.clone(), self.provenance(cell));
        let ended = self.follow(&mut child, &mut record, observe);
        // However it went, no child is left behind. A child that has ended already is not affected.
        let _ = child.kill();
        let _ = child.wait();
        record.wall_seconds = begin.elapsed().as_secs_f64();
        Ok(ended?.then_some(record))
    }

    /// Listens to the child until it ends or its time is over, and fills in its record. Gives `false` if `stop` was set.
    fn follow(
        &self,
        child: &mut Child,
        record: &mut Record,
        observe: &mut dyn FnMut(&Event),
    ) -> io::Result<bool> {
        let limit = self.time_limit;
        let deadline = limit.map(|seconds| Instant::now() + Duration::from_secs_f64(seconds));
        let missing = || io::Error::other("the child process has no pipes");
        let mut input = child.stdin.take().ok_or_else(missing)?;
        let messages = receive(child.stdout.take().ok_or_else(missing)?);
        let log = collect_log(child.stderr.take().ok_or_else(missing)?);
        let job = WorkerJob {
            cell: record.cell.clone(),
            device: self.device.to_owned(),
        };
        // A child that died before it read its job shows up as crashed below.
        let _ = writeln!(input, "{}", serde_json::to_string(&job)?);

        let mut outcome = None;
        let has_exited = loop {
            if self.stop.load(Ordering::SeqCst) {
                return Ok(false);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break false;
            }
            match messages.recv_timeout(Duration::from_millis(50)) {
                Ok(Message::Event(event)) => {
                    observe(&event);
                    keep(record, event);
                }
                Ok(Message::Outcome(reported)) => outcome = Some(reported),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break true,
            }
        };
        if !has_exited {
            child.kill()?;
        }
        let status = child.wait()?;
        record.log = log.join().unwrap_or_default();
        record.outcome = if has_exited {
            outcome.unwrap_or_else(|| crashed(status, &record.log))
        } else {
            let reason = format!("stopped after {} s", limit.unwrap_or_default());
            Outcome::because(Status::TimedOut, reason)
        };
        Ok(true)
    }

    fn provenance(&self, cell: &Cell) -> Provenance {
        let environment = self.registry.environment(&cell.environment).ok();
        Provenance {
            spikebench: env!("CARGO_PKG_VERSION").to_owned(),
            revision: self.revision.to_owned(),
            tch: env!("SPIKEBENCH_TCH").to_owned(),
            libtorch: env!("SPIKEBENCH_LIBTORCH").to_owned(),
            engine: environment.and_then(|(settings, _)| settings.engine()),
            device: self.device.to_owned(),
            threads: 1,
            platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
            machine: Some(Machine::here().clone()),
        }
    }
}

/// Adds an event to a record.
fn keep(record: &mut Record, event: Event) {
    match event {
        Event::Step(_) => {}
        Event::Evaluated(episodes) => record.evaluations.extend(episodes),
        Event::Measured(numbers) => record.diagnostics.extend(numbers),
        Event::Timed(timing) => record.timings.push(timing),
        Event::Learned(files) => record.policy = Some(files),
    }
}

/// The path of this program. On Linux it still leads to the running program when another one was built in its place.
pub fn this_program() -> io::Result<PathBuf> {
    let own = Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && own.exists() {
        return Ok(own.to_owned());
    }
    std::env::current_exe()
}

/// The outcome of a child that ended without reporting one: its exit status and the last line that it wrote.
fn crashed(status: ExitStatus, log: &str) -> Outcome {
    let how = match status.signal() {
        Some(signal) => format!("killed by signal {signal}"),
        None => format!("ended with {status}"),
    };
    // A backtrace, and the advice on how to get one, follow the message of a panic but do not explain it.
    let is_message = |line: &&str| {
        let introductions = ["note: ", "stack backtrace:"];
        let is_frame = line.starts_with(char::is_whitespace);
        !(line.is_empty() || is_frame || introductions.iter().any(|words| line.starts_with(words)))
    };
    let last = log.lines().rev().find(is_message);
    let reason = last.map_or(how.clone(), |line| {
        format!("{how}; its last words: {}", line.trim())
    });
    Outcome::because(Status::Crashed, reason)
}

/// The messages in the output of a child.
fn receive(output: impl Read + Send + 'static) -> Receiver<Message> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Libraries may print to standard output too; what is not a message is ignored.
            if let Ok(message) = serde_json::from_str(&line)
                && sender.send(message).is_err()
            {
                break;
            }
        }
    });
    receiver
}

/// Collects the last lines of a child's standard error.
fn collect_log(output: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    const LINES: usize = 200;
    thread::spawn(move || {
        let mut last: VecDeque<String> = VecDeque::with_capacity(LINES);
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output
            .read_until(b'\n', &mut line)
            .is_ok_and(|length| length > 0)
        {
            if last.len() == LINES {
                last.pop_front();
            }
            last.push_back(String::from_utf8_lossy(&line).into_owned());
            line.clear();
        }
        last.into_iter().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_crash_is_the_last_message_and_not_a_backtrace() {
        let log = "going on\nmemory allocation of 8 bytes failed\nstack backtrace:\n   0: abort\n             at ./a.rs\n\
            note: Some details are omitted\n";
        let outcome = crashed(ExitStatus::from_raw(6), log);
        let reason = outcome.reason.unwrap();
        assert_eq!(
            reason,
            "killed by signal 6; its last words: memory allocation of 8 bytes failed"
        );
    }
}
