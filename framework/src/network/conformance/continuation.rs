//! Whether an environment that is restored from a saved one continues like it, as the conformance kit demands.

use crate::api::numpy::Generator;
use crate::api::{ActionSpace, Environment, EnvironmentSettings, Spec};

/// The largest number of steps of an episode. The later ones of a longer episode would show nothing new.
const LONGEST: u64 = 200;
/// The number of steps that are taken after an episode has ended, and after the reset that follows.
const BEYOND: usize = 10;

/// Tests at the beginning and in the middle of an episode that is not the first one. Restored are an environment that was
/// never reset, and one in an episode of its own.
///
/// # Panics
/// If the environment cannot be opened, or if what follows differs by a bit from what follows where nothing was saved.
pub(super) fn check_continuation(name: &str, settings: &dyn EnvironmentSettings) {
    let spec = settings.spec();
    let open = || match settings.open() {
        Ok(environment) => environment,
        Err(error) => panic!("{name} cannot be opened: {error}"),
    };
    let played = |parts: usize| {
        let (mut environment, mut player) = (open(), Player::new(&spec));
        environment.reset(Some(1));
        let length = player.finish(environment.as_mut()).len();
        environment.reset(None);
        player.steps(environment.as_mut(), length * parts / 2);
        (environment, player)
    };

    for (parts, when) in [(0, "at the beginning"), (1, "in the middle")] {
        let (mut undisturbed, player) = played(parts);
        let (mut saved, _) = played(parts);
        let [mut fresh, mut used] = [open(), open()];
        used.reset(Some(2));
        Player::new(&spec).steps(used.as_mut(), 3);

        let wanted = player.clone().go_on(undisturbed.as_mut());
        let state = saved.save();
        for restored in [&mut fresh, &mut used] {
            if let Err(mismatch) = restored.restore(&state) {
                panic!("{name} cannot be restored: {mismatch}");
            }
        }
        for (mut environment, what) in [
            (saved, "after it was saved"),
            (fresh, "restored after it was opened"),
            (used, "restored in another episode"),
        ] {
            let seen = player.clone().go_on(environment.as_mut());
            compare(&format!("{name} {what}, {when}"), &seen, &wanted);
        }
    }
}

/// The bits of an observation, a reward and whether the task terminated, the last two zero for a reset.
type Seen = Vec<u64>;

fn compare(what: &str, seen: &[Seen], wanted: &[Seen]) {
    for (number, (seen, wanted)) in (1..).zip(seen.iter().zip(wanted)) {
        let mut places = 0..seen.len();
        let Some(place) = places.find(|&place| seen[place] != wanted[place]) else {
            continue;
        };
        let part = match seen.len() - place {
            1 => "whether it terminated".to_owned(),
            2 => "the reward".to_owned(),
            _ => format!("observation[{place}]"),
        };
        let [seen, wanted] = [seen, wanted].map(|values| f64::from_bits(values[place]));
        panic!(
            "{what} of an episode, does not continue like an environment that was never saved: in step {number} from there \
             {part} is {seen}, not {wanted}"
        );
    }
    assert_eq!(seen.len(), wanted.len(), "{what}");
}

/// Takes random actions, and notes the bits of what an environment returns.
#[derive(Debug, Clone)]
struct Player {
    space: ActionSpace,
    longest: usize,
    draws: Generator,
}

impl Player {
    fn new(spec: &Spec) -> Self {
        Self {
            space: spec.action.clone(),
            longest: spec.max_episode_steps.min(LONGEST) as usize,
            draws: Generator::new(0),
        }
    }

    /// The rest of the episode, some steps beyond its end, a reset without a seed, and some steps of the next episode.
    fn go_on(&mut self, environment: &mut dyn Environment) -> Vec<Seen> {
        let mut seen = self.finish(environment);
        seen.extend(self.steps(environment, BEYOND));
        seen.push(bits(environment.reset(None), 0.0, false));
        seen.extend(self.steps(environment, BEYOND));
        seen
    }

