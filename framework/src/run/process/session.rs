//! What a worker does while it trains: it reports, writes down measurements, and saves checkpoints.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::api::Stateful;
use crate::run::checkpoint::Attempt;
use crate::run::process::channel::Channel;
use crate::run::process::message::{Message, TrainingJob};
use crate::run::train::{Event, Follower, Interruption};

/// How often a worker reports the number of steps that it has done.
const STEP_INTERVAL: Duration = Duration::from_millis(250);

/// Seconds to wait before a write that failed is tried again. Disks that were full have room again, and file servers return.
const PATIENCE: [u64; 3] = [1, 4, 15];

/// Follows the training of one cell.
pub struct Session<'a> {
    job: &'a TrainingJob,
    attempt: Attempt,
    channel: &'a Channel,
    stop: &'a AtomicBool,
    /// The time that former attempts took.
    before: Duration,
    begin: Instant,
    last_checkpoint: Instant,
    last_report: Instant,
}

impl<'a> Session<'a> {
    /// Begins to follow a training that has taken the time `before` already.
    pub fn new(
        job: &'a TrainingJob,
        attempt: Attempt,
        channel: &'a Channel,
        stop: &'a AtomicBool,
        before: Duration,
    ) -> Self {
        let now = Instant::now();
        Self {
            job,
            attempt,
            channel,
            stop,
            before,
            begin: now,
            last_checkpoint: now,
            last_report: now,
        }
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Writes again what cannot be written at first, unless the run is being stopped.
    fn persist(
        &mut self,
        mut write: impl FnMut(&mut Attempt) -> io::Result<()>,
    ) -> Result<(), Interruption> {
        for seconds in PATIENCE {
            match write(&mut self.attempt) {
                Ok(()) => return Ok(()),
                Err(error) if self.is_stopped() => return Err(Interruption::Storage(error)),
                Err(error) => {
                    let refused = Event::Refused(error.to_string());
                    self.channel.send(&Message::Event(refused));
                    thread::sleep(Duration::from_secs(seconds));
                }
            }
        }
        write(&mut self.attempt).map_err(Interruption::Storage)
    }

    fn save(&mut self, step: u64, training: &mut dyn Stateful) -> Result<(), Interruption> {
        let seconds = (self.before + self.begin.elapsed()).as_secs_f64();
        self.persist(|attempt| attempt.save(step, seconds, training))?;
        self.last_checkpoint = Instant::now();
        Ok(())
    }
}

impl Follower for Session<'_> {
    fn event(&mut self, event: Event) -> Result<(), Interruption> {
        match &event {
            Event::Step(_) if self.last_report.elapsed() < STEP_INTERVAL => return Ok(()),
            Event::Step(_) => self.last_report = Instant::now(),
            Event::Measurement(measurement) => {
                self.persist(|attempt| attempt.note(measurement.clone()))?;
            }
            Event::Began { .. } | Event::Refused(_) | Event::Learned(_) => {}
        }
        self.channel.send(&Message::Event(event));
        Ok(())
    }

    fn between_steps(
        &mut self,
        step: u64,
        training: &mut dyn Stateful,
    ) -> Result<(), Interruption> {
        if step == self.job.cell.budget.steps {
            return if self.job.keep_last {
                self.save(step, training)
            } else {
                Ok(())
            };
        }
        let is_stopped = self.is_stopped();
        let interval = Duration::from_secs_f64(self.job.checkpoint_every);
        if is_stopped || self.last_checkpoint.elapsed() >= interval {
            self.save(step, training)?;
        }
        if is_stopped {
            return Err(Interruption::Asked);
        }
        Ok(())
    }
}
