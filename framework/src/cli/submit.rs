//! `spikebench submit`: asks the engine of a cluster for workers on a suite.

use std::env;
use std::io::{IsTerminal, Write, stderr, stdin};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::analysis::quoted;
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::{show, tell};
use crate::cli::suite::{DEFAULT_RESULTS, SuiteArguments};
use crate::registry::Registry;
use crate::registry::plugin::Plugin;
use crate::report::status::core_time;
use crate::run::cluster::{
    Engine, EngineError, Profile, ProfileError, Request, Slurm, Submission, WallTimeLimit,
    profiles_file, workers,
};
use crate::run::record::Store;
use crate::suite::estimate::Estimate;
use crate::suite::plan::Plan;

/// The engines.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum To {
    /// Slurm, by sbatch
    Slurm,
}

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    suite: SuiteArguments,
    /// The folder that the records go to, which all machines of the cluster have to see
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    results: PathBuf,
    /// The engine of the cluster
    #[arg(long, value_name = "ENGINE")]
    to: To,
    /// How many workers there are to be, counting those that wait or run already [default: one for each cell that is left, at most 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    workers: Option<u32>,
    /// The time that a worker may take; it stops with checkpoints before, and is started again [default: as the cluster has it]
    #[arg(long, value_name = "[D-]HH:MM:SS")]
    time: Option<WallTimeLimit>,
    /// Cores for each worker, which trains as many cells at a time [default: 1]
    #[arg(long, value_name = "C", value_parser = clap::value_parser!(u32).range(1..))]
    cores: Option<u32>,
    /// GPUs for each worker, which then trains on one [default: 0]
    #[arg(long, value_name = "G")]
    gpus: Option<u32>,
    /// The partition of the cluster
    #[arg(long, value_name = "P")]
    partition: Option<String>,
    /// The account that pays
    #[arg(long, value_name = "A")]
    account: Option<String>,
    /// At most this many workers run at a time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    throttle: Option<u32>,
    /// The settings of this name in the file cluster.yaml of ~/.config/spikebench [default: default]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Only show what would be submitted
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before submitting
    #[arg(long)]
    yes: bool,
    /// More arguments for sbatch
    #[arg(last = true, value_name = "SBATCH ARGS")]
    more: Vec<String>,
}

/// The number of workers unless another one is given.
const USUAL_WORKERS: u32 = 16;

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let To::Slurm = arguments.to;
    let engine = Slurm;
    let suite = arguments.suite.read(registry, &arguments.results)?;
    let plan = Plan::of(&suite, registry)?;
    // A worker starts in a folder of its own.
    let results = absolute(&arguments.results)?;
    let store = Store::new(&results, &suite.name);
    let left: Vec<_> = plan
        .cells
        .iter()
        .filter(|cell| !store.has(&cell.id))
        .collect();
    if left.is_empty() {
        return show("every cell has a record; there is nothing to submit\n");
    }
    let request = arguments.request(left.len())?;
    let mut seconds = 0.0;
    for cell in &left {
        seconds += Estimate::of_cell(cell, registry)?.core_seconds;
    }
    store.create()?;
    let _turn = Submission::turn(&store)?;
    let alive = match engine.alive() {
        Ok(tasks) => {
            let known = workers(&Submission::all(&store)?, &tasks);
            known.iter().map(|of| of.alive.len()).sum::<usize>() as u32
        }
        // To see what would be submitted, no cluster is needed.
        Err(EngineError::Absent { .. }) if arguments.dry_run => 0,
        Err(error) => return Err(error.into()),
    };
    let Some(wanted) = request.workers.checked_sub(alive).filter(|&more| more > 0) else {
        return show(&format!(
            "{alive} workers wait or run already; --workers with a larger number adds some\n"
        ));
    };
    let request = Request {
        workers: wanted,
        ..request
    };
    let worker = arguments.worker(&results, &request, registry.plugins())?;
    let named = (suite.name.as_str(), arguments.suite.file.as_path());
    let mut submission = Submission::create(&store, named, Slurm::NAME, worker, request)?;
    let script = engine.script(&submission);
    let path = submission.write_script(&script)?;
    let command = engine.command(&submission, &path);
    let words = quoted(command.iter().map(String::as_str));
    let cells = left.len();
    let time = core_time(seconds);
    show(&format!(
        "{script}\n{words}\n\n{wanted} workers for {cells} cells, about {time} by the estimate of plan\n"
    ))?;
    let confirmed = match arguments.dry_run {
        true => Ok(false),
        false => is_confirmed(arguments.yes),
    };
    if !matches!(confirmed, Ok(true)) {
        submission.withdraw()?;
        return confirmed.map(|_| exit::DONE);
    }
    match engine.submit(&submission, &path) {
        Ok(job) => {
            show(&format!("submitted as job {job}\n"))?;
            submission.submitted(job)?;
            Ok(exit::DONE)
        }
        Err(error) => {
            submission.withdraw()?;
            Err(error.into())
        }
    }
}

