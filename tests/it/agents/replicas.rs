//! Learners as replicas side by side, and learners with the kernels and with the reference operations.

use serde_json::{Value, json};
use spikebench::api::{Kind, Learner, Spec};
use spikebench::kernel::with_reference_ops;
use spikebench::registry::Registry;
use tch::Tensor;

use super::small::{World, component, continuous, names, small, start, tasks};

fn popsan(encoder: &str) -> Value {
    json!({ "popsan": {
        "hidden": [24, 17], "encoder": { "population": { "spikes": encoder } },
    } })
}

fn noisysan() -> Value {
    json!({ "noisysan": { "hidden": [24, 17], "noise": { "memory": 30, "returns": [-20, 20] } } })
}

/// The learner's actions on fixed observations after some steps.
fn live(mut learner: Box<dyn Learner>, spec: &Spec, seeds: &[u64], steps: usize) -> Tensor {
    let mut world = World::new(spec.clone(), seeds);
    world.live(learner.as_mut(), steps);
    world.ask(learner.as_mut())
}

#[test]
fn three_replicas_learn_like_three_separate_learners() {
    let registry = Registry::linked().unwrap();
    let seeds = [7, 1, 300];
    for name in names(&registry, Kind::Agent) {
        let agent = small(&registry, Kind::Agent, component(json!(name)));
        for spec in tasks(&registry, &agent) {
            for actor in [popsan("deterministic"), popsan("bernoulli"), noisysan()] {
                let label = actor.to_string();
                let actor = component(actor);
                let run = |seeds: &[u64]| {
                    let learner = start(
                        &registry,
                        &agent,
                        &actor,
                        "trapezoidal",
                        spec.clone(),
                        seeds,
                    );
                    live(learner, &spec, seeds, 120)
                };
                let together = run(&seeds);
                for (replica, seed) in seeds.into_iter().enumerate() {
                    let alone = run(&[seed]);
                    let off = (together.select(0, replica as i64) - alone.squeeze_dim(0))
                        .abs()
                        .max();
                    // After a hundred updates not even the last bit differs here; another CPU may sum products in another
                    // order.
                    let off = off.double_value(&[]);
                    println!("{name}, {label}, replica {replica}: off by {off:e}");
                    assert!(
                        off < 1e-4,
                        "{name}, {label}, replica {replica}: off by {off:e}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_first_two_hundred_updates_are_the_same_with_the_kernels_and_with_the_reference_operations() {
    let registry = Registry::linked().unwrap();
    let agent = component(json!({ "td3": {
        "critic_hidden": [20, 16], "batch_size": 16, "start_steps": 20, "update_after": 60, "update_every": 1,
        "gradient_steps": 1, "normalise_every": 10,
    } }));
    let spec = continuous(4, 2, 1.0);
    for encoder in ["deterministic", "bernoulli"] {
        let actor = component(popsan(encoder));
        let run = || {
            let learner = start(&registry, &agent, &actor, "triangular", spec.clone(), &[5]);
            live(learner, &spec, &[5], 260)
        };
        let off = (run() - with_reference_ops(run))
            .abs()
            .max()
            .double_value(&[]);
        // Not even the last bit differs here. A spike that flips because of rounding would change an action by a hundredth
        // or more.
        println!("{encoder}: off by {off:e}");
        assert!(off < 1e-3, "{encoder}: off by {off:e}");
    }
}
