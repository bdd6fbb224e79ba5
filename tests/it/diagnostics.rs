//! The activity of the layers is counted correctly, and measuring a learner does not change what it learns.

use serde_json::{Value, json};
use spikebench::api::{
    ActionSpace, Actor, AgentContext, Component, Declaration, Init, Learner, Mode, Spec, Streams,
    Transition, Weights,
};
use spikebench::registry::Registry;
use spikebench::run::diagnostics::{DiagnosticsProbe, Sample};
use spikebench_plugins as _;
use tch::{Device, Kind, Tensor};

const FEATURES: usize = 4;
const SEEDS: [u64; 2] = [7, 300];

fn component(value: Value) -> Component {
    serde_json::from_value(value).unwrap()
}

fn spec() -> Spec {
    Spec {
        observation: FEATURES,
        action: ActionSpace::Box(vec![(-1.0, 1.0); 2]),
        max_episode_steps: 1000,
    }
}

fn actor(registry: &Registry, written: &Value) -> Box<dyn Actor> {
    let surrogate = registry
        .surrogate(&Component::named("triangular"))
        .unwrap()
        .0;
    let actor = component(written.clone());
    registry
        .build_actor(&actor, Some(surrogate), &spec())
        .unwrap()
}

fn start(registry: &Registry, written: &Value) -> Box<dyn Learner> {
    let agent = component(json!({ "td3": {
        "critic_hidden": [20, 16], "batch_size": 16, "start_steps": 20, "update_after": 60, "update_every": 1,
        "gradient_steps": 1, "normalise_every": 10,
    } }));
    let context = AgentContext {
        spec: spec(),
        actor: actor(registry, written),
        seeds: SEEDS.to_vec(),
        device: Device::Cpu,
    };
    registry.agent(&agent).unwrap().0.start(context).unwrap()
}

/// The actions of a learner after some steps in a made-up environment, and what was measured meanwhile.
fn train(registry: &Registry, written: &Value, measured: bool) -> (Tensor, Vec<(String, f64)>) {
    let mut learner = start(registry, written);
    let probe = DiagnosticsProbe::new(actor(registry, written), &SEEDS, Device::Cpu);
    let mut world = Streams::new(&SEEDS, "test world", Device::Cpu);
    let mut observation = world.normal(&[2, FEATURES as i64]);
    let (mut sample, mut diagnostics) = (Sample::default(), Vec::new());
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
        if measured && step % 10 == 0 {
            diagnostics = probe.measure(learner.as_mut(), &sample, step);
        }
        observation = next;
    }
    let somewhere = world.normal(&[2, 50, FEATURES as i64]);
    let numbers = diagnostics.into_iter().map(|one| (one.name, one.value));
    (learner.act(&somewhere, Mode::Evaluate), numbers.collect())
}

#[test]
fn a_learner_that_is_measured_learns_the_same_to_the_last_bit() {
    let registry = Registry::linked().unwrap();
    for written in [
        json!({ "popsan": { "hidden": [24, 17], "encoder": { "population": { "spikes": "bernoulli" } } } }),
        json!({ "noisysan": { "hidden": [24, 17] } }),
        json!({ "mlp": { "hidden": [24, 17] } }),
    ] {
        let (measured, diagnostics) = train(&registry, &written, true);
        let (unmeasured, _) = train(&registry, &written, false);
        assert!(measured.equal(&unmeasured), "{written}");
        let names: Vec<&str> = diagnostics.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"actor_gradient_norm"), "{names:?}");
        let spiking = written.get("mlp").is_none();
        assert_eq!(names.contains(&"firing_rate.layer.2"), spiking, "{names:?}");
        assert_eq!(names.contains(&"dead.layer.0"), spiking, "{names:?}");
    }
}

#[test]
fn the_activity_has_the_spikes_of_every_layer_and_their_cost() {
    let registry = Registry::linked().unwrap();
    let written = json!({ "ilcsan": {
        "hidden": [6], "T": 4,
        "encoder": { "population": { "neurons": 2 } },
        "decoder": { "ilc": { "neurons": 5, "self": false } },
    } });
    let actor = actor(&registry, &written);
    // With zero weights, and biases far from the threshold, it is known which neurons fire.
    let known: Vec<Declaration> = actor
        .learned()
        .into_iter()
        .map(|one| {
            let count = one.shape.iter().product::<i64>() as usize;
            let value = match one.name.as_str() {
                "encoder.mean" => 0.0,
                "encoder.std" => 1.0,
                "layer.0.bias" => 10.0,
                "layer.1.bias" => -10.0,
                _ => 0.0,
            };
            let init = Init::Values(vec![value; count]);
            Declaration { init, ..one }
        })
        .collect();
    let mut draw = Streams::new(&[1, 2], "weights", Device::Cpu);
    let weights = Weights::new(&known, &mut draw, Device::Cpu);
    let observation = Tensor::zeros([2, 7, 4], (Kind::Float, Device::Cpu));
    let activity = actor.activity(&observation, &weights, &mut draw);
    let seen: Vec<_> = activity
        .layers
        .iter()
        .map(|layer| {
            assert_eq!(layer.firing_rate[0], layer.firing_rate[1]);
            let dead = layer.dead.as_ref().map(|dead| dead[0]);
            (
                layer.name.as_str(),
                layer.firing_rate[0],
                layer.synaptic_operations[0],
                dead,
            )
        })
        .collect();
    // An activation of exactly 1 fires in every step. So do 8 encoder neurons with 6 connections each and 6 hidden neurons
    // with 10 connections each, while the output is silent.
    let encoder = 4.0 * 8.0 * 6.0;
    let hidden = 4.0 * 6.0 * 10.0;
    assert_eq!(
        seen,
        [
            ("encoder", 1.0, encoder, None),
            ("layer.0", 1.0, hidden, Some(1.0)),
            ("layer.1", 0.0, 0.0, Some(1.0)),
        ]
    );
    assert_eq!(activity.synaptic_operations(), [encoder + hidden; 2]);
    assert_eq!(activity.multiply_accumulates, 0);
}

#[test]
fn direct_encoders_rate_decoders_and_networks_without_spikes_cost_multiplications() {
    let registry = Registry::linked().unwrap();
    let multiplications = |written: Value| {
        let actor = actor(&registry, &written);
        let mut draw = Streams::new(&[1], "weights", Device::Cpu);
        let weights = Weights::new(&actor.learned(), &mut draw, Device::Cpu);
        let observation = draw.normal(&[1, 7, 4]);
        let activity = actor.activity(&observation, &weights, &mut draw);
        (activity.layers.len(), activity.multiply_accumulates)
    };
    let analog = json!({ "popsan": { "encoder": "direct", "hidden": [6] } });
    assert_eq!(multiplications(analog), (2, 4 * 6 + 2 * 10));
    let spiking = json!({ "popsan": { "hidden": [6] } });
    assert_eq!(multiplications(spiking), (3, 2 * 10));
    let mlp = json!({ "mlp": { "hidden": [6, 5] } });
    assert_eq!(multiplications(mlp), (0, 4 * 6 + 6 * 5 + 5 * 2));
}
