//! Episodes of random actions: what a policy scores that has learned nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::api::numpy::Generator;
use crate::api::{ComponentError, EnvironmentSettings};
use crate::run::episode::{TimeLimit, play};
use crate::run::rollout::ActionSource;

/// The seed of the actions.
const SEED: u64 = 0;

/// The returns of episodes of uniformly random actions, the same ones every time. Episode `i` is reset with the seed `i`. Fails if the
/// environment cannot be opened, or panics.
pub fn returns(
    settings: &dyn EnvironmentSettings,
    episodes: u64,
) -> Result<Vec<f64>, ComponentError> {
    let played = catch_unwind(AssertUnwindSafe(|| {
        TimeLimit::check(settings)?;
        let space = settings.spec().action;
        let mut environment = [TimeLimit::open(settings)?];
        let mut actions = ActionSource::Random(Generator::new(SEED));
        let mut episode = |seed| {
            let act = |seen: &[Vec<f64>]| actions.act(0, &seen[0], &space);
            play(&mut environment, || seed, act)[0].total
        };
        Ok((0..episodes).map(&mut episode).collect())
    }));
    played.unwrap_or_else(|_| Err(ComponentError::new("the environment panics")))
}
