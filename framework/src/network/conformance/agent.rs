//! What an agent promises.

use std::rc::Rc;

use tch::{Device, Kind as Number, Tensor};

use super::learning::{SITUATIONS, learns};
use super::numbers::assert_finite;
use super::probe::Linear;
use super::promise::Promise;
use crate::api::{
    ActionSpace, AgentContext, AgentSettings, Learner, Mode, Spec, State, Streams, Transition,
};

const SEEDS: [u64; 2] = [1, 2];
const FEATURES: i64 = 3;
/// The steps before a checkpoint and those after it: two episodes each.
const STEPS: u64 = 2 * EPISODE;
const EPISODE: u64 = SITUATIONS as u64;

pub fn promises(name: &str, settings: Box<dyn AgentSettings>) -> Vec<Promise<'_>> {
    let settings: Rc<dyn AgentSettings> = settings.into();
    let [shape, again, restored, learning] = [(); 4].map(|()| Rc::clone(&settings));
    vec![
        Promise::new(
            "it accepts a task with numbers or with choices, and acts in it",
            move || {
                let spec = task(name, shape.as_ref());
                let played = Played::begin(name, shape.as_ref()).play(0, STEPS);
                for action in &played.actions {
                    assert_eq!(
                        action.size(),
                        [SEEDS.len() as i64, 1, spec.action.width() as i64],
                        "{name}: [R, B, actions]"
                    );
                    assert_finite(action, "an action");
                    if let ActionSpace::Discrete(choices) = spec.action {
                        let outside = action.lt(0.0).logical_or(&action.ge(choices as f64));
                        assert!(
                            outside.any().int64_value(&[]) == 0,
                            "{name} takes a choice that is not one of {choices}"
                        );
                    }
                }
            },
        ),
        Promise::new("the same seeds give the same actions", move || {
            let play = || Played::begin(name, again.as_ref()).play(0, STEPS).actions;
            equal(name, &play(), &play());
        }),
        Promise::new(
            "a learner that is restored from a checkpoint continues to the last bit",
            move || {
                let mut one = Played::begin(name, restored.as_ref()).play(0, STEPS);
                let state: State = one.learner.save();
                let mut other = Played::begin(name, restored.as_ref());
                if let Err(mismatch) = other.learner.restore(&state) {
                    panic!("{name} cannot be restored: {mismatch}");
                }
                one.actions.clear();
                equal(
                    name,
                    &one.play(STEPS, STEPS).actions,
                    &other.play(STEPS, STEPS).actions,
                );
            },
        ),
        Promise::new(
            "it learns which action is best in each situation",
            move || {
                let spec = task(name, learning.as_ref());
                let mut learner = Played::begin(name, learning.as_ref()).learner;
                let mut draws = Streams::new(&SEEDS, "situations", Device::Cpu);
                let observations = draws.normal(&[SEEDS.len() as i64, SITUATIONS, FEATURES]);
                learns(name, learner.as_mut(), &spec.action, &observations);
            },
        ),
    ]
}

/// The first of two tasks that the agent accepts.
fn task(name: &str, settings: &dyn AgentSettings) -> Spec {
    let spec = |action| Spec {
        observation: FEATURES as usize,
        action,
        max_episode_steps: EPISODE,
    };
    let tasks = [
        spec(ActionSpace::Box(vec![(-1.0, 1.0); 2])),
        spec(ActionSpace::Discrete(2)),
    ];
    let refusals = tasks.each_ref().map(|task| settings.accepts(task));
    match tasks
        .into_iter()
        .zip(&refusals)
        .find(|(_, refusal)| refusal.is_ok())
    {
        Some((task, _)) => task,
        None => panic!("{name} accepts neither two numbers nor two choices: {refusals:?}"),
    }
}

/// A learner in a task of random observations, which rewards small actions.
struct Played {
    learner: Box<dyn Learner>,
    actions: Vec<Tensor>,
}

impl Played {
    fn begin(name: &str, settings: &dyn AgentSettings) -> Self {
        let spec = task(name, settings);
        let actor = Linear {
            features: FEATURES,
            actions: spec.action.outputs() as i64,
        };
        let context = AgentContext {
            spec,
            actor: Box::new(actor),
            seeds: SEEDS.to_vec(),
            device: Device::Cpu,
        };
        match settings.start(context) {
            Ok(learner) => Self {
                learner,
                actions: Vec::new(),
            },
            Err(error) => panic!("{name} does not start: {error}"),
        }
    }

    fn play(mut self, begin: u64, count: u64) -> Self {
        let at = |step: u64| {
            let mut draws = Streams::new(&[step, step + 1000], "conformance", Device::Cpu);
            draws.normal(&[SEEDS.len() as i64, FEATURES])
        };
        let flag = |is_set: bool| {
            Tensor::full(
                [SEEDS.len() as i64],
                f64::from(u8::from(is_set)),
                (Number::Float, Device::Cpu),
            )
        };
        for step in begin..begin + count {
            let observation = at(step);
            let action = self.learner.act(&observation.unsqueeze(1), Mode::Explore);
            let taken = action.squeeze_dim(1);
            let reward = -(&taken * &taken).sum_dim_intlist(&[1_i64][..], false, Number::Float);
            let observed = self.learner.observe(&Transition {
                observation: &observation,
                action: &taken,
                reward: &reward,
                next_observation: &at(step + 1),
                terminated: &flag(false),
                truncated: &flag(step % EPISODE == EPISODE - 1),
            });
            observed.unwrap_or_else(|diverged| panic!("{diverged}"));
            self.actions.push(action.detach().copy());
        }
        self
    }
}

fn equal(name: &str, ours: &[Tensor], theirs: &[Tensor]) {
    for (step, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert!(ours.equal(theirs), "{name} acts otherwise in step {step}");
    }
    assert_eq!(ours.len(), theirs.len());
}
