//! A rollout: one environment, stepped by one source of actions, as a table.

use std::fmt::Write;

use thiserror::Error;

use crate::api::numpy::Generator;
use crate::api::{ActionSpace, ComponentError, Environment, EnvironmentSettings, Streams};
use crate::run::episode::{EpisodeStep, TimeLimit};
use crate::run::trained_policy::TrainedPolicy;

/// Where the actions of a rollout come from.
#[derive(Debug)]
pub enum ActionSource {
    /// A list with one action for each step.
    Given(Vec<Vec<f32>>),
    /// Uniformly random actions by NumPy's `default_rng`: `uniform(low, high)` for each dimension as single precision, or
    /// `floor(uniform(0, n))` for a choice.
    Random(Generator),
    /// A trained policy, with the random draws of its encoder.
    Policy(Box<TrainedPolicy>, Streams),
}

impl ActionSource {
    /// The action for a step, counted from zero, after an observation. A list of given actions must be long enough.
    pub fn act(&mut self, step: usize, observation: &[f64], space: &ActionSpace) -> Vec<f32> {
        match self {
            Self::Given(actions) => actions[step].clone(),
            Self::Random(generator) => match space {
                ActionSpace::Box(bounds) => bounds
                    .iter()
                    .map(|&(low, high)| generator.uniform(low.into(), high.into()) as f32)
                    .collect(),
                ActionSpace::Discrete(choices) => {
                    vec![generator.uniform(0.0, *choices as f64).floor() as f32]
                }
            },
            Self::Policy(policy, noise) => policy.act(observation, noise),
        }
    }
}

/// A rollout in progress.
#[derive(Debug)]
pub struct Rollout {
    environment: TimeLimit,
    space: ActionSpace,
    actions: ActionSource,
    observation: Vec<f64>,
    steps: usize,
}

impl Rollout {
    /// Begins an episode from a seed. Fails if the environment cannot be opened.
    pub fn begin(
        settings: &dyn EnvironmentSettings,
        actions: ActionSource,
        seed: u64,
    ) -> Result<Self, ComponentError> {
        TimeLimit::check(settings)?;
        let mut environment = TimeLimit::open(settings)?;
        let observation = environment.reset(Some(seed));
        Ok(Self {
            environment,
            space: settings.spec().action,
            actions,
            observation,
            steps: 0,
        })
    }

    /// The latest observation.
    pub fn observation(&self) -> &[f64] {
        &self.observation
    }

    /// The environment.
    pub fn environment(&self) -> &dyn Environment {
        self.environment.environment()
    }

    /// Advances by one step, whether or not the episode has ended.
    pub fn advance(&mut self) -> EpisodeStep {
        let action = self.actions.act(self.steps, &self.observation, &self.space);
        let seen = self.environment.step(&action);
        self.observation.clone_from(&seen.step.observation);
        self.steps += 1;
        seen
    }
}

/// The header of the table.
pub fn header(observation: usize) -> String {
    let mut line = String::from("step");
    for index in 0..observation {
        let _ = write!(line, ",obs_{index}");
    }
    line.push_str(",reward,terminated,truncated\n");
    line
}

/// The row of the reset.
pub fn first_row(observation: &[f64]) -> String {
    let mut line = row(0, observation);
    line.push_str(",,,\n");
    line
}

/// The row of a step, counted from one. The columns `terminated` and `truncated` are 1 or 0.
pub fn next_row(number: usize, seen: &EpisodeStep) -> String {
    let mut line = row(number, &seen.step.observation);
    let [terminated, truncated] = [seen.step.terminated, seen.truncated].map(u8::from);
    let _ = writeln!(line, ",{:.16e},{terminated},{truncated}", seen.step.reward);
    line
}

/// The beginning of a row. Seventeen significant digits are read back as the same bits.
fn row(number: usize, observation: &[f64]) -> String {
    let mut line = number.to_string();
    for value in observation {
        let _ = write!(line, ",{value:.16e}");
    }
    line
}

/// A table of actions is not valid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {message}")]
pub struct ActionTableError {
    /// The line, counted from one.
    pub line: usize,
    /// What is wrong in the line.
    pub message: String,
}

/// The most actions that are kept in memory.
const MOST_ACTIONS: usize = 10_000_000;

