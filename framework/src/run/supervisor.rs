//! The parent's side of a run: one child process for each cell, whose record the parent has whatever happens to the child.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use crate::registry::Registry;
use crate::run::awake_clock::AwakeClock;
use crate::run::measurements::Measurements;
use crate::run::memory_watch::MemoryWatch;
use crate::run::message::{Message, STOP, TrainingJob, WorkerJob};
use crate::run::progress_file;
use crate::run::record::{Lease, Machine, Outcome, Provenance, Record, Status};
use crate::run::signals;
use crate::run::stop::Stop;
use crate::run::train::Event;
use crate::run::worker::VERB;
use crate::suite::plan::Cell;

/// How long a child that was asked to stop may take to write its checkpoint.
const RESPITE: Duration = Duration::from_secs(300);

/// How often the progress of a cell is written down.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

/// How long making the components of all cells may take.
const REHEARSAL_LIMIT: Duration = Duration::from_secs(600);

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
    /// How long a cell may go without a step before it counts as hanging.
    pub stall: Duration,
    /// The time between two checkpoints.
    pub checkpoint_every: Duration,
    /// Whether the last checkpoint of a cell is kept.
    pub keep_checkpoints: bool,
    /// When all cells are to stop.
    pub stop: Stop<'a>,
}

/// What became of a rehearsal.
#[derive(Debug)]
pub enum Rehearsal {
    /// Every cell can be made.
    Passed,
    /// The cell with this number cannot be made, for this reason.
    Failed(usize, String),
    /// Somebody asked for a stop.
    Interrupted,
}

/// What became of a cell.
#[derive(Debug)]
pub enum Ended {
    /// It ended, and this is its record.
    Recorded(Box<Record>),
    /// It was asked to stop, and has written a checkpoint if it could.
    Interrupted,
    /// Somebody else has taken the cell over.
    Lost,
    /// The disk refuses what the child has to write, for this reason.
    Refused(String),
}

/// How the child of a cell stopped, as far as this can be told before its exit status is known.
enum Stopped {
    Exited(Option<Message>),
    TimedOut,
    Stalled(u64),
    Overdue,
    Lost,
}

impl Supervisor<'_> {
    /// Makes the components of these cells in a child process, so that one that crashes or takes all memory hurts nobody.
    pub fn rehearse(&self, cells: &[Cell]) -> io::Result<Rehearsal> {
        let (mut child, mut input) = self.spawn()?;
        let _ = send(&mut input, &WorkerJob::Rehearse(cells.to_vec()));
        let pipes = listen(&mut child);
        let (messages, log) = match pipes {
            Ok(pipes) => pipes,
            Err(error) => return end(&mut child).and(Err(error)),
        };
        let mut clock = AwakeClock::at(Duration::ZERO);
        let (mut made, mut outcome) = (0, None);
        loop {
            match messages.recv_timeout(Duration::from_millis(50)) {
                Ok(Message::Rehearsed) => made += 1,
                Ok(Message::Outcome(reported)) => outcome = Some(reported),
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    if clock.tick() > REHEARSAL_LIMIT {
                        outcome = Some(Outcome::because(
                            Status::Failed,
                            format!(
                                "making its components took more than {} s",
                                REHEARSAL_LIMIT.as_secs()
                            ),
                        ));
                        let _ = child.kill();
                    }
                }
            }
        }
        let _ = child.kill();
        let status = child.wait()?;
        if made == cells.len() {
            return Ok(Rehearsal::Passed);
        }
        if outcome.is_none() && status.signal().is_some_and(signals::is_stop) {
            return Ok(Rehearsal::Interrupted);
        }
        let outcome =
            outcome.unwrap_or_else(|| crashed(status, &log.join().unwrap_or_default(), None));
        let reason = outcome.reason.unwrap_or_else(|| "no reason".to_owned());
        Ok(Rehearsal::Failed(made, reason))
    }

    /// Trains a cell in a child process, in the folder of an attempt, for as long as the lease is held. Fails if the child
    /// cannot be started or watched.
    pub fn run(
        &self,
        cell: &Cell,
        lease: &mut Lease,
        folder: PathBuf,
        former: Vec<PathBuf>,
        observe: &mut dyn FnMut(&Event),
    ) -> io::Result<Ended> {
        let job = TrainingJob {
            cell: cell.clone(),
            device: self.device.to_owned(),
            folder,
            former,
            checkpoint_every: self.checkpoint_every.as_secs_f64(),
            keep_last: self.keep_checkpoints,
        };
        let (mut child, input) = self.spawn()?;
        let mut run = Run {
            supervisor: self,
            record: Record::started(cell.clone(), self.provenance(cell)),
            measurements: Measurements::default(),
            clock: AwakeClock::at(Duration::ZERO),
            memory: MemoryWatch::of(child.id()),
            step: 0,
            job,
        };
        let ended = run.follow(&mut child, input, lease, observe);
        // However it went, no child is left behind. A child that has ended already is not affected.
        let ended = end(&mut child).and(ended);
        run.record.wall_seconds = run.clock.tick().as_secs_f64();
        Ok(match ended? {
            Following::Recorded => Ended::Recorded(Box::new(run.record)),
            Following::Interrupted => Ended::Interrupted,
            Following::Lost => Ended::Lost,
            Following::Refused(reason) => Ended::Refused(reason),
        })
    }

    fn spawn(&self) -> io::Result<(Child, ChildStdin)> {
        let mut child = Command::new(self.program)
            .arg(VERB)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("OMP_NUM_THREADS", "1")
            // Ctrl-C in a terminal reaches the parent alone, which then decides.
            .process_group(0)
            .spawn()?;
        match child.stdin.take() {
            Some(input) => Ok((child, input)),
            None => end(&mut child).and(Err(io::Error::other("the child process has no pipes"))),
        }
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
            earlier_machines: Vec::new(),
        }
    }
}

