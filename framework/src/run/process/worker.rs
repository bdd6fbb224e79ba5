//! The child's side of a run: a process that trains one cell and reports what happens.
//!
//! The child reads its job from standard input, which stays open as long as the parent lives. When standard input ends, or a
//! line or a signal asks for it, the child writes a checkpoint and ends.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::api::Stateful;
use crate::registry::Registry;
use crate::run::checkpoint::Attempt;
use crate::run::device::device;
use crate::run::process::channel::Channel;
use crate::run::process::message::{Message, Resumption, STOP, TrainingJob, WorkerJob};
use crate::run::process::plugins::plugins_of;
use crate::run::process::session::Session;
use crate::run::record::{Outcome, Status};
use crate::run::signals;
use crate::run::train::{self, Ending, Interruption, Training};
use crate::suite::plan::Cell;

/// The first argument of a program that is started as a worker.
pub const VERB: &str = "worker";

/// Exit code of a worker whose job cannot be understood, usually because a person started it.
const NO_JOB: u8 = 2;
/// Exit code of a worker that cannot use its standard input or output.
const NO_INPUT: u8 = 74;
/// Exit code of a worker whose parent has died.
const ORPHANED: i32 = 75;

/// How long a worker whose parent has died may take to write its checkpoint.
const LAST_RESPITE: Duration = Duration::from_secs(120);

/// Works and gives the exit code if this process was started as a worker, that is, with [`VERB`] as its first argument. A
/// program that runs suites through a [`Scheduler`](crate::run::scheduler::Scheduler) calls this before anything else.
pub fn serve_if_asked(registry: &Registry) -> Option<ExitCode> {
    let verb = std::env::args().nth(1);
    (verb.as_deref() == Some(VERB)).then(|| ExitCode::from(serve(registry)))
}

/// Reads a job from standard input, runs it, reports the outcome and gives the exit code.
pub fn serve(registry: &Registry) -> u8 {
    let stop = Arc::new(AtomicBool::new(false));
    let mut line = String::new();
    if signals::set_at_stop(&stop).is_err() || io::stdin().read_line(&mut line).is_err() {
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
    let Ok(channel) = Channel::take_standard_output() else {
        return NO_INPUT;
    };
    let asked = Arc::clone(&stop);
    thread::spawn(move || listen(&asked));
    tch::set_num_threads(1);
    crate::kernel::keep_freed_memory();
    let work = || match &job {
        WorkerJob::Rehearse(cells) => rehearse(cells, registry, &channel),
        WorkerJob::Train(job) => train(job, registry, &channel, &stop),
    };
    let last = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let reason = format!("panic: {}", panic_message(&*panic));
        Message::Outcome(Outcome::because(Status::Failed, reason))
    });
    channel.send(&last);
    0
}

/// Waits for the line that asks for an end, or for the end of the parent.
fn listen(stop: &AtomicBool) {
    let mut line = String::new();
    while io::stdin()
        .read_line(&mut line)
        .is_ok_and(|length| length > 0)
    {
        if line.trim() == STOP {
            stop.store(true, Ordering::SeqCst);
        }
        line.clear();
    }
    stop.store(true, Ordering::SeqCst);
    thread::sleep(LAST_RESPITE);
    signal_hook::low_level::exit(ORPHANED);
}

fn rehearse(cells: &[Cell], registry: &Registry, channel: &Channel) -> Message {
    for cell in cells {
        if let Err(error) = train::prepare(cell, registry, tch::Device::Cpu) {
            return Message::Outcome(Outcome::because(Status::Failed, error.to_string()));
        }
        channel.send(&Message::Rehearsed);
    }
    Message::Outcome(Outcome::finished())
}

fn train(job: &TrainingJob, registry: &Registry, channel: &Channel, stop: &AtomicBool) -> Message {
    let failed = |reason: String| Message::Outcome(Outcome::because(Status::Failed, reason));
    let (training, attempt, resumption) = match begin(job, registry) {
        Ok(begun) => begun,
        Err(Broken::Component(reason)) => return failed(reason),
        Err(Broken::Storage(error)) => {
            // What was taken over up to here is where it was before, and takes room that is scarce.
            let _ = std::fs::remove_dir_all(&job.folder);
            return Message::Refused(error.to_string());
        }
    };
    let before = Duration::try_from_secs_f64(resumption.seconds).unwrap_or_default();
    channel.send(&Message::Began(resumption));
    let mut session = Session::new(job, attempt, channel, stop, before);
    match training.run(&mut session) {
        Ending::Outcome(outcome) => Message::Outcome(outcome),
        Ending::Interrupted(Interruption::Asked) => Message::Interrupted,
        Ending::Interrupted(Interruption::Storage(error)) => Message::Refused(error.to_string()),
    }
}

/// Why training cannot begin.
enum Broken {
    Component(String),
    Storage(io::Error),
}

/// Makes the components of a cell, and restores them from the newest checkpoint that is valid.
fn begin(
    job: &TrainingJob,
    registry: &Registry,
) -> Result<(Training, Attempt, Resumption), Broken> {
    let component = |error: &dyn std::fmt::Display| Broken::Component(error.to_string());
    let device = device(&job.device).map_err(|error| component(&error))?;
    let prepare = || train::prepare(&job.cell, registry, device).map_err(|error| component(&error));
    let key = job.cell.training_key();
    let plugins = plugins_of(&job.cell, registry);
    let begun = Attempt::begin(&job.folder, &key, job.cell.budget.steps, plugins);
    let mut attempt = begun.map_err(Broken::Storage)?;
    let mut resumption = Resumption::default();
    let may_extend = !train::depends_on_length(&job.cell, registry);
    let mut training = prepare()?;
    let restored = attempt.resume(&job.former, may_extend, &mut resumption.skipped, |state| {
        let restored = training.restore(state);
        if restored.is_err() {
            training = prepare().map_err(|_| "its components cannot be made".to_owned())?;
        }
        restored.map_err(|mismatch| mismatch.to_string())
    });
    if let Some(about) = restored.map_err(Broken::Storage)? {
        resumption.step = about.step;
        resumption.seconds = about.seconds;
        resumption.measurements = about.measurements;
        resumption.machines = about.machines;
        resumption.plugins = about.plugins;
    }
    Ok((training, attempt, resumption))
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
        .to_owned()
}
