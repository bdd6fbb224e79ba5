//! One child process for each job: whatever happens in it, the parent has the record.
//!
//! The child reads the job as one line from its standard input, and writes one JSON message a line to its standard
//! output. Its standard input stays open as long as the parent lives; when it ends, so does the child.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tch::Device;

use crate::registry::Registry;
use crate::run::policy::PolicyFiles;
use crate::run::record::{
    Diagnostic, Evaluation, FORMAT, Outcome, Provenance, Record, Status, Timing,
};
use crate::run::train::{self, Event};
use crate::suite::plan::Cell;

/// What one child process does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// What is trained.
    pub cell: Cell,
    /// `cpu`, `cuda` or `cuda:N`.
    pub device: String,
}

/// What a child says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Environment steps done so far.
    Step(u64),
    /// An evaluation, all its episodes.
    Evaluated(Vec<Evaluation>),
    /// What was measured at an evaluation.
    Measured(Vec<Diagnostic>),
    /// When an evaluation was.
    Timed(Timing),
    /// The policy at the end of training.
    Learned(PolicyFiles),
    /// The end.
    Outcome(Outcome),
}

/// The device of that name, if this machine has it.
pub fn device(name: &str) -> Result<Device, String> {
    let index = match name {
        "cpu" => return Ok(Device::Cpu),
        "cuda" => Some(0),
        _ => name
            .strip_prefix("cuda:")
            .and_then(|index| index.parse().ok()),
    };
    let Some(index) = index else {
        return Err(format!(
            "\"{name}\" is not a device; known: cpu, cuda, cuda:N"
        ));
    };
    let present = tch::Cuda::device_count();
    if (index as i64) < present {
        Ok(Device::Cuda(index))
    } else {
        Err(format!(
            "{name} is not there: this LibTorch sees {present} CUDA devices"
        ))
    }
}

/// Runs a job in a child process and gives its record, or `None` if `stop` was set meanwhile.
pub fn supervise(
    job: &Job,
    registry: &Registry,
    revision: &str,
    time_limit: Option<f64>,
    stop: &AtomicBool,
    on_message: &mut dyn FnMut(&Message),
) -> io::Result<Option<Record>> {
    let begin = Instant::now();
    let mut child = Command::new(this_program()?)
        .arg("worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("OMP_NUM_THREADS", "1")
        // A Ctrl-C in the terminal goes to the parent alone, which decides.
        .process_group(0)
        .spawn()?;
    let followed = follow(&mut child, job, time_limit, stop, on_message);
    // However it went, no child is left behind; one that has ended already does not mind.
    let _ = child.kill();
    let _ = child.wait();
    let Some(Followed {
        outcome,
        evaluations,
        diagnostics,
        timings,
        policy,
        log,
    }) = followed?
    else {
        return Ok(None);
    };
    Ok(Some(Record {
        format: FORMAT,
        cell: job.cell.clone(),
        outcome,
        provenance: provenance(job, registry, revision),
        wall_seconds: begin.elapsed().as_secs_f64(),
        evaluations,
        diagnostics,
        timings,
        policy,
        log,
    }))
}

#[derive(Debug)]
struct Followed {
    outcome: Outcome,
    evaluations: Vec<Evaluation>,
    diagnostics: Vec<Diagnostic>,
    timings: Vec<Timing>,
    policy: Option<PolicyFiles>,
    log: String,
}

/// Listens until the child ends, its time is over, or `stop` is set: then there is nothing.
fn follow(
    child: &mut Child,
    job: &Job,
    time_limit: Option<f64>,
    stop: &AtomicBool,
    on_message: &mut dyn FnMut(&Message),
) -> io::Result<Option<Followed>> {
    let deadline = time_limit.map(|seconds| Instant::now() + Duration::from_secs_f64(seconds));
    let missing = || io::Error::other("the child process has no pipes");
    let mut input = child.stdin.take().ok_or_else(missing)?;
    let messages = messages(child.stdout.take().ok_or_else(missing)?);
    let log = tail(child.stderr.take().ok_or_else(missing)?);
    // A child that died before it read its job shows as crashed below.
    let _ = writeln!(input, "{}", serde_json::to_string(job)?);

    let (mut outcome, mut policy) = (None, None);
    let (mut evaluations, mut diagnostics, mut timings) = (Vec::new(), Vec::new(), Vec::new());
    let exited = loop {
        if stop.load(Ordering::SeqCst) {
            return Ok(None);
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            break false;
        }
        match messages.recv_timeout(Duration::from_millis(50)) {
            Ok(message) => {
                on_message(&message);
                match message {
                    Message::Step(_) => {}
                    Message::Evaluated(episodes) => evaluations.extend(episodes),
                    Message::Measured(numbers) => diagnostics.extend(numbers),
                    Message::Timed(timing) => timings.push(timing),
                    Message::Learned(files) => policy = Some(files),
                    Message::Outcome(said) => outcome = Some(said),
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break true,
        }
    };
    if !exited {
        child.kill()?;
    }
    let status = child.wait()?;
    let log = log.join().unwrap_or_default();
    let outcome = if exited {
        outcome.unwrap_or_else(|| crashed(status, &log))
    } else {
        let reason = format!("stopped after {} s", time_limit.unwrap_or_default());
        Outcome::because(Status::TimedOut, reason)
    };
    Ok(Some(Followed {
        outcome,
        evaluations,
        diagnostics,
        timings,
        policy,
        log,
    }))
}

/// Where this program is. Linux has a path that goes on leading to it when another one was built in its place.
fn this_program() -> io::Result<PathBuf> {
    let own = Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && own.exists() {
        return Ok(own.to_owned());
    }
    std::env::current_exe()
}

fn crashed(status: ExitStatus, log: &str) -> Outcome {
    let how = match status.signal() {
        Some(signal) => format!("killed by signal {signal}"),
        None => format!("ended with {status}"),
    };
    // What follows a message about a panic says nothing of this one: a backtrace, and how to see one.
    let says = |line: &&str| {
        let about_backtraces = ["note: ", "stack backtrace:"];
        let of_one = line.starts_with(char::is_whitespace);
        !(line.is_empty() || of_one || about_backtraces.iter().any(|words| line.starts_with(words)))
    };
    let last = log.lines().rev().find(says);
    let reason = last.map_or(how.clone(), |line| {
        format!("{how}; its last words: {}", line.trim())
    });
    Outcome::because(Status::Crashed, reason)
}

fn messages(output: impl Read + Send + 'static) -> Receiver<Message> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // What a library prints to standard output is not a message.
            if let Ok(message) = serde_json::from_str(&line)
                && sender.send(message).is_err()
            {
                break;
            }
        }
    });
    receiver
}