    /// The rest of the episode.
    fn finish(&mut self, environment: &mut dyn Environment) -> Vec<Seen> {
        let mut seen = Vec::new();
        while seen.len() < self.longest {
            let (step, terminated) = self.step(environment);
            seen.push(step);
            if terminated {
                break;
            }
        }
        seen
    }

    fn steps(&mut self, environment: &mut dyn Environment, count: usize) -> Vec<Seen> {
        (0..count).map(|_| self.step(environment).0).collect()
    }

    fn step(&mut self, environment: &mut dyn Environment) -> (Seen, bool) {
        let step = environment.step(&self.action());
        (
            bits(step.observation, step.reward, step.terminated),
            step.terminated,
        )
    }

    fn action(&mut self) -> Vec<f32> {
        let mut between = |low: f32, high: f32| {
            // A dimension without a bound has one here.
            let [low, high] = [low.max(-10.0), high.min(10.0)].map(f64::from);
            self.draws.uniform(low, high) as f32
        };
        match &self.space {
            ActionSpace::Box(bounds) => bounds
                .iter()
                .map(|&(low, high)| between(low, high))
                .collect(),
            ActionSpace::Discrete(choices) => {
                let last = *choices as f32 - 1.0;
                vec![between(0.0, last + 1.0).floor().min(last)]
            }
        }
    }
}

fn bits(mut values: Vec<f64>, reward: f64, terminated: bool) -> Seen {
    values.extend([reward, f64::from(u8::from(terminated))]);
    values.into_iter().map(f64::to_bits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ComponentError, Mismatch, StateVisitor, Stateful, Step};

    /// An environment that forgets one of its parts, or none, when it is saved.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Forgets {
        Nothing,
        Speed,
        Draws,
        Itself,
    }

    impl EnvironmentSettings for Forgets {
        fn spec(&self) -> Spec {
            Spec {
                observation: 1,
                action: ActionSpace::Box(vec![(-1.0, 1.0)]),
                max_episode_steps: 20,
            }
        }

        fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
            Ok(Box::new(Ball {
                forgets: *self,
                place: 0.0,
                speed: 0.0,
                draws: Generator::new(0),
            }))
        }
    }

    #[derive(Debug)]
    struct Ball {
        forgets: Forgets,
        place: f64,
        speed: f64,
        draws: Generator,
    }

    impl Environment for Ball {
        fn reset(&mut self, seed: Option<u64>) -> Vec<f64> {
            self.draws = seed.map_or(self.draws.clone(), Generator::new);
            (self.place, self.speed) = (self.draws.uniform(-1.0, 1.0), 0.0);
            vec![self.place]
        }

        fn step(&mut self, action: &[f32]) -> Step {
            self.speed += f64::from(action[0]);
            self.place += self.speed;
            Step {
                observation: vec![self.place],
                reward: 0.0,
                terminated: false,
            }
        }
    }

    impl Stateful for Ball {
        fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
            with.number("place", &mut self.place)?;
            if self.forgets != Forgets::Speed {
                with.number("speed", &mut self.speed)?;
            }
            if self.forgets == Forgets::Itself {
                self.speed = 0.0;
            }
            if self.forgets != Forgets::Draws {
                with.part("draws", &mut self.draws)?;
            }
            Ok(())
        }
    }

    #[test]
    fn an_environment_that_saves_everything_passes() {
        check_continuation("ball", &Forgets::Nothing);
    }

    #[test]
    #[should_panic(
        expected = "ball restored in another episode, at the beginning of an episode, does not continue"
    )]
    fn an_environment_that_does_not_save_its_speed_is_found() {
        check_continuation("ball", &Forgets::Speed);
    }

    #[test]
    #[should_panic(
        expected = "ball restored after it was opened, at the beginning of an episode, does not continue"
    )]
    fn an_environment_that_does_not_save_its_generator_is_found() {
        check_continuation("ball", &Forgets::Draws);
    }

    #[test]
    #[should_panic(
        expected = "ball after it was saved, in the middle of an episode, does not continue"
    )]
    fn an_environment_that_changes_when_it_is_saved_is_found() {
        check_continuation("ball", &Forgets::Itself);
    }
}