impl Arguments {
    /// What the options ask for, and where they do not, the profile.
    fn request(&self, cells: usize) -> Result<Request, Failure> {
        let profile = match profiles_file() {
            Some(file) => Profile::read(&file, self.profile.as_deref())?,
            None => Profile::default(),
        };
        let cells = u32::try_from(cells).unwrap_or(u32::MAX);
        let usual = || cells.min(USUAL_WORKERS);
        let arguments = profile.arguments.iter().chain(&self.more).cloned();
        Ok(Request {
            workers: self.workers.or(profile.workers).unwrap_or_else(usual),
            time: self.time.or(profile.time),
            cores: self.cores.or(profile.cores).unwrap_or(1),
            gpus: self.gpus.or(profile.gpus).unwrap_or(0),
            partition: self.partition.clone().or(profile.partition),
            account: self.account.clone().or(profile.account),
            throttle: self.throttle.or(profile.throttle),
            arguments: arguments.collect(),
            setup: profile.setup,
        })
    }

    /// The command of a worker, but for the suite that it trains.
    fn worker(
        &self,
        results: &Path,
        request: &Request,
        plugins: &[Plugin],
    ) -> Result<Vec<String>, Failure> {
        let program = env::current_exe()?;
        let mut words = vec![program.display().to_string(), "work".to_owned()];
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        option("--results", results.display().to_string());
        option("--jobs", request.cores.to_string());
        option("--max-cells", self.suite.max_cells().to_string());
        if request.gpus > 0 {
            option("--device", "cuda".to_owned());
        }
        // A library that has changed until a worker begins would give other results.
        words.extend(plugins.iter().flat_map(Plugin::pinned));
        Ok(words)
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::new(exit::IO, error))
}

/// Whether the user wants it.
fn is_confirmed(yes: bool) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    if !stdin().is_terminal() {
        let message = "nobody can be asked here: give --yes to submit, or --dry-run to look";
        return Err(Failure::new(exit::USAGE, message));
    }
    let mut answer = String::new();
    let _ = write!(stderr(), "submit? [y/N] ");
    stdin().read_line(&mut answer)?;
    let yes = matches!(answer.trim(), "y" | "Y" | "yes");
    if !yes {
        tell("nothing was submitted");
    }
    Ok(yes)
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let code = match error {
            EngineError::TooMany { .. } => exit::USAGE,
            EngineError::Absent { .. } | EngineError::Refused { .. } => exit::UNAVAILABLE,
        };
        Self::new(code, error)
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        let code = match error {
            ProfileError::Unreadable { .. } => exit::IO,
            ProfileError::Invalid { .. } => exit::BAD_DATA,
            ProfileError::Unknown { .. } => exit::USAGE,
        };
        Self::new(code, error)
    }
}
