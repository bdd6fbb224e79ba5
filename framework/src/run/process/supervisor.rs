//! The parent's side of a run: one child process for each cell, whose record the parent has whatever happens to the child.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use crate::registry::Registry;
use crate::registry::plugin::IMAGE_OPTION;
use crate::run::process::awake_clock::AwakeClock;
use crate::run::process::child_output::{crashed, listen};
pub use crate::run::process::followed_run::Ended;
use crate::run::process::followed_run::{FollowedRun, Limits};
use crate::run::process::message::{Message, TrainingJob, WorkerJob};
use crate::run::process::plugins::plugins_of;
use crate::run::process::stop::Stop;
use crate::run::process::worker::VERB;
use crate::run::record::{Lease, Machine, Outcome, Provenance, Record, Status};
use crate::run::signals;
use crate::run::train::Event;
use crate::suite::plan::Cell;

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

impl Supervisor<'_> {
    /// Makes the components of these cells in a child process, so that one that crashes or takes all memory hurts nobody.
    pub fn rehearse(&self, cells: &[Cell]) -> io::Result<Rehearsal> {
        let (mut child, mut input) = self.spawn()?;
        let _ = WorkerJob::Rehearse(cells.to_vec()).write_to(&mut input);
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
        let limits = Limits {
            time: self.time_limit,
            stall: self.stall,
            stop: self.stop,
        };
        let record = Record::started(cell.clone(), self.provenance(cell));
        let run = FollowedRun::new(limits, record, child.id(), job);
        let ended = run.follow(&mut child, input, lease, observe);
        // However it went, no child is left behind. A child that has ended already is not affected.
        end(&mut child).and(ended)
    }

    fn spawn(&self) -> io::Result<(Child, ChildStdin)> {
        let plugins = self.registry.plugins().iter();
        let images = plugins.flat_map(|plugin| [IMAGE_OPTION.into(), plugin.argument()]);
        let mut child = Command::new(self.program)
            .arg(VERB)
            .args(images)
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
            plugins: plugins_of(cell, self.registry),
        }
    }
}

/// Ends a child, if it has not ended by itself.
fn end(child: &mut Child) -> io::Result<()> {
    let _ = child.kill();
    child.wait().map(|_| ())
}

/// The path of this program. On Linux it still leads to the running program when another one was built in its place.
pub fn this_program() -> io::Result<PathBuf> {
    let own = Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && own.exists() {
        return Ok(own.to_owned());
    }
    std::env::current_exe()
}