/// A cell that is being trained by a child process.
struct Run<'a> {
    supervisor: &'a Supervisor<'a>,
    record: Record,
    measurements: Measurements,
    clock: AwakeClock,
    memory: MemoryWatch,
    step: u64,
    job: TrainingJob,
}

/// What became of a cell, whose record is in the [`Run`].
enum Following {
    Recorded,
    Interrupted,
    Lost,
    Refused(String),
}

impl Run<'_> {
    /// Listens to the child until it ends or its time is over, and fills in the record.
    fn follow(
        &mut self,
        child: &mut Child,
        mut input: ChildStdin,
        lease: &mut Lease,
        observe: &mut dyn FnMut(&Event),
    ) -> io::Result<Following> {
        let (messages, log) = listen(child)?;
        // A child that died before it read its job shows up as crashed below.
        let _ = send(&mut input, &WorkerJob::Train(Box::new(self.job.clone())));
        let stopped = self.listen(&messages, &mut input, lease, observe)?;
        if !matches!(stopped, Stopped::Exited(_)) {
            child.kill()?;
        }
        let status = child.wait()?;
        self.record.log.push_str(&log.join().unwrap_or_default());
        let Measurements {
            evaluations,
            diagnostics,
            timings,
        } = std::mem::take(&mut self.measurements);
        self.record.evaluations = evaluations;
        self.record.diagnostics = diagnostics;
        self.record.timings = timings;
        let timed_out = |reason| Outcome::because(Status::TimedOut, reason);
        self.record.outcome = match stopped {
            Stopped::Exited(Some(Message::Outcome(outcome))) => outcome,
            Stopped::Exited(Some(Message::Interrupted)) | Stopped::Overdue => {
                return Ok(Following::Interrupted);
            }
            Stopped::Exited(Some(Message::Refused(reason))) => {
                return Ok(Following::Refused(reason));
            }
            // A signal that asks for a stop can reach a child before it is ready to write a checkpoint.
            Stopped::Exited(_) if status.signal().is_some_and(signals::is_stop) => {
                return Ok(Following::Interrupted);
            }
            Stopped::Exited(_) => crashed(status, &self.record.log, Some(&self.memory)),
            Stopped::Lost => return Ok(Following::Lost),
            Stopped::TimedOut => {
                let limit = self.supervisor.time_limit.unwrap_or_default();
                timed_out(format!("stopped after {limit} s"))
            }
            Stopped::Stalled(step) => timed_out(format!(
                "stopped because nothing happened for {} min after step {step}{}",
                self.supervisor.stall.as_secs_f64() / 60.0,
                last_words(&self.record.log)
            )),
        };
        if let Some(lack) = self.record.lacks_evaluations() {
            self.record.outcome =
                Outcome::because(Status::Failed, format!("measurements were lost: {lack}"));
        }
        Ok(Following::Recorded)
    }

    fn listen(
        &mut self,
        messages: &Receiver<Message>,
        input: &mut ChildStdin,
        lease: &mut Lease,
        observe: &mut dyn FnMut(&Event),
    ) -> io::Result<Stopped> {
        let limit = self.supervisor.time_limit.map(Duration::from_secs_f64);
        let (mut last_sign, mut last_progress, mut asked) = (Duration::ZERO, None, None);
        let mut last = None;
        loop {
            let now = self.clock.tick();
            // All that has arrived is heard before any deadline is judged: this process may have been paused.
            loop {
                match messages.try_recv() {
                    Ok(message) => {
                        last_sign = now;
                        last = self.hear(message, observe).or(last);
                    }
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return Ok(Stopped::Exited(last)),
                }
            }
            if last.is_none() {
                if limit.is_some_and(|limit| self.clock.tick() >= limit) {
                    return Ok(Stopped::TimedOut);
                }
                if now.saturating_sub(last_sign) >= self.supervisor.stall {
                    return Ok(Stopped::Stalled(self.step));
                }
            }
            if asked.is_none() && self.supervisor.stop.is_set() {
                asked = Some(now);
                // A child that is gone already needs no asking.
                let _ = writeln!(input, "{STOP}");
            }
            if asked.is_some_and(|asked| now.saturating_sub(asked) >= RESPITE) {
                return Ok(Stopped::Overdue);
            }
            if !lease.beat() {
                return Ok(Stopped::Lost);
            }
            self.memory.look();
            if last_progress.is_none_or(|last| now.saturating_sub(last) >= PROGRESS_INTERVAL) {
                last_progress = Some(now);
                progress_file::write(&self.job.folder, self.step, now.as_secs_f64());
            }
            match messages.recv_timeout(Duration::from_millis(50)) {
                Ok(message) => {
                    last_sign = self.clock.tick();
                    last = self.hear(message, observe).or(last);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(Stopped::Exited(last)),
            }
        }
    }

    /// Takes a message in, and gives it back if it is the last one.
    fn hear(&mut self, message: Message, observe: &mut dyn FnMut(&Event)) -> Option<Message> {
        match message {
            Message::Began(resumption) => {
                self.clock
                    .add(Duration::try_from_secs_f64(resumption.seconds).unwrap_or_default());
                self.step = resumption.step;
                for skipped in &resumption.skipped {
                    self.record
                        .log
                        .push_str(&format!("a checkpoint was skipped: {skipped}\n"));
                }
                self.measurements = resumption.measurements;
                let own = self.record.provenance.machine.clone();
                let others = resumption.machines.into_iter();
                self.record.provenance.earlier_machines = others
                    .filter(|machine| Some(machine) != own.as_ref())
                    .collect();
                observe(&Event::Began {
                    step: resumption.step,
                    skipped: resumption.skipped,
                });
                None
            }
            Message::Event(event) => {
                observe(&event);
                self.keep(event);
                None
            }
            Message::Rehearsed => None,
            last => Some(last),
        }
    }

    /// Adds an event to the record.
    fn keep(&mut self, event: Event) {
        match event {
            Event::Began { .. } => {}
            Event::Step(step) => self.step = step,
            Event::Measurement(measurement) => self.measurements.add(measurement),
            Event::Learned(files) => self.record.policy = Some(files),
        }
    }
}

