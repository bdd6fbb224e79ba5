//! Episodes: an environment with the time limit of its task, and the one loop that plays episodes to their end.

use crate::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, StateVisitor,
    Stateful, Step,
};

/// An environment whose episodes are truncated after the number of steps that its task allows, as by Gymnasium's
/// `TimeLimit`.
#[derive(Debug)]
pub struct TimeLimit {
    environment: Box<dyn Environment>,
    width: usize,
    limit: u64,
    elapsed: u64,
}

/// One step of an episode.
#[derive(Debug, Clone, PartialEq)]
pub struct EpisodeStep {
    /// What the environment returned.
    pub step: Step,
    /// Whether the time limit is reached, be the task itself over or not.
    pub truncated: bool,
}

impl EpisodeStep {
    /// Whether the episode ends with this step.
    pub fn is_last(&self) -> bool {
        self.step.terminated || self.truncated
    }
}

impl TimeLimit {
    /// Opens an environment. Fails where its files or libraries are missing.
    pub fn open(settings: &dyn EnvironmentSettings) -> Result<Self, ComponentError> {
        let spec = settings.spec();
        Ok(Self {
            environment: settings.open()?,
            width: spec.observation,
            limit: spec.max_episode_steps,
            elapsed: 0,
        })
    }

    /// Fails unless an environment's observations have the length that its specification states. It is opened for this, and
    /// played for a step.
    pub fn check(settings: &dyn EnvironmentSettings) -> Result<(), ComponentError> {
        let (spec, mut environment) = (settings.spec(), settings.open()?);
        let action = match &spec.action {
            ActionSpace::Box(bounds) => bounds
                .iter()
                .map(|(low, high)| low.max(-1.0).min(*high))
                .collect(),
            ActionSpace::Discrete(_) => vec![0.0],
        };
        let seen = [
            environment.reset(Some(0)),
            environment.step(&action).observation,
        ];
        let expected = spec.observation;
        match seen.iter().map(Vec::len).find(|&length| length != expected) {
            Some(length) => Err(ComponentError(wrong_length(length, expected))),
            None => Ok(()),
        }
    }

    fn checked(&self, observation: Vec<f64>) -> Vec<f64> {
        let length = observation.len();
        assert!(length == self.width, "{}", wrong_length(length, self.width));
        observation
    }

    /// Begins an episode, from a seed or by the environment's own generator, and gives the first observation.
    ///
    /// # Panics
    /// If the observation has another length than the specification states, which is a mistake in the environment.
    pub fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
        self.elapsed = 0;
        let observation = self.environment.reset(seed);
        self.checked(observation)
    }

    /// Advances by one action. Stepping on after the last step of an episode is allowed.
    ///
    /// # Panics
    /// As [`reset`](Self::reset).
    pub fn step(&mut self, action: &[f32]) -> EpisodeStep {
        let mut step = self.environment.step(action);
        step.observation = self.checked(step.observation);
        self.elapsed += 1;
        EpisodeStep {
            step,
            truncated: self.elapsed >= self.limit,
        }
    }

    /// The environment without its time limit.
    pub fn environment(&self) -> &dyn Environment {
        self.environment.as_ref()
    }
}

fn wrong_length(found: usize, stated: usize) -> String {
    let numbers = if found == 1 { "number" } else { "numbers" };
    format!(
        "the environment gave an observation of {found} {numbers}, but its specification says {stated}"
    )
}

/// The steps since the reset, and the environment.
impl Stateful for TimeLimit {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.count("elapsed", &mut self.elapsed)?;
        with.part("environment", self.environment.as_mut())
    }
}

/// An episode that was played to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PlayedEpisode {
    /// Sum of the rewards.
    pub total: f64,
    /// Number of steps.
    pub length: u64,
}

/// Plays one episode in every environment, all of them in step, and gives them in the order of the environments. `seed` is
/// called once for every environment. `act` is given the observations of all episodes that have not ended, and gives their
/// actions, one after the other.
pub fn play(
    environments: &mut [TimeLimit],
    mut seed: impl FnMut() -> u64,
    mut act: impl FnMut(&[Vec<f64>]) -> Vec<f32>,
) -> Vec<PlayedEpisode> {
    let mut episodes = vec![PlayedEpisode::default(); environments.len()];
    let mut observations: Vec<Vec<f64>> = environments
        .iter_mut()
        .map(|environment| environment.reset(Some(seed())))
        .collect();
    let mut running: Vec<usize> = (0..environments.len()).collect();
    while !running.is_empty() {
        let actions = act(&observations);
        let width = actions.len() / running.len();
        observations.clear();
        let mut still_running = Vec::with_capacity(running.len());
        for (&index, action) in running.iter().zip(actions.chunks_exact(width)) {
            let seen = environments[index].step(action);
            episodes[index].total += seen.step.reward;
            episodes[index].length += 1;
            if !seen.is_last() {
                observations.push(seen.step.observation);
                still_running.push(index);
            }
        }
        running = still_running;
    }
    episodes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts its steps, rewards each with its number, and terminates after as many as its seed says.
    #[derive(Debug, Default)]
    struct Countdown {
        steps: u64,
        end: u64,
    }

    impl Environment for Countdown {
        fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
            self.steps = 0;
            self.end = seed.unwrap_or(0);
            vec![0.0]
        }

        fn step(&mut self, _: &[f32]) -> Step {
            self.steps += 1;
            Step {
                observation: vec![self.steps as f64],
                reward: self.steps as f64,
                terminated: self.steps == self.end,
            }
        }
    }

    impl Stateful for Countdown {
        fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
            with.count("steps", &mut self.steps)?;
            with.count("end", &mut self.end)
        }
    }

    fn limited(limit: u64) -> TimeLimit {
        TimeLimit {
            environment: Box::new(Countdown::default()),
            width: 1,
            limit,
            elapsed: 0,
        }
    }

    #[test]
    fn an_episode_ends_with_its_task_or_at_the_time_limit_whichever_comes_first() {
        let mut environments = [limited(4), limited(4), limited(4)];
        let mut seeds = [2, 4, 9].into_iter();
        let mut batches = Vec::new();
        let episodes = play(
            &mut environments,
            || seeds.next().unwrap(),
            |observations| {
                batches.push(observations.len());
                vec![0.0; observations.len()]
            },
        );
        let seen: Vec<(f64, u64)> = episodes.iter().map(|one| (one.total, one.length)).collect();
        assert_eq!(seen, [(3.0, 2), (10.0, 4), (10.0, 4)]);
        assert_eq!(batches, [3, 3, 2, 2]);
    }

    #[test]
    fn a_step_after_the_time_limit_is_still_truncated_and_a_reset_starts_the_count_anew() {
        let mut environment = limited(2);
        environment.reset(Some(9));
        let mut cut = |count: usize| -> Vec<bool> {
            (0..count)
                .map(|_| environment.step(&[0.0]).truncated)
                .collect()
        };
        assert_eq!(cut(3), [false, true, true]);
        environment.reset(Some(9));
        assert!(!environment.step(&[0.0]).truncated);
    }

    #[test]
    fn a_restored_episode_is_truncated_and_terminates_where_the_saved_one_does() {
        let mut saved = limited(5);
        saved.reset(Some(4));
        saved.step(&[0.0]);
        let mut restored = limited(5);
        restored.restore(&saved.save()).unwrap();
        for _ in 0..5 {
            assert_eq!(restored.step(&[0.0]), saved.step(&[0.0]));
        }
    }
}
