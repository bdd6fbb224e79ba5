//! A run that continues from a checkpoint ends with the same bits as one that was never disturbed, whatever was trained.

use std::path::Path;

use serde_json::json;
use spikebench::api::{Component, Kind, Stateful};
use spikebench::registry::Registry;
use spikebench::run::checkpoint::Attempt;
use spikebench::run::train::{self, Ending, Event, Follower, Interruption};
use spikebench::suite::plan::Cell;
use spikebench_plugins as _;
use tch::Device;

use crate::agents::small::{component, names, small};

const STEPS: u64 = 60;
/// In the middle of a rollout, of a block of the normaliser, of an episode, and of the steps between two evaluations.
const BREAK: u64 = 37;

/// Keeps what happens, saves a checkpoint at step 20, and another at the step where it interrupts.
struct Interrupter {
    attempt: Attempt,
    interrupt_at: Option<u64>,
    seen: Vec<Event>,
}

impl Follower for Interrupter {
    fn event(&mut self, event: Event) -> Result<(), Interruption> {
        match &event {
            Event::Step(_) | Event::Began { .. } | Event::Refused(_) => return Ok(()),
            // Two runs do not take the same time.
            Event::Measurement(spikebench::run::measurements::Measurement::Timed(_)) => {}
            Event::Measurement(_) | Event::Learned(_) => self.seen.push(event.clone()),
        }
        if let Event::Measurement(measurement) = event {
            self.attempt
                .note(measurement)
                .map_err(Interruption::Storage)?;
        }
        Ok(())
    }

    fn between_steps(
        &mut self,
        step: u64,
        training: &mut dyn Stateful,
    ) -> Result<(), Interruption> {
        if step == 20 || Some(step) == self.interrupt_at {
            self.attempt
                .save(step, 1.0, training)
                .map_err(Interruption::Storage)?;
        }
        match self.interrupt_at {
            Some(at) if at == step => Err(Interruption::Asked),
            _ => Ok(()),
        }
    }
}

fn attempt(folder: &Path, cell: &Cell) -> Attempt {
    Attempt::begin(folder, &cell.training_key(), cell.budget.steps, Vec::new()).unwrap()
}

/// What happens from the break on: once in a run that is not interrupted, once in one that continues.
fn both(cell: &Cell, registry: &Registry) -> [Vec<Event>; 2] {
    let folder = tempfile::tempdir().unwrap();
    let prepare = || train::prepare(cell, registry, Device::Cpu).unwrap();
    let follow = |name: &str, interrupt_at| Interrupter {
        attempt: attempt(&folder.path().join(name), cell),
        interrupt_at,
        seen: Vec::new(),
    };
    let mut undisturbed = follow("undisturbed", None);
    let ending = prepare().run(&mut undisturbed);
    assert!(matches!(&ending, Ending::Outcome(_)), "{ending:?}");

    let mut interrupted = follow("interrupted", Some(BREAK));
    assert!(matches!(
        prepare().run(&mut interrupted),
        Ending::Interrupted(_)
    ));
    let before = interrupted.seen.len();

    let mut continued = follow("continued", None);
    let mut training = prepare();
    let mut skipped = Vec::new();
    let about = continued.attempt.resume(
        &[folder.path().join("interrupted")],
        false,
        &mut skipped,
        |state| {
            training
                .restore(state)
                .map_err(|mismatch| mismatch.to_string())
        },
    );
    assert_eq!(
        about.unwrap().map(|about| about.step),
        Some(BREAK),
        "{skipped:?}"
    );
    training.run(&mut continued);
    [undisturbed.seen.split_off(before), continued.seen]
}

fn cell(registry: &Registry, agent: &str, actor: &str, environment: &str) -> Option<Cell> {
    tch::set_num_threads(1);
    let agent = small(registry, Kind::Agent, component(json!(agent)));
    let actor = small(registry, Kind::Actor, component(json!(actor)));
    let environment = registry
        .resolve(Kind::Environment, &Component::named(environment))
        .unwrap();
    let spec = registry.environment(&environment).unwrap().0.spec();
    registry.agent(&agent).unwrap().0.accepts(&spec).ok()?;
    let spiking = registry.actor(&actor).unwrap().0.spiking();
    let surrogate = spiking.then(|| Component::named("triangular"));
    let surrogate = surrogate.map(|one| registry.resolve(Kind::Surrogate, &one).unwrap());
    let text = json!({
        "id": "cell", "labels": {"surrogate": null, "actor": "a", "agent": "b", "environment": "c"},
        "surrogate": surrogate, "actor": actor, "agent": agent, "environment": environment,
        "budget": {"steps": STEPS, "evaluate_every": 30, "evaluation_episodes": 2}, "seed": 3,
    });
    Some(serde_json::from_value(text).unwrap())
}

#[test]
fn every_agent_with_every_actor_continues_to_the_last_bit_in_a_classic_and_a_mujoco_task() {
    let registry = Registry::linked().unwrap();
    let mut tried = 0;
    for environment in ["Pendulum-v1", "CartPole-v1", "Hopper-v5"] {
        for agent in names(&registry, Kind::Agent) {
            for actor in names(&registry, Kind::Actor) {
                let Some(cell) = cell(&registry, agent, actor, environment) else {
                    continue;
                };
                let [undisturbed, continued] = both(&cell, &registry);
                assert!(
                    undisturbed
                        .iter()
                        .any(|event| matches!(event, Event::Learned(_))),
                    "{agent}, {actor}, {environment} comes to an end"
                );
                assert!(undisturbed == continued, "{agent}, {actor}, {environment}");
                tried += 1;
            }
        }
    }
    assert!(tried > 50, "{tried}");
}
