//! Encoders, decoders and actors against an independent PyTorch script, `golden/actors/make.py`: outputs, spikes and all
//! gradients; and properties that hold for all weights.

use std::collections::VecDeque;

use crate::golden::{component, difference, tensor};
use serde_json::{Map, Value, json};
use spikebench::api::{
    Actor, Component, Declaration, Init, Kind as Of, Noise, NoiseContext, Streams, Weights,
};
use spikebench::kernel::with_reference_ops;
use spikebench::registry::{ActorBuilder, Registry};
use spikebench_plugins as _;
use tch::{Device, Kind, Tensor};

/// Plays back the draws of the script.
#[derive(Default)]
struct Recorded {
    uniforms: VecDeque<Tensor>,
}

impl Noise for Recorded {
    fn uniform(&mut self, shape: &[i64]) -> Tensor {
        self.uniforms.pop_front().unwrap().view(shape)
    }

    fn normal(&mut self, _: &[i64]) -> Tensor {
        unreachable!("nothing draws normal numbers")
    }
}

fn data() -> Value {
    serde_json::from_str(include_str!("../golden/actors/actors.json")).unwrap()
}

fn cases(of: &str) -> Vec<Value> {
    let cases = data()[of].as_array().unwrap().clone();
    assert!(cases.len() >= 10, "{of}");
    cases
}

/// The script's weights, for one replica.
fn weights(declared: Vec<Declaration>, learned: &Value) -> Weights {
    assert_eq!(
        declared.len(),
        learned.as_object().map_or(0, Map::len),
        "{declared:?}"
    );
    let mut declared: Vec<Declaration> = declared
        .into_iter()
        .map(|declaration| {
            let values = tensor(&learned[&declaration.name]);
            assert_eq!(values.size(), declaration.shape, "{}", declaration.name);
            Declaration {
                init: Init::Values(Vec::try_from(values.reshape([-1])).unwrap()),
                ..declaration
            }
        })
        .collect();
    // A buffer must hold at least one tensor.
    declared.push(Declaration::new("none", &[1], Init::Values(vec![0.0])));
    let mut draw = Streams::new(&[0], "test", Device::Cpu);
    Weights::new(&declared, &mut draw, Device::Cpu)
}

fn below(part: &str, declared: Vec<Declaration>, learned: &Value) -> (Vec<Declaration>, Value) {
    let declared = declared.into_iter().map(|one| one.below(part)).collect();
    let learned = learned.as_object().unwrap().iter();
    let learned: Map<String, Value> = learned
        .map(|(name, values)| (format!("{part}.{name}"), values.clone()))
        .collect();
    (declared, learned.into())
}

/// Compares the output, and the gradients of the script's loss with respect to `input` and all parameters.
fn compare(
    case: &Value,
    name: &str,
    output: &Tensor,
    input: (&str, &Tensor),
    prefix: &str,
    weights: &Weights,
) {
    let off = difference(output, &case["output"]);
    assert!(off < 2e-6, "{name}: output off by {off:e}");
    let gradients = case["gradients"].as_object().unwrap();
    if gradients.is_empty() {
        return;
    }
    let shape = tensor(&case["output"]).size();
    (output.view(shape.as_slice()) * tensor(&case["loss_weights"]))
        .sum(Kind::Float)
        .backward();
    for (key, theirs) in gradients {
        let ours = if key == input.0 {
            input.1.grad()
        } else {
            weights.get(&format!("{prefix}{key}")).grad()
        };
        let off = difference(&ours, theirs);
        assert!(off < 1e-5, "{name}: gradient of {key} off by {off:e}");
    }
}

