//! Learners side by side, and learners by either path.

use serde_json::{Value, json};
use spikebench::api::{Component, Learner, Mode, Site, Spec, Streams, Transition};
use spikebench::kernel::by_tensors;
use spikebench::registry::{Registry, Workshop};
use spikebench_plugins as _;
use tch::{Device, Kind, Tensor};

const FEATURES: i64 = 4;
const ACTIONS: i64 = 2;

fn component(value: Value) -> Component {
    serde_json::from_value(value).unwrap()
}

/// Learns on every step from the sixtieth on, and explores with its own actor from the twentieth.
fn start(seeds: &[u64], encoder: &str, surrogate: &str) -> Box<dyn Learner> {
    tch::set_num_threads(1);
    let registry = Registry::linked().unwrap();
    let surrogate = registry.surrogate(&Component::named(surrogate)).unwrap().0;
    let actor = component(json!({ "popsan": {
        "hidden": [24, 17], "encoder": { "population": { "spikes": encoder } },
    } }));
    let agent = component(json!({ "td3": {
        "critic_hidden": [20, 16], "batch_size": 16, "start_steps": 20, "update_after": 60, "update_every": 1,
        "gradient_steps": 1, "normalise_every": 10,
    } }));
    let parts = Workshop {
        registry: &registry,
        surrogate: Some(surrogate),
    };
    let actor = registry
        .actor(&actor)
        .unwrap()
        .0
        .build(FEATURES, ACTIONS, &parts)
        .unwrap();
    registry
        .agent(&agent)
        .unwrap()
        .0
        .start(Site {
            spec: Spec {
                observation: FEATURES as usize,
                action: vec![(-1.0, 1.0); ACTIONS as usize],
                max_episode_steps: 1000,
            },
            actor,
            seeds: seeds.to_vec(),
            device: Device::Cpu,
        })
        .unwrap()
}

/// A world that answers each replica by its own seed. After some steps, what each would do somewhere.
fn live(learner: &mut dyn Learner, seeds: &[u64], steps: usize) -> Tensor {
    let replicas = seeds.len() as i64;
    let mut world = Streams::new(seeds, "test world", Device::Cpu);
    let mut observation = world.normal(&[replicas, FEATURES]);
    for _ in 0..steps {
        let action = learner
            .act(&observation.unsqueeze(1), Mode::Explore)
            .squeeze_dim(1);
        let next = world.normal(&[replicas, FEATURES])
            + action.sum_dim_intlist(&[1i64][..], true, Kind::Float);
        learner
            .observe(&Transition {
                observation: &observation,
                action: &action,
                reward: &next.select(1, 0),
                next_observation: &next,
                terminated: &world.uniform(&[replicas]).lt(0.05).to_kind(Kind::Float),
                truncated: &Tensor::zeros([replicas], (Kind::Float, Device::Cpu)),
            })
            .unwrap();
        observation = next;
    }
    let somewhere = world.normal(&[replicas, 50, FEATURES]);
    learner.act(&somewhere, Mode::Evaluate)
}

#[test]
fn three_replicas_are_three_learners() {
    for encoder in ["deterministic", "bernoulli"] {
        let seeds = [7, 1, 300];
        let together = live(start(&seeds, encoder, "trapezoidal").as_mut(), &seeds, 160);
        for (replica, seed) in seeds.into_iter().enumerate() {
            let alone = live(
                start(&[seed], encoder, "trapezoidal").as_mut(),
                &[seed],
                160,
            );
            let off = (together.select(0, replica as i64) - alone.squeeze_dim(0))
                .abs()
                .max();
            // A hundred updates, and not even a last bit differs here; another CPU's product may sum otherwise.
            let off = off.double_value(&[]);
            println!("{encoder}, replica {replica}: off by {off:e}");
            assert!(off < 1e-4, "{encoder}, replica {replica}: off by {off:e}");
        }
    }
}

#[test]
fn the_first_two_hundred_updates_are_the_same_by_the_kernels_and_by_tensors() {
    for encoder in ["deterministic", "bernoulli"] {
        let run = || live(start(&[5], encoder, "triangular").as_mut(), &[5], 260);
        let off = (run() - by_tensors(run)).abs().max().double_value(&[]);
        // Not even a last bit differs here. A spike that flips by rounding would be a jump of a hundredth or more.
        println!("{encoder}: off by {off:e}");
        assert!(off < 1e-3, "{encoder}: off by {off:e}");
    }
}
