//! Replays trajectories that `golden/environments/make.py` recorded with Gymnasium. Every file is a test, and a task
//! without a file fails. Nothing is replayed where the C library computes without fused multiply-adds: Gymnasium's numbers
//! differ from the recorded ones there as well, from the last bits on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use serde_json::{Map, Value};
use spikebench::api::numpy::Generator;
use spikebench::api::{ActionSpace, Component, Environment, EnvironmentSettings, Kind, Spec};
use spikebench::registry::Registry;
use spikebench::run::record::Machine;
use spikebench_plugins as _;

/// Number of rows that share a hash.
const BLOCK: usize = 10;

fn main() -> ExitCode {
    let lacks_fused = Machine::here().lacks_fused_libm();
    if lacks_fused {
        eprintln!(
            "the C library computes without fused multiply-adds here (a processor without FMA, or GLIBC_TUNABLES); the \
             trajectories were recorded with them and are not replayed"
        );
    }
    let every_task = Trial::test("every_task_is_compared_with_gymnasium", every_task);
    let replays = files().into_iter().map(|path| {
        let task = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .replace('-', "_");
        let name = format!("{task}_moves_as_in_gymnasium_to_the_last_bit");
        Trial::test(name, move || replay(&path)).with_ignored_flag(lacks_fused)
    });
    let trials = replays.chain([every_task]).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The files of the tasks that are built in.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/environments");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .filter(|path| cfg!(feature = "mujoco") || Golden::read(path).about.is_classic_control())
        .collect();
    files.sort();
    files
}

/// Checks that every task of Gymnasium has a file, except for Pusher-v4, which is refused as in Gymnasium.
fn every_task() -> Result<(), Failed> {
    let held: Vec<_> = files()
        .iter()
        .map(|path| Golden::read(path).about.environment)
        .collect();
    let tasks = include_str!("golden/environments/tasks.txt");
    let is_of_gymnasium = |name: &str| tasks.lines().any(|task| task == name);
    let registry = Registry::linked()?;
    let ours = registry.of(Kind::Environment);
    for entry in ours.filter(|entry| is_of_gymnasium(entry.name)) {
        let settings = settings(&registry, entry.name, &Map::new())?;
        if entry.name == "Pusher-v4" {
            let refusal = settings
                .open()
                .expect_err("needs another MuJoCo")
                .to_string();
            assert!(refusal.contains("take Pusher-v5"), "{refusal}");
        } else {
            assert!(
                held.iter().any(|name| name == entry.name),
                "{} has no file",
                entry.name
            );
        }
    }
    Ok(())
}

fn settings(
    registry: &Registry,
    name: &str,
    parameters: &Map<String, Value>,
) -> Result<Box<dyn EnvironmentSettings>, Failed> {
    let component = Component {
        name: name.to_owned(),
        parameters: parameters.clone(),
    };
    Ok(registry.environment(&component)?.0)
}

/// Repeats the runs of a file and compares every bit of their results; `-0` differs from `0`.
fn replay(path: &Path) -> Result<(), Failed> {
    let Golden { about, runs } = Golden::read(path);
    let registry = Registry::linked()?;
    for run in runs {
        let mut parameters = about.ours.clone();
        parameters.extend(run.parameters.clone());
        let settings = settings(&registry, &about.environment, &parameters)?;
        let spec = Spec {
            observation: run.observation,
            action: about.action.space(),
            max_episode_steps: about.max_episode_steps,
        };
        assert_eq!(settings.spec(), spec);

        let (rows, ended) = run.rows(&mut *settings.open()?, &spec.action);
        let place = |block: usize| {
            format!(
                "a run from seed {} with {parameters:?}, block {block}",
                run.seed
            )
        };
        assert_eq!(rows.len().div_ceil(BLOCK), run.blocks.len());
        for (block, (rows, expected)) in rows.chunks(BLOCK).zip(&run.blocks).enumerate() {
            let found = hash(rows);
            assert!(&found == expected, "{}: {rows:?}", place(block));
        }
        assert_eq!(rows.last(), Some(&run.last));
        assert_eq!(ended, run.ended);
    }
    Ok(())
}

/// The first 16 digits of a hash of all numbers.
fn hash(rows: &[Vec<f64>]) -> String {
    let mut hasher = blake3::Hasher::new();
    for value in rows.iter().flatten() {
        hasher.update(&value.to_le_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// The recorded runs of one task.
#[derive(Deserialize)]
struct Golden {
    about: About,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct About {
    environment: String,
    action: Action,
    max_episode_steps: u64,
    /// Parameters that Gymnasium's task does not have.
    #[serde(default)]
    ours: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Action {
    Choices(usize),
    Bounds(Vec<(f32, f32)>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    parameters: Map<String, Value>,
    seed: u64,
    steps: usize,
    between_resets: Option<usize>,
    #[serde(default = "one")]
    hold: usize,
    observation: usize,
    ended: usize,
    last: Vec<f64>,
    blocks: Vec<String>,
}

fn one() -> usize {
    1
}

impl Golden {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("a readable file");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

impl About {
    fn is_classic_control(&self) -> bool {
        !self.environment.ends_with("-v4") && !self.environment.ends_with("-v5")
    }
}

impl Action {
    fn space(&self) -> ActionSpace {
        match self {
            Self::Choices(choices) => ActionSpace::Discrete(*choices),
            Self::Bounds(bounds) => ActionSpace::Box(bounds.clone()),
        }
    }
}

impl Run {
    /// The numbers of every reset and step, and the number of steps that terminated.
    fn rows(
        &self,
        environment: &mut dyn Environment,
        space: &ActionSpace,
    ) -> (Vec<Vec<f64>>, usize) {
        let mut generator = Generator::new(self.seed);
        let mut action = Vec::new();
        let mut rows = vec![environment.reset(Some(self.seed))];
        let mut ended = 0;
        for step in 0..self.steps {
            if step > 0
                && self
                    .between_resets
                    .is_some_and(|between| step % between == 0)
            {
                rows.push(environment.reset(None));
            }
            if step % self.hold == 0 {
                action = draw(&mut generator, space, step / self.hold + 1);
            }
            let seen = environment.step(&action);
            ended += usize::from(seen.terminated);
            let mut row: Vec<f64> = action.iter().map(|value| f64::from(*value)).collect();
            row.extend(seen.observation);
            row.extend([seen.reward, f64::from(u8::from(seen.terminated))]);
            rows.push(row);
        }
        (rows, ended)
    }
}

/// A uniformly random action, of which every seventh is 1.3 times as large and may exceed the bounds.
fn draw(generator: &mut Generator, space: &ActionSpace, number: usize) -> Vec<f32> {
    match space {
        ActionSpace::Discrete(choices) => {
            vec![generator.uniform(0.0, *choices as f64).floor() as f32]
        }
        ActionSpace::Box(bounds) => {
            let factor = if number.is_multiple_of(7) { 1.3 } else { 1.0 };
            let mut within = |&(low, high): &(f32, f32)| {
                generator.uniform(f64::from(low), f64::from(high)) as f32 * factor
            };
            bounds.iter().map(&mut within).collect()
        }
    }
}