/// Ends a child, if it has not ended by itself.
fn end(child: &mut Child) -> io::Result<()> {
    let _ = child.kill();
    child.wait().map(|_| ())
}

fn send(input: &mut ChildStdin, job: &WorkerJob) -> io::Result<()> {
    writeln!(input, "{}", serde_json::to_string(job)?)
}

type Pipes = (Receiver<Message>, thread::JoinHandle<String>);

/// Listens to the messages and the standard error of a child.
fn listen(child: &mut Child) -> io::Result<Pipes> {
    let missing = || io::Error::other("the child process has no pipes");
    let messages = receive(child.stdout.take().ok_or_else(missing)?);
    let log = collect_log(child.stderr.take().ok_or_else(missing)?);
    Ok((messages, log))
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
fn crashed(status: ExitStatus, log: &str, memory: Option<&MemoryWatch>) -> Outcome {
    let how = match status.signal() {
        Some(signal) => format!("killed by signal {signal}"),
        None => format!("ended with {status}"),
    };
    const KILL: i32 = 9;
    let memory = memory
        .filter(|_| status.signal() == Some(KILL))
        .map(MemoryWatch::in_words);
    let memory = memory.unwrap_or_default();
    Outcome::because(Status::Crashed, format!("{how}{memory}{}", last_words(log)))
}

/// The last line of a log that says something, to be put at the end of a sentence.
fn last_words(log: &str) -> String {
    // A backtrace, and the advice on how to get one, follow the message of a panic but do not explain it.
    let is_message = |line: &&str| {
        let introductions = ["note: ", "stack backtrace:"];
        let is_frame = line.starts_with(char::is_whitespace);
        !(line.is_empty() || is_frame || introductions.iter().any(|words| line.starts_with(words)))
    };
    let last = log.lines().rev().find(is_message);
    last.map_or_else(String::new, |line| {
        format!("; its last words: {}", line.trim())
    })
}

/// The messages in the output of a child.
fn receive(output: impl Read + Send + 'static) -> Receiver<Message> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output
            .read_until(b'\n', &mut line)
            .is_ok_and(|length| length > 0)
        {
            // What was printed before the child took its channel over is not a message.
            if let Ok(message) = serde_json::from_slice(&line)
                && sender.send(message).is_err()
            {
                break;
            }
            line.clear();
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
        let outcome = crashed(ExitStatus::from_raw(6), log, None);
        let reason = outcome.reason.unwrap();
        assert_eq!(
            reason,
            "killed by signal 6; its last words: memory allocation of 8 bytes failed"
        );
    }
}