/// Reads actions from a table without a header. It has a row for each step, and a column for each dimension or a single
/// one for the index of a choice. Numbers are rounded to single precision.
pub fn read_actions(bytes: &[u8], space: &ActionSpace) -> Result<Vec<Vec<f32>>, ActionTableError> {
    let wrong = |line: usize, message: String| ActionTableError { line, message };
    let text = str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        wrong(line, "is not text in UTF-8".to_owned())
    })?;
    let text = text.trim_end();
    if text.is_empty() {
        return Err(wrong(1, "no action".to_owned()));
    }
    if text.lines().count() > MOST_ACTIONS {
        let message = format!("is one action too many, at most {MOST_ACTIONS} are read");
        return Err(wrong(MOST_ACTIONS + 1, message));
    }
    let numbered = text.lines().enumerate();
    numbered
        .map(|(index, row)| {
            read_action(row, space).map_err(|message| ActionTableError {
                line: index + 1,
                message,
            })
        })
        .collect()
}

fn read_action(row: &str, space: &ActionSpace) -> Result<Vec<f32>, String> {
    let cells: Vec<&str> = row.split(',').map(str::trim).collect();
    let (found, expected) = (cells.len(), space.width());
    if found != expected {
        return Err(format!("{found} values, expected {expected}"));
    }
    cells
        .into_iter()
        .map(|cell| {
            let value: f64 = cell
                .parse()
                .map_err(|_| format!("\"{cell}\" is not a number; the table has no header"))?;
            match space {
                ActionSpace::Discrete(choices)
                    if value.fract() != 0.0 || !(0.0..*choices as f64).contains(&value) =>
                {
                    Err(format!(
                        "{cell} is not one of the {choices} actions, 0 to {}",
                        choices - 1
                    ))
                }
                ActionSpace::Box(_) if !(value as f32).is_finite() => {
                    Err(format!("{cell} is not finite"))
                }
                _ => Ok(value as f32),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Step;

    #[test]
    fn a_number_of_the_table_is_read_back_as_the_same_bits() {
        for value in [0.1 + 0.2, -1.0 / 3.0, f64::MIN_POSITIVE, 1e300, -0.0] {
            let line = row(7, &[value]);
            let read: f64 = line.strip_prefix("7,").unwrap().parse().unwrap();
            assert_eq!(read.to_bits(), value.to_bits(), "{line}");
        }
    }

    #[test]
    fn the_table_has_a_column_for_each_observed_value() {
        assert_eq!(header(2), "step,obs_0,obs_1,reward,terminated,truncated\n");
        let fields = |line: &str| line.trim_end().split(',').count();
        assert_eq!(fields(&first_row(&[1.0, 2.0])), fields(&header(2)));
        let seen = EpisodeStep {
            step: Step {
                observation: vec![1.0, 2.0],
                reward: -0.5,
                terminated: true,
            },
            truncated: false,
        };
        assert!(next_row(1, &seen).ends_with(",-5.0000000000000000e-1,1,0\n"));
        assert_eq!(fields(&next_row(1, &seen)), fields(&header(2)));
    }

    #[test]
    fn an_invalid_action_is_refused_with_its_line() {
        let plane = ActionSpace::Box(vec![(-1.0, 1.0); 2]);
        let three = ActionSpace::Discrete(3);
        for (text, space, line, part) in [
            ("", &plane, 1, "no action"),
            ("0,0\n1\n", &plane, 2, "1 values, expected 2"),
            ("a,b\n0,0\n", &plane, 1, "\"a\" is not a number"),
            ("0,0\n0,NaN\n", &plane, 2, "NaN is not finite"),
            ("0,0\n0,1e300\n", &plane, 2, "1e300 is not finite"),
            ("0\n3\n", &three, 2, "3 is not one of the 3 actions, 0 to 2"),
            ("0.5\n", &three, 1, "0.5 is not one"),
            ("-1\n", &three, 1, "-1 is not one"),
        ] {
            let bad = read_actions(text.as_bytes(), space).unwrap_err();
            assert_eq!(bad.line, line, "{bad}");
            assert!(bad.message.contains(part), "{bad}");
        }
        let read = read_actions(b"0.1,-2\n 3e-1 , 0\n\n", &plane).unwrap();
        assert_eq!(read, [[0.1, -2.0], [0.3, 0.0]]);
    }
}
