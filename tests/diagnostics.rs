//! Looking at a learner changes nothing of what it learns.

use serde_json::{Value, json};
use spikebench::api::{
    ActionSpace, Actor, Component, Learner, Mode, Site, Spec, Streams, Transition,
};
use spikebench::gauge::{Gauge, Sample};
use spikebench::registry::{Registry, Workshop};
use spikebench_plugins as _;
use tch::{Device, Kind, Tensor};

const FEATURES: usize = 4;
const SEEDS: [u64; 2] = [7, 300];

fn component(value: Value) -> Component {
    serde_json::from_value(value).unwrap()
}

fn actor(registry: &Registry, written: &Value) -> Box<dyn Actor> {
    let surrogate = registry
        .surrogate(&Component::named("triangular"))
        .unwrap()
        .0;
    let parts = Workshop {
        registry,
        surrogate: Some(surrogate),
    };
    let settings = registry.actor(&component(written.clone())).unwrap().0;
    settings.build(FEATURES as i64, 2, &parts).unwrap()
}

fn start(registry: &Registry, written: &Value) -> Box<dyn Learner> {
    let agent = component(json!({ "td3": {
        "critic_hidden": [20, 16], "batch_size": 16, "start_steps": 20, "update_after": 60, "update_every": 1,
        "gradient_steps": 1, "normalise_every": 10,
    } }));
    let site = Site {
        spec: Spec {
            observation: FEATURES,
            action: ActionSpace::Box(vec![(-1.0, 1.0); 2]),
            max_episode_steps: 1000,
        },
        actor: actor(registry, written),
        seeds: SEEDS.to_vec(),
        device: Device::Cpu,
    };
    registry.agent(&agent).unwrap().0.start(site).unwrap()
}

/// What the learner does after some steps in a world, and what was measured meanwhile.
fn live(registry: &Registry, written: &Value, looked_at: bool) -> (Tensor, Vec<(String, f64)>) {
    let mut learner = start(registry, written);
    let gauge = Gauge::new(actor(registry, written), &SEEDS, Device::Cpu);
    let mut world = Streams::new(&SEEDS, "test world", Device::Cpu);
    let mut observation = world.normal(&[2, FEATURES as i64]);
    let (mut sample, mut read) = (Sample::default(), Vec::new());
    for step in 1..=100 {
        let action = learner
            .act(&observation.unsqueeze(1), Mode::Explore)
            .squeeze_dim(1);
        let next = world.normal(&[2, FEATURES as i64])
            + action.sum_dim_intlist(&[1i64][..], true, Kind::Float);
        let never = Tensor::zeros([2], (Kind::Float, Device::Cpu));
        learner
            .observe(&Transition {
                observation: &observation,
                action: &action,
                reward: &next.select(1, 0),
                next_observation: &next,
                terminated: &never,
                truncated: &never,
            })
            .unwrap();
        let seen: Vec<f64> = Vec::try_from(next.select(0, 0).to_kind(Kind::Double)).unwrap();
        sample.offer(&seen);
        if looked_at && step % 10 == 0 {
            read = gauge.read(learner.as_mut(), &sample, step);
        }
        observation = next;
    }
    let somewhere = world.normal(&[2, 50, FEATURES as i64]);
    let numbers = read.into_iter().map(|one| (one.name, one.value)).collect();
    (learner.act(&somewhere, Mode::Evaluate), numbers)
}

#[test]
fn a_learner_that_is_looked_at_learns_the_same_to_the_last_bit() {
    let registry = Registry::linked().unwrap();
    for written in [
        json!({ "popsan": { "hidden": [24, 17], "encoder": { "population": { "spikes": "bernoulli" } } } }),
        json!({ "noisysan": { "hidden": [24, 17] } }),
        json!({ "mlp": { "hidden": [24, 17] } }),
    ] {
        let (looked_at, read) = live(&registry, &written, true);
        let (alone, _) = live(&registry, &written, false);
        assert!(looked_at.equal(&alone), "{written}");
        let names: Vec<&str> = read.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"actor_gradient_norm"), "{names:?}");
        let spiking = written.get("mlp").is_none();
        assert_eq!(names.contains(&"firing_rate.layer.2"), spiking, "{names:?}");
        assert_eq!(names.contains(&"dead.layer.0"), spiking, "{names:?}");
    }
}
