//! A task that every agent learns: twenty situations in turn, each with an action that is best in it.

use tch::{Kind as Number, Tensor};

use crate::api::{ActionSpace, Learner, Mode, Transition};

/// The steps of an episode, one for each situation.
pub const SITUATIONS: i64 = 20;
/// The steps after which an agent has to have improved. Agents that learn from whole episodes learn after some 10 000 steps only.
const PATIENCE: u64 = 30_000;
/// The steps from one look at the policy to the next.
const LOOK_EVERY: u64 = 500;
/// The part of what there is to gain at first that every replica has to gain, with actions that are numbers, and with choices, of which
/// some come right by chance.
const GAINS: [f64; 2] = [0.1, 0.4];

/// Trains a learner until each of its replicas acts better than before it learned.
///
/// # Panics
/// If that takes more steps than there is patience for, or the learner diverges.
pub fn learns(name: &str, learner: &mut dyn Learner, space: &ActionSpace, observations: &Tensor) {
    let situations = Situations::new(space, observations);
    let first = situations.rewards(learner);
    let gain = GAINS[usize::from(situations.is_discrete)];
    let least = &first + (situations.most() - &first) * gain;
    let mut reached = first.shallow_clone();
    for step in 0..PATIENCE {
        situations.step(learner, step as i64);
        if step % LOOK_EVERY == LOOK_EVERY - 1 {
            reached = situations.rewards(learner);
            if reached.ge_tensor(&least).all().int64_value(&[]) == 1 {
                return;
            }
        }
    }
    let mean = |rewards: &Tensor| rewards.mean(Number::Double).double_value(&[]);
    panic!(
        "{name} does not learn in {PATIENCE} steps which action is best in each of {SITUATIONS} situations: its reward went from {:.3} to {:.3}, where {} can be had",
        mean(&first),
        mean(&reached),
        situations.most(),
    );
}

struct Situations<'a> {
    /// `[R, situations, features]`
    observations: &'a Tensor,
    /// The actions that are best, `[R, situations, actions]`.
    best: Tensor,
    is_discrete: bool,
}

impl<'a> Situations<'a> {
    fn new(space: &ActionSpace, observations: &'a Tensor) -> Self {
        let seen = observations.narrow(2, 0, space.width() as i64);
        let is_discrete = matches!(space, ActionSpace::Discrete(_));
        let best = if is_discrete {
            seen.gt(0.0).to_kind(Number::Float)
        } else {
            // A linear policy before a squashing function comes close to it.
            seen.tanh() * 0.8
        };
        Self {
            observations,
            best,
            is_discrete,
        }
    }

    /// The rewards of actions, without their last dimension.
    fn reward(&self, actions: &Tensor, best: &Tensor) -> Tensor {
        if self.is_discrete {
            actions
                .eq_tensor(best)
                .all_dim(-1, false)
                .to_kind(Number::Float)
        } else {
            let off = actions - best;
            -(&off * &off).sum_dim_intlist(&[-1_i64][..], false, Number::Float)
        }
    }

    /// The reward of the best actions.
    fn most(&self) -> f64 {
        f64::from(u8::from(self.is_discrete))
    }

    /// The mean reward of every replica's policy, `[R]`.
    fn rewards(&self, learner: &mut dyn Learner) -> Tensor {
        let actions = learner.act(self.observations, Mode::Evaluate);
        self.reward(&actions, &self.best)
            .mean_dim(&[1_i64][..], false, Number::Float)
            .detach()
    }

    fn step(&self, learner: &mut dyn Learner, step: i64) {
        let place = step % SITUATIONS;
        let observation = self.observations.select(1, place);
        let action = learner
            .act(&observation.unsqueeze(1), Mode::Explore)
            .squeeze_dim(1);
        let reward = self.reward(&action, &self.best.select(1, place));
        let goes_on = Tensor::zeros_like(&reward);
        let ends = Tensor::full_like(&reward, f64::from(u8::from(place == SITUATIONS - 1)));
        let observed = learner.observe(&Transition {
            observation: &observation,
            action: &action,
            reward: &reward,
            next_observation: &self.observations.select(1, (place + 1) % SITUATIONS),
            terminated: &ends,
            truncated: &goes_on,
        });
        observed.unwrap_or_else(|diverged| panic!("{diverged}"));
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::api::{Diverged, Mismatch, Policy, StateVisitor, Stateful};

    /// It goes a step of this size towards the best action of every situation that it sees.
    #[derive(Debug)]
    struct Approaching(f64, Tensor);

    impl Learner for Approaching {
        fn act(&mut self, observation: &Tensor, _: Mode) -> Tensor {
            observation.narrow(2, 0, 1) * &self.1
        }

        fn observe(&mut self, _: &Transition<'_>) -> Result<(), Diverged> {
            self.1 = (&self.1 + self.0).clamp(-1.0, 1.0);
            Ok(())
        }

        fn policy(&self) -> Policy<'_> {
            unreachable!("the task asks for actions only")
        }
    }

    impl Stateful for Approaching {
        fn visit(&mut self, _: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
            Ok(())
        }
    }

    fn learns_with(size: f64) {
        let observations =
            Tensor::linspace(-1.0, 1.0, 2 * SITUATIONS, (Number::Float, Device::Cpu));
        let mut learner = Approaching(size, Tensor::zeros([1], (Number::Float, Device::Cpu)));
        learns(
            "approaching",
            &mut learner,
            &ActionSpace::Box(vec![(-1.0, 1.0)]),
            &observations.view([2, SITUATIONS, 1]),
        );
    }

    #[test]
    fn an_agent_that_goes_towards_the_best_actions_learns() {
        learns_with(1e-3);
    }

    #[test]
    #[should_panic(expected = "approaching does not learn in 30000 steps")]
    fn an_agent_that_stays_as_it_is_does_not_learn() {
        learns_with(0.0);
    }

    #[test]
    #[should_panic(expected = "approaching does not learn in 30000 steps")]
    fn an_agent_that_goes_away_from_the_best_actions_does_not_learn() {
        learns_with(-1e-3);
    }
}
