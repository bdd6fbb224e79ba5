//! The training of one cell by a child process, followed to its end.

use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use crate::run::measurements::Measurements;
use crate::run::process::awake_clock::AwakeClock;
use crate::run::process::child_output::{crashed, last_words, listen};
use crate::run::process::memory_watch::MemoryWatch;
use crate::run::process::message::{Message, STOP, TrainingJob, WorkerJob};
use crate::run::process::progress_file;
use crate::run::process::stop::Stop;
use crate::run::record::{Lease, Outcome, Record, Status};
use crate::run::signals;
use crate::run::train::Event;

/// How long a child that was asked to stop may take to write its checkpoint.
const RESPITE: Duration = Duration::from_secs(300);

/// How often the progress of a cell is written down.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

/// How the child of a cell stopped, as far as this can be told before its exit status is known.
enum Stopped {
    Exited(Option<Message>),
    TimedOut,
    Stalled(u64),
    Overdue,
    Lost,
}

/// When a cell is stopped.
#[derive(Debug, Clone, Copy)]
pub struct Limits<'a> {
    /// Seconds after which it is stopped.
    pub time: Option<f64>,
    /// How long it may go without a step before it counts as hanging.
    pub stall: Duration,
    /// When all cells are to stop.
    pub stop: Stop<'a>,
}

/// A cell that is being trained by a child process.
pub struct FollowedRun<'a> {
    limits: Limits<'a>,
    record: Record,
    measurements: Measurements,
    clock: AwakeClock,
    memory: MemoryWatch,
    step: u64,
    job: TrainingJob,
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

impl<'a> FollowedRun<'a> {
    /// Begins to follow the child process `pid`, which will fill `record` by doing `job`.
    pub fn new(limits: Limits<'a>, record: Record, pid: u32, job: TrainingJob) -> Self {
        Self {
            limits,
            record,
            measurements: Measurements::default(),
            clock: AwakeClock::at(Duration::ZERO),
            memory: MemoryWatch::of(pid),
            step: 0,
            job,
        }
    }

    /// Listens to the child until it ends or its time is over, and fills in the record.
    pub fn follow(
        mut self,
        child: &mut Child,
        mut input: ChildStdin,
        lease: &mut Lease,
        observe: &mut dyn FnMut(&Event),
    ) -> io::Result<Ended> {
        let (messages, log) = listen(child)?;
        // A child that died before it read its job shows up as crashed below.
        let _ = WorkerJob::Train(Box::new(self.job.clone())).write_to(&mut input);
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
                return Ok(Ended::Interrupted);
            }
            Stopped::Exited(Some(Message::Refused(reason))) => {
                return Ok(Ended::Refused(reason));
            }
            // A signal that asks for a stop can reach a child before it is ready to write a checkpoint.
            Stopped::Exited(_) if status.signal().is_some_and(signals::is_stop) => {
                return Ok(Ended::Interrupted);
            }
            Stopped::Exited(_) => crashed(status, &self.record.log, Some(&self.memory)),
            Stopped::Lost => return Ok(Ended::Lost),
            Stopped::TimedOut => {
                let limit = self.limits.time.unwrap_or_default();
                timed_out(format!("stopped after {limit} s"))
            }
            Stopped::Stalled(step) => timed_out(format!(
                "stopped because nothing happened for {} min after step {step}{}",
                self.limits.stall.as_secs_f64() / 60.0,
                last_words(&self.record.log)
            )),
        };
        if let Some(lack) = self.record.lacks_evaluations() {
            self.record.outcome =
                Outcome::because(Status::Failed, format!("measurements were lost: {lack}"));
        }
        self.record.wall_seconds = self.clock.tick().as_secs_f64();
        Ok(Ended::Recorded(Box::new(self.record)))
    }

    fn listen(
        &mut self,
        messages: &Receiver<Message>,
        input: &mut ChildStdin,
        lease: &mut Lease,
        observe: &mut dyn FnMut(&Event),
    ) -> io::Result<Stopped> {
        let limit = self.limits.time.map(Duration::from_secs_f64);
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
                if now.saturating_sub(last_sign) >= self.limits.stall {
                    return Ok(Stopped::Stalled(self.step));
                }
            }
            if asked.is_none() && self.limits.stop.is_set() {
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
                let plugins = &mut self.record.provenance.plugins;
                let former = resumption.plugins.into_iter();
                let former = former.filter(|plugin| !plugins.contains(plugin));
                let former: Vec<_> = former.collect();
                plugins.extend(former);
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
            Event::Began { .. } | Event::Refused(_) => {}
            Event::Step(step) => self.step = step,
            Event::Measurement(measurement) => self.measurements.add(measurement),
            Event::Learned(files) => self.record.policy = Some(files),
        }
    }
}
