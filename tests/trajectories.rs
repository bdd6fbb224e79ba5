//! Replays trajectories that Gymnasium recorded: see `golden/environments/make.py`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use spikebench::api::{ActionSpace, Component, Environment, EnvironmentSettings, Spec, Step};
use spikebench::registry::Registry;
use spikebench_plugins as _;

fn settings(name: &str, parameters: &Map<String, Value>) -> Box<dyn EnvironmentSettings> {
    let registry = Registry::linked().expect("every name is registered once");
    let mut component = Component::named(name);
    component.parameters = parameters.clone();
    let (settings, _) = registry
        .environment(&component)
        .expect("known, with valid parameters");
    settings
}

#[test]
#[cfg(feature = "mujoco")]
fn hopper_moves_as_in_gymnasium_to_the_last_bit() {
    replay("hopper");
    replay("hopper-wide-seed");
}

#[test]
#[cfg(feature = "mujoco")]
fn a_reset_without_a_seed_continues_the_generator_of_hopper() {
    replay("hopper-resets");
}

#[test]
#[cfg(feature = "mujoco")]
fn every_parameter_of_hopper_means_what_it_means_in_gymnasium() {
    replay("hopper-parameters");
}

#[test]
#[cfg(feature = "mujoco")]
fn the_inverted_pendulum_moves_as_in_gymnasium_to_the_last_bit() {
    replay("inverted-pendulum");
    replay("inverted-pendulum-wide-seed");
}

#[test]
#[cfg(feature = "mujoco")]
fn a_reset_without_a_seed_continues_the_generator_of_the_inverted_pendulum() {
    replay("inverted-pendulum-resets");
}

#[test]
fn the_pendulum_moves_as_in_gymnasium_to_the_last_bit() {
    replay("pendulum");
    replay("pendulum-wide-seed");
}

#[test]
fn a_reset_without_a_seed_continues_the_generator_of_the_pendulum() {
    replay("pendulum-resets");
}

/// Opens the environment that a file is of, and replays the file.
fn replay(file: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/environments")
        .join(file)
        .with_extension("csv");
    let golden = Golden::read(&path);
    let settings = settings(&golden.name, &golden.parameters);
    assert_eq!(settings.spec(), golden.spec, "{file}");
    let mut environment = settings.open().unwrap_or_else(|broken| panic!("{broken}"));
    follow(&mut *environment, &golden.rows, file);
}

/// Does what the rows say and compares the bits of every number. `-0` differs from `0`.
fn follow(environment: &mut dyn Environment, rows: &[Row], file: &str) {
    for (index, row) in rows.iter().enumerate() {
        // Two lines precede the rows, and lines count from one.
        let line = index + 3;
        match row {
            Row::Reset { seed, observation } => {
                let found = environment.reset(*seed);
                assert_eq!(
                    bits(&found),
                    bits(observation),
                    "reset of {file}.csv:{line}: {found:?}"
                );
            }
            Row::Step { action, expected } => {
                let found = environment.step(action);
                assert!(
                    bits(&found.observation) == bits(&expected.observation)
                        && found.reward.to_bits() == expected.reward.to_bits()
                        && found.terminated == expected.terminated,
                    "step of {file}.csv:{line}: {found:?} is not {expected:?}",
                );
            }
        }
    }
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// A recorded trajectory.
struct Golden {
    name: String,
    parameters: Map<String, Value>,
    spec: Spec,
    rows: Vec<Row>,
}

enum Row {
    Reset {
        seed: Option<u64>,
        observation: Vec<f64>,
    },
    Step {
        action: Vec<f32>,
        expected: Step,
    },
}

impl Golden {
    fn read(path: &Path) -> Self {
        let text =
            fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut lines = text.lines();
        let about = lines
            .next()
            .and_then(|line| line.strip_prefix('#'))
            .expect("a first line of JSON");
        let about: Value = serde_json::from_str(about).expect("valid JSON");
        let columns = lines.next().expect("a line of column names");
        let action: Vec<_> =
            serde_json::from_value(about["action"].clone()).expect("pairs of bounds");
        Self {
            name: about["environment"].as_str().expect("a name").to_owned(),
            parameters: about["parameters"].as_object().expect("a map").clone(),
            rows: lines.map(|line| Row::read(line, action.len())).collect(),
            spec: Spec {
                observation: columns.matches("observation_").count(),
                action: ActionSpace::Box(action),
                max_episode_steps: about["max_episode_steps"].as_u64().expect("a number"),
            },
        }
    }
}

impl Row {
    fn read(line: &str, actions: usize) -> Self {
        let cells: Vec<&str> = line.split(',').collect();
        let [reset, numbers @ .., reward, terminated] = cells.as_slice() else {
            panic!("too few columns: {line}")
        };
        let (action, observation) = numbers.split_at(actions);
        let observation = observation
            .iter()
            .map(|cell| cell.parse().expect("a number"))
            .collect();
        match *reset {
            "" => Self::Step {
                action: action
                    .iter()
                    .map(|cell| cell.parse().expect("a number"))
                    .collect(),
                expected: Step {
                    observation,
                    reward: reward.parse().expect("a number"),
                    terminated: *terminated == "1",
                },
            },
            "continue" => Self::Reset {
                seed: None,
                observation,
            },
            seed => Self::Reset {
                seed: Some(seed.parse().expect("a seed")),
                observation,
            },
        }
    }
}
