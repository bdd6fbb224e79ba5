//! `spikebench rollout`: one environment, step by step, as a table and as a picture.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use tch::Device;

use crate::api::numpy::Generator;
use crate::api::{Component, EnvironmentSettings, Kind, Streams};
use crate::registry::Registry;
use crate::run::film::{Film, FilmError};
use crate::run::policy::{Pilot, STATISTICS, WEIGHTS};
use crate::run::rollout::{Hand, Rollout, first_row, header, next_row, read_actions};

use super::evaluate::{actor, component, of_fault};
use super::{Failure, exit, tell};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The environment: a name, or YAML with parameters: '{Ant-v5: {reward: v3}}'
    #[arg(value_name = "ENVIRONMENT")]
    environment: String,
    /// Of the reset, and of random actions
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Actions: a row for each step, a column for each dimension (or the index of a choice), no header. Without these
    /// and without a policy, actions are uniformly random: NumPy's default_rng(SEED).uniform(low, high) for each step,
    /// as single precision, or floor(uniform(0, n))
    #[arg(long, value_name = "FILE.csv", conflicts_with = "policy")]
    actions: Option<PathBuf>,
    /// Actions are those of the policy that a run has left in this folder
    #[arg(long, value_name = "DIR")]
    policy: Option<PathBuf>,
    /// How many steps; default: one for each given action, else the environment's time limit
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// The table: step,obs_0,…,reward,terminated,truncated, with 17 significant digits; default: standard output.
    /// Row 0 is the reset
    #[arg(long, value_name = "FILE.csv")]
    out: Option<PathBuf>,
    /// Stop where the task ends or its time limit is reached; else stepping goes on
    #[arg(long)]
    stop: bool,
    /// Draw it, without a display: a film in real time as .gif, or its last state as .png
    #[arg(long, value_name = "FILE.gif|png")]
    render: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let broken = |error| Failure::new(exit::BAD_DATA, error);
    let written = &arguments.environment;
    let environment = component(registry, Kind::Environment, "ENVIRONMENT", written)?;
    let settings = registry.environment(&environment).map_err(of_fault)?.0;
    let spec = settings.spec();
    let hand = hand(arguments, registry, settings.as_ref())?;
    let given = match &hand {
        Hand::Given(actions) => Some(actions.len()),
        _ => None,
    };
    let steps = match (arguments.steps, given) {
        (Some(steps), Some(given)) if steps > given => {
            return Err(Failure::new(
                exit::USAGE,
                format!("--steps: {steps} is more than the {given} given actions"),
            ));
        }
        (Some(steps), _) | (None, Some(steps)) => steps,
        (None, None) => spec.max_episode_steps as usize,
    };

    let opened = settings.open().map_err(broken)?;
    let mut rollout = Rollout::begin(opened, spec.clone(), hand, arguments.seed);
    let mut film = match &arguments.render {
        Some(path) => Some(Film::begin(path, rollout.environment(), &environment.name)?),
        None => None,
    };
    let mut table = Table::create(arguments.out.as_deref())?;
    table.write(&header(spec.observation))?;
    table.write(&first_row(rollout.observation()))?;
    for number in 1..=steps {
        let moved = rollout.go_on();
        table.write(&next_row(number, &moved))?;
        if let Some(film) = &mut film {
            film.show(rollout.environment())?;
        }
        if arguments.stop && (moved.step.terminated || moved.truncated) {
            break;
        }
    }
    table.finish()?;
    if let Some(film) = film {
        film.end(rollout.environment())?;
    }
    let resets = rollout
        .environment()
        .simulator()
        .map_or(0, |one| one.auto_resets());
    if resets > 0 {
        tell(format_args!(
            "note: the simulator threw an unstable state away and began anew in {resets} of its steps; what the table \
             shows from there on is not the task"
        ));
    }
    Ok(0)
}

fn hand(
    arguments: &Arguments,
    registry: &Registry,
    settings: &dyn EnvironmentSettings,
) -> Result<Hand, Failure> {
    let spec = settings.spec();
    if let Some(path) = &arguments.actions {
        let text = read(path)?;
        let actions = read_actions(&text, &spec.action)
            .map_err(|bad| Failure::new(exit::BAD_DATA, format!("{}: {bad}", path.display())))?;
        return Ok(Hand::Given(actions));
    }
    let Some(folder) = &arguments.policy else {
        return Ok(Hand::Random(Generator::new(arguments.seed)));
    };
    let actor = actor(registry, &trained(folder)?, &spec)?;
    let [weights, statistics] = [WEIGHTS, STATISTICS].map(|name| folder.join(name));
    let pilot = Pilot::read(actor, spec, &weights, Some(&statistics))?;
    // The same draws as in an episode of `evaluate` with this seed.
    let noise = Streams::new(&[arguments.seed], "encoder in evaluation", Device::Cpu);
    Ok(Hand::Policy(Box::new(pilot), noise.in_evaluation()))
}

/// The actor of the run in `folder`.
pub(super) fn trained(folder: &Path) -> Result<Component, Failure> {
    let path = folder.join("record.json");
    let record: serde_json::Value = serde_json::from_str(&read(&path)?)
        .map_err(|error| Failure::new(exit::BAD_DATA, format!("{}: {error}", path.display())))?;
    serde_json::from_value(record["cell"]["actor"].clone()).map_err(|error| {
        let place = format!("{}: cell.actor: {error}", path.display());
        Failure::new(exit::BAD_DATA, place)
    })
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| {
        Failure::new(
            exit::IO,
            format!("failed to read {}: {error}", path.display()),
        )
    })
}

/// Where the rows go.
struct Table {
    writer: BufWriter<Box<dyn Write>>,
    name: String,
    /// A reader of standard output that has seen enough is no error.
    is_done: bool,
}

impl Table {
    fn create(path: Option<&Path>) -> Result<Self, Failure> {
        let name = path.map_or("standard output".to_owned(), |path| {
            path.display().to_string()
        });
        let inner: Box<dyn Write> = match path {
            None => Box::new(io::stdout()),
            Some(path) => Box::new(File::create(path).map_err(|error| unwritable(&name, &error))?),
        };
        Ok(Self {
            writer: BufWriter::new(inner),
            name,
            is_done: false,
        })
    }

    fn write(&mut self, line: &str) -> Result<(), Failure> {
        let result = if self.is_done {
            Ok(())
        } else {
            self.writer.write_all(line.as_bytes())
        };
        self.taken(result)
    }

    fn finish(mut self) -> Result<(), Failure> {
        let result = if self.is_done {
            Ok(())
        } else {
            self.writer.flush()
        };
        self.taken(result)
    }

    fn taken(&mut self, result: io::Result<()>) -> Result<(), Failure> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.is_done = true,
            Err(error) => return Err(unwritable(&self.name, &error)),
            Ok(()) => {}
        }
        Ok(())
    }
}

fn unwritable(name: &str, error: &io::Error) -> Failure {
    Failure::new(exit::IO, format!("failed to write {name}: {error}"))
}

impl From<FilmError> for Failure {
    fn from(error: FilmError) -> Self {
        let code = match error {
            FilmError::Name { .. } => exit::USAGE,
            FilmError::NothingToSee { .. } | FilmError::Blind(_) => exit::BAD_DATA,
            FilmError::Io { .. } => exit::IO,
        };
        Self::new(code, error)
    }
}
