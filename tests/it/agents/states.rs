//! Saving and restoring: a restored learner continues like the saved one.

use super::small::{World, component, names, small, start, tasks};
use serde_json::json;
use spikebench::api::{Kind, Learner, Mismatch, State};
use spikebench::registry::Registry;

const SEEDS: [u64; 2] = [3, 11];

fn equal(one: &State, other: &State) {
    assert!(one.tensors.keys().eq(other.tensors.keys()));
    for (name, tensor) in &one.tensors {
        assert!(tensor.equal(&other.tensors[name]), "{name}");
    }
    assert_eq!(one.words, other.words);
}

/// Every agent in every kind of task that it accepts, with and without spikes: with random spikes of the encoder, and with
/// persistent noise inside the network.
fn each(mut check: impl FnMut(&str, &dyn Fn() -> Box<dyn Learner>, &World)) {
    let registry = Registry::linked().unwrap();
    for name in names(&registry, Kind::Agent) {
        let agent = small(&registry, Kind::Agent, component(json!(name)));
        for spec in tasks(&registry, &agent) {
            for actor in [
                json!("mlp"),
                json!({"popsan": {"encoder": {"population": {"spikes": "bernoulli"}}}}),
                json!({"noisysan": {"noise": {"memory": 30, "returns": [-20, 20]}}}),
            ] {
                let actor = small(&registry, Kind::Actor, component(actor));
                let learner = || {
                    start(
                        &registry,
                        &agent,
                        &actor,
                        "triangular",
                        spec.clone(),
                        &SEEDS,
                    )
                };
                let label = format!("{name}, {}, {:?}", actor.name, spec.action);
                check(&label, &learner, &World::new(spec.clone(), &SEEDS));
            }
        }
    }
}

#[test]
fn fifty_steps_after_restoring_equal_those_of_an_undisturbed_learner_to_the_last_bit() {
    each(|label, learner, world| {
        println!("{label}");
        let (mut undisturbed, mut world) = (learner(), world.clone());
        // Save in the middle of a block of the normaliser, of a rollout, and of the steps to the next update of a target.
        world.live(undisturbed.as_mut(), 43);
        let saved = undisturbed.save();

        let mut restored = learner();
        // Restoring must overwrite all that the learner has recorded itself.
        world.clone().live(restored.as_mut(), 7);
        restored.restore(&saved).unwrap();
        equal(&restored.save(), &saved);

        let mut same_world = world.clone();
        world.live(undisturbed.as_mut(), 50);
        same_world.live(restored.as_mut(), 50);
        let after = undisturbed.save();
        equal(&restored.save(), &after);
        let moved = after
            .tensors
            .iter()
            .filter(|(name, _)| name.starts_with("actor."));
        for (name, tensor) in moved {
            assert!(
                !tensor.equal(&saved.tensors[name]),
                "{label}: {name} was learned after it was restored"
            );
        }
        assert_eq!(undisturbed.diagnostics(), restored.diagnostics());
    });
}

#[test]
fn a_learner_of_other_sizes_rejects_the_state() {
    let registry = Registry::linked().unwrap();
    let agent = small(&registry, Kind::Agent, component(json!("td3")));
    let spec = tasks(&registry, &agent).remove(0);
    let started = |actor| {
        start(
            &registry,
            &agent,
            &component(actor),
            "triangular",
            spec.clone(),
            &[1],
        )
    };
    let saved = started(json!({"mlp": {"hidden": [8]}})).save();
    let refused = started(json!({"mlp": {"hidden": [9]}})).restore(&saved);
    assert!(matches!(refused, Err(Mismatch::Size { .. })), "{refused:?}");
    let refused = started(json!({"mlp": {"hidden": [8, 8]}})).restore(&saved);
    assert!(refused.is_err(), "{refused:?}");
}