fn encoders() {
    let registry = Registry::linked().unwrap();
    for case in cases("encoders") {
        let name = case["encoder"].to_string();
        let encoder = registry
            .encoder(&component(case["encoder"].clone()))
            .unwrap()
            .0;
        let observation = tensor(&case["observation"])
            .unsqueeze(0)
            .set_requires_grad(true);
        let features = observation.size()[2];
        let (declared, learned) = below("encoder", encoder.learned(features), &case["learned"]);
        let weights = weights(declared, &learned);
        let mut noise = Recorded {
            uniforms: [tensor(&case["uniforms"])].into(),
        };
        let steps = data()["steps"].as_i64().unwrap();
        let spikes = encoder.encode(&observation, weights.at("encoder"), steps, &mut noise);
        assert_eq!(spikes.size()[3], encoder.width(features), "{name}");
        let binary = spikes.eq(0.0).logical_or(&spikes.eq(1.0)).all();
        assert!(binary.int64_value(&[]) == 1 || !encoder.spiking(), "{name}");
        compare(
            &case,
            &name,
            &spikes,
            ("observation", &observation),
            "encoder.",
            &weights,
        );
    }
}

fn decoders() {
    let registry = Registry::linked().unwrap();
    for case in cases("decoders") {
        let name = case["decoder"].to_string();
        let decoder = registry
            .decoder(&component(case["decoder"].clone()))
            .unwrap()
            .0;
        let spikes = tensor(&case["spikes"]).unsqueeze(0).set_requires_grad(true);
        let actions = tensor(&case["output"]).size()[1];
        assert_eq!(spikes.size()[3], decoder.width(actions), "{name}");
        let (declared, learned) = below("decoder", decoder.learned(actions), &case["learned"]);
        let weights = weights(declared, &learned);
        let output = decoder.decode(&spikes, weights.at("decoder"), None);
        compare(
            &case,
            &name,
            &output,
            ("spikes", &spikes),
            "decoder.",
            &weights,
        );
    }
}

fn build(
    registry: &Registry,
    actor: &Component,
    surrogate: &str,
    size: [i64; 2],
) -> Box<dyn Actor> {
    let surrogate = registry.surrogate(&Component::named(surrogate)).unwrap().0;
    let parts = ActorBuilder {
        registry,
        surrogate: Some(surrogate),
    };
    let settings = registry.actor(actor).unwrap().0;
    settings.build(size[0], size[1], &parts).unwrap()
}

fn actors() {
    let registry = Registry::linked().unwrap();
    for case in cases("actors") {
        let name = format!("{} {}", case["actor"], case["surrogate"]);
        let observation = tensor(&case["observation"])
            .unsqueeze(0)
            .set_requires_grad(true);
        let size = [observation.size()[2], tensor(&case["output"]).size()[1]];
        let settings = component(case["actor"].clone());
        let surrogate = case["surrogate"].as_str().unwrap();
        let actor = build(&registry, &settings, surrogate, size);
        let weights = weights(actor.learned(), &case["learned"]);
        let keys = (!case["moments"].is_null()).then(|| tensor(&case["moments"]).unsqueeze(0));
        let mut draws = Recorded::default();
        let mut noise = match &keys {
            Some(keys) => NoiseContext::exploring(&mut draws).at_steps(Some(keys)),
            None => NoiseContext::without_exploration(&mut draws),
        };
        let output = actor.forward(&observation, &weights, &mut noise);
        compare(
            &case,
            &name,
            &output,
            ("observation", &observation),
            "",
            &weights,
        );
    }
}

#[test]
fn encoders_with_the_kernels_equal_those_of_pytorch() {
    encoders();
}

#[test]
fn encoders_with_the_reference_operations_equal_those_of_pytorch() {
    with_reference_ops(encoders);
}

#[test]
fn decoders_equal_those_of_pytorch() {
    decoders();
}

#[test]
fn actors_with_the_kernels_equal_those_of_pytorch() {
    actors();
}

#[test]
fn actors_with_the_reference_operations_equal_those_of_pytorch() {
    with_reference_ops(actors);
}

/// Every registered actor, with smaller layers.
fn presets(registry: &Registry) -> Vec<Component> {
    let small = |name: &str| component(json!({ name: { "hidden": [24, 17] } }));
    registry
        .of(Of::Actor)
        .map(|entry| small(entry.name))
        .collect()
}

