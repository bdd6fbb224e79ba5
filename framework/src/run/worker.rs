//! The child's side of a run: a process that trains one cell and reports what happens.
//!
//! The child reads its job from standard input, which stays open as long as the parent lives. When standard input ends, so
//! does the child.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use crate::registry::Registry;
use crate::run::device::device;
use crate::run::message::{Message, WorkerJob};
use crate::run::record::{Outcome, Status};
use crate::run::train::{self, Event};

/// The first argument of a program that is started as a worker.
pub const VERB: &str = "worker";

/// Exit code of a worker whose job cannot be understood, usually because a person started it.
const NO_JOB: u8 = 2;
/// Exit code of a worker that cannot read its standard input.
const NO_INPUT: u8 = 74;
/// Exit code of a worker whose parent has died.
const ORPHANED: i32 = 75;

/// How often a worker reports the number of steps that it has done.
const STEP_INTERVAL: Duration = Duration::from_millis(250);

/// Works and gives the exit code if this process was started as a worker, that is, with [`VERB`] as its first argument. A
/// program that runs suites through a [`Scheduler`](crate::run::scheduler::Scheduler) calls this before anything else.
pub fn serve_if_asked(registry: &Registry) -> Option<ExitCode> {
    let verb = std::env::args().nth(1);
    (verb.as_deref() == Some(VERB)).then(|| ExitCode::from(serve(registry)))
}

/// Reads a job from standard input, runs it, reports the outcome and gives the exit code.
pub fn serve(registry: &Registry) -> u8 {
    let mut line = String::new();
    if io::stdin().read_line(&mut line).is_err() {
        return NO_INPUT;
    }
    let job: WorkerJob = match serde_json::from_str(&line) {
        Ok(job) => job,
        Err(error) => {
            let _ = writeln!(
                io::stderr(),
                "only `spikebench run` starts `spikebench worker`: {error}"
            );
            return NO_JOB;
        }
    };
    thread::spawn(|| {
        // The parent writes nothing more: the end of the input is the end of the parent.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(ORPHANED);
    });
    tch::set_num_threads(1);
    crate::kernel::keep_freed_memory();
    let trained = catch_unwind(AssertUnwindSafe(|| train(&job, registry)));
    let outcome = match trained {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(reason)) => Outcome::because(Status::Failed, reason),
        Err(panic) => {
            Outcome::because(Status::Failed, format!("panic: {}", panic_message(&*panic)))
        }
    };
    send(&Message::Outcome(outcome));
    0
}

fn train(job: &WorkerJob, registry: &Registry) -> Result<Outcome, String> {
    let device = device(&job.device).map_err(|error| error.to_string())?;
    let mut last_step = Instant::now();
    let mut emit = |event| {
        if matches!(event, Event::Step(_)) {
            if last_step.elapsed() <= STEP_INTERVAL {
                return;
            }
            last_step = Instant::now();
        }
        send(&Message::Event(event));
    };
    train::run(&job.cell, registry, device, &mut emit).map_err(|error| error.to_string())
}

fn send(message: &Message) {
    if let Ok(line) = serde_json::to_string(message) {
        let mut output = io::stdout().lock();
        // If nobody listens, the parent is dead, and the thread that watches the input ends this process.
        let _ = writeln!(output, "{line}").and_then(|()| output.flush());
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
        .to_owned()
}