/// The last lines of the child's standard error.
fn tail(output: impl Read + Send + 'static) -> thread::JoinHandle<String> {
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

fn provenance(job: &Job, registry: &Registry, revision: &str) -> Provenance {
    let engine = registry
        .environment(&job.cell.environment)
        .ok()
        .and_then(|made| made.0.engine());
    Provenance {
        spikebench: env!("CARGO_PKG_VERSION").to_owned(),
        revision: revision.to_owned(),
        tch: env!("SPIKEBENCH_TCH").to_owned(),
        libtorch: env!("SPIKEBENCH_LIBTORCH").to_owned(),
        engine,
        device: job.device.clone(),
        threads: 1,
        platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
    }
}

/// The child's side: reads its job, runs it, says how it went. Gives the exit code.
pub fn serve(registry: &Registry) -> u8 {
    let mut line = String::new();
    if io::stdin().read_line(&mut line).is_err() {
        return 74;
    }
    let job: Job = match serde_json::from_str(&line) {
        Ok(job) => job,
        Err(error) => {
            let _ = writeln!(
                io::stderr(),
                "spikebench worker is started by spikebench run: {error}"
            );
            return 2;
        }
    };
    thread::spawn(|| {
        // Nothing more is ever said here: the end of the input is the end of the parent.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(75);
    });
    tch::set_num_threads(1);
    crate::kernel::keep_freed_memory();
    let said = catch_unwind(AssertUnwindSafe(|| work(&job, registry)));
    let outcome = match said {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(reason)) => Outcome::because(Status::Failed, reason),
        Err(panic) => {
            Outcome::because(Status::Failed, format!("panic: {}", panic_message(&*panic)))
        }
    };
    say(&Message::Outcome(outcome));
    0
}

fn work(job: &Job, registry: &Registry) -> Result<Outcome, String> {
    let device = device(&job.device)?;
    let mut last_said = Instant::now();
    let mut emit = |event| match event {
        Event::Evaluated(episodes) => say(&Message::Evaluated(episodes)),
        Event::Measured(numbers) => say(&Message::Measured(numbers)),
        Event::Timed(timing) => say(&Message::Timed(timing)),
        Event::Learned(files) => say(&Message::Learned(files)),
        Event::Step(step) => {
            if last_said.elapsed() > Duration::from_millis(250) {
                last_said = Instant::now();
                say(&Message::Step(step));
            }
        }
    };
    train::run(&job.cell, registry, device, &mut emit).map_err(|broken| broken.to_string())
}

fn say(message: &Message) {
    if let Ok(line) = serde_json::to_string(message) {
        let mut output = io::stdout().lock();
        // Nobody to tell: the watch over the input ends this process.
        let _ = writeln!(output, "{line}").and_then(|()| output.flush());
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_of_a_crash_are_no_backtrace() {
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