const SIZE: [i64; 2] = [4, 3];

#[test]
fn every_preset_has_the_same_values_and_gradients_with_the_kernels_and_with_the_reference_operations()
 {
    let registry = Registry::linked().unwrap();
    let mut presets = presets(&registry);
    assert!(presets.len() >= 7, "{presets:?}");
    let analog = json!({ "population": { "spikes": "analog" } });
    let ilc = |settings: Value| json!({ "ilc": settings });
    let own = ilc(json!({ "lateral": false }));
    let odd = ilc(json!({ "neurons": 23, "read": "max_abs" }));
    let large = ilc(json!({ "neurons": 300, "read": "mean" }));
    for more in [
        // Learnable neuron parameters in a layer that is connected with itself.
        json!({ "ilcsan": { "hidden": [24, 17], "neuron": "dynamic-learned" } }),
        // A constant input, but currents that vary; populations that end in the middle of a chunk of neurons.
        json!({ "ilcsan": { "hidden": [], "encoder": analog, "decoder": odd } }),
        json!({ "noisysan": { "hidden": [19], "encoder": analog, "neuron": "plif", "decoder": own } }),
        // Populations that are too large for the kernels.
        json!({ "noisysan": { "hidden": [24], "decoder": large } }),
    ] {
        presets.push(component(more));
    }
    for preset in presets {
        let actor = build(&registry, &preset, "triangular", SIZE);
        let mut draw = Streams::new(&[3, 4], "weights", Device::Cpu);
        let run = || {
            let weights = Weights::new(&actor.learned(), &mut draw.clone(), Device::Cpu);
            let mut noise = Streams::new(&[1, 2], "noise", Device::Cpu);
            let observation = Streams::new(&[5, 6], "observation", Device::Cpu).normal(&[2, 40, 4]);
            let out = actor.forward(&observation, &weights, &mut noise.exploring());
            (&out * out.cos()).sum(Kind::Float).backward();
            let gradients: Vec<(String, Tensor)> = weights
                .iter()
                .map(|(name, tensor)| (name.to_owned(), tensor.grad().copy()))
                .collect();
            (out.detach(), gradients)
        };
        let ((ours, ours_back), (theirs, theirs_back)) = (run(), with_reference_ops(run));
        assert!(ours.allclose(&theirs, 1e-6, 1e-6, false), "{}", preset.name);
        for ((name, one), (_, other)) in ours_back.iter().zip(&theirs_back) {
            let scale = other.abs().max().double_value(&[]);
            let off = (one - other).abs().max().double_value(&[]);
            assert!(
                scale > 0.0 && off <= 2e-5 * scale,
                "{} {name}: {off:e} of {scale:e}",
                preset.name
            );
        }
        let _ = draw.normal(&[2, 1]);
    }
}

#[test]
fn every_preset_acts_on_two_replicas_as_on_each_alone() {
    let registry = Registry::linked().unwrap();
    for preset in presets(&registry) {
        let actor = build(&registry, &preset, "triangular", SIZE);
        let act = |seeds: &[u64]| {
            let mut draw = Streams::new(seeds, "weights", Device::Cpu);
            let weights = Weights::new(&actor.learned(), &mut draw, Device::Cpu);
            let observation = draw.normal(&[seeds.len() as i64, 10, 4]);
            let out = actor.forward(&observation, &weights, &mut draw.exploring());
            out.detach()
        };
        let (together, alone) = (act(&[7, 8]), [act(&[7]), act(&[8])]);
        let alone = Tensor::cat(&alone, 0);
        assert!(
            together.allclose(&alone, 1e-6, 1e-6, false),
            "{}",
            preset.name
        );
    }
}

#[test]
fn exploration_noise_is_switched_off_in_evaluation() {
    let registry = Registry::linked().unwrap();
    let [noisy, quiet] = ["noisysan", "ilcsan"]
        .map(|name| build(&registry, &Component::named(name), "triangular", SIZE));
    let mut draw = Streams::new(&[1], "weights", Device::Cpu);
    let weights = Weights::new(&noisy.learned(), &mut draw, Device::Cpu);
    let observation = draw.normal(&[1, 30, 4]);
    let wanted = quiet.forward(&observation, &weights, &mut draw.clone().exploring());
    let mut again = draw.clone();
    let shown = noisy.forward(&observation, &weights, &mut again.without_exploration());
    assert!(shown.equal(&wanted));
    let explored = noisy.forward(&observation, &weights, &mut draw.exploring());
    assert!((explored - wanted).abs().max().double_value(&[]) > 1e-3);
}

#[test]
fn parameters_of_a_nested_component_that_a_suite_leaves_out_are_those_of_the_preset() {
    let registry = Registry::linked().unwrap();
    let resolved = |written: Value| {
        let resolved = registry.resolve(Of::Actor, &component(written)).unwrap();
        Value::Object(resolved.parameters)
    };
    let own = resolved(json!({ "popsan-eq9": { "encoder": { "population": { "neurons": 3 } } } }));
    assert_eq!(own["encoder"]["population"]["neurons"], 3);
    assert_eq!(own["encoder"]["population"]["gradient"], "identity");
    let given =
        json!({ "popsan-eq9": { "encoder": { "population": { "gradient": "through_reset" } } } });
    let given = resolved(given);
    assert_eq!(given["encoder"]["population"]["gradient"], "through_reset");
    let other = resolved(json!({ "popsan-eq9": { "encoder": "direct" } }));
    assert_eq!(other["encoder"], json!({ "direct": {} }));
    let otherwise = json!({ "popsan-eq9": { "neuron": { "CLIF": { "voltage_decay": 0.5 } } } });
    let otherwise = resolved(otherwise);
    assert_eq!(otherwise["neuron"]["clif"]["detach_reset"], true);
    // Complete parameters stay unchanged.
    let again = resolved(json!({ "popsan-eq9": own }));
    assert_eq!(again, own);
}

#[test]
fn invalid_parameters_are_rejected_with_their_name() {
    let registry = Registry::linked().unwrap();
    for (written, expected) in [
        (
            json!({ "popsan": { "T": 0 } }),
            "popsan.T: 0 must be at least 1",
        ),
        (
            json!({ "popsan": { "encoder": { "poisson": { "range": [1, 1] } } } }),
            "popsan.encoder.poisson.range: [1, 1] must run from low to high",
        ),
        (
            json!({ "ilcsan": { "decoder": { "ilc": { "tau": 0.5 } } } }),
            "ilcsan.decoder.ilc.tau: 0.5 must be at least 1",
        ),
        (
            json!({ "popsan": { "decoder": { "membrane": { "neurons": 0 } } } }),
            "popsan.decoder.membrane.neurons: 0 must be at least 1",
        ),
        (
            json!({ "noisysan": { "noise": { "current": -1 } } }),
            "noisysan.noise.current: -1 must not be negative",
        ),
        (
            json!({ "noisysan": { "noise": { "memory": 0 } } }),
            "noisysan.noise.memory: 0 must be from 1 to 100000",
        ),
        (
            json!({ "noisysan": { "noise": { "colour": 11 } } }),
            "noisysan.noise.colour: 11 must be from -10 to 10",
        ),
        (
            json!({ "noisysan": { "noise": { "returns": [5, 5] } } }),
            "noisysan.noise.returns: [5, 5] must run from low to high",
        ),
    ] {
        let fault = registry
            .resolve(Of::Actor, &component(written))
            .unwrap_err();
        let said = format!("{}: {}", fault.field, fault.message);
        assert_eq!(said, expected);
    }
    let wrong = json!({ "popsan": { "decoder": { "membrane": { "read": "last_mem" } } } });
    let fault = registry.resolve(Of::Actor, &component(wrong)).unwrap_err();
    assert_eq!(fault.field, "popsan.decoder.membrane.read");
    assert!(fault.message.contains("`last`, `max`"), "{}", fault.message);
}
