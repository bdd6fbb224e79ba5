//! The Pop-SAN actor against an independent PyTorch script, `golden/popsan/make.py`: actions, spikes and all gradients.

use crate::golden::{component, difference, tensor};
use serde_json::{Map, Value, json};
use spikebench::api::{Actor, Declaration, Init, Noise, NoiseContext, Streams, Weights};
use spikebench::kernel::with_reference_ops;
use spikebench::network::forward::SpikingNetwork;
use spikebench::network::neurons::Neurons;
use spikebench::registry::{ActorBuilder, Registry};
use spikebench_plugins as _;
use tch::{Device, Kind, Tensor};

/// Plays back the draws of the script.
struct Recorded(Tensor);

impl Noise for Recorded {
    fn uniform(&mut self, shape: &[i64]) -> Tensor {
        self.0.view(shape)
    }

    fn normal(&mut self, _: &[i64]) -> Tensor {
        unreachable!("the script draws uniform numbers only")
    }
}

fn data() -> Value {
    serde_json::from_str(include_str!("../golden/popsan/popsan.json")).unwrap()
}

fn network(golden: &Value, case: &Value, registry: &Registry) -> SpikingNetwork {
    let mut surrogate: Map<String, Value> = case["surrogate"].as_object().unwrap().clone();
    let name = surrogate.remove("name").unwrap();
    let surrogate = component(json!({ name.as_str().unwrap(): surrogate }));
    let parts = ActorBuilder {
        registry,
        surrogate: Some(registry.surrogate(&surrogate).unwrap().0),
    };
    let rows = |name: &str| golden["parameters"][name].as_array().unwrap();
    let width = |name: &str| rows(name)[0].as_array().unwrap().len();
    let detach_reset = &case["detach_reset"];
    let settings = component(json!({ "popsan": {
        "encoder": { "population": { "neurons": width("encoder.mean"), "spikes": case["encoder"] } },
        "neuron": { "clif": { "detach_reset": detach_reset } },
        "decoder": { "rate": { "neurons": width("decoder.weight") } },
        "hidden": [width("layer.0.weight"), width("layer.1.weight")],
    } }));
    let (features, actions) = (
        rows("encoder.mean").len() as i64,
        rows("decoder.weight").len() as i64,
    );
    // The same components as in the actor, but with access to the spikes.
    let resolved = registry
        .resolve(spikebench::api::Kind::Actor, &settings)
        .unwrap()
        .parameters;
    let part = |key: &str| component(resolved[key].clone());
    use spikebench::api::ComponentFactory;
    SpikingNetwork {
        normalise: Default::default(),
        noise: None,
        encoder: parts.encoder(&part("encoder")).unwrap(),
        neurons: Neurons {
            model: parts.neuron(&part("neuron")).unwrap(),
            surrogate: parts.surrogate().unwrap(),
            fires_at: serde_json::from_value(resolved["fires_at"].clone()).unwrap(),
            steps: resolved["T"].as_i64().unwrap(),
        },
        decoder: parts.decoder(&part("decoder")).unwrap(),
        hidden: serde_json::from_value(resolved["hidden"].clone()).unwrap(),
        features,
        actions,
    }
}

/// The script's weights, the same for every replica.
fn weights(golden: &Value, network: &SpikingNetwork, replicas: usize) -> Weights {
    let declared: Vec<Declaration> = network
        .learned()
        .into_iter()
        .map(|declaration| {
            let values = tensor(&golden["parameters"][&declaration.name]).reshape([-1]);
            assert_eq!(
                values.numel() as i64,
                declaration.shape.iter().product::<i64>(),
                "{}",
                declaration.name
            );
            Declaration {
                init: Init::Values(Vec::try_from(values).unwrap()),
                ..declaration
            }
        })
        .collect();
    Weights::new(
        &declared,
        &mut Streams::new(&vec![0; replicas], "test", Device::Cpu),
        Device::Cpu,
    )
}

#[test]
fn actions_spikes_and_gradients_of_the_kernels_equal_those_of_pytorch() {
    compare_with_pytorch();
}

#[test]
fn actions_spikes_and_gradients_of_the_reference_operations_equal_those_of_pytorch() {
    with_reference_ops(compare_with_pytorch);
}

fn compare_with_pytorch() {
    let golden = data();
    let registry = Registry::linked().unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 12);
    for case in cases {
        let name = format!(
            "{} detach_reset={} {}",
            case["encoder"], case["detach_reset"], case["surrogate"]
        );
        let network = network(&golden, case, &registry);
        let weights = weights(&golden, &network, 1);
        let mut noise = Recorded(tensor(&golden["inputs"]["uniforms"]));
        let observation = tensor(&golden["inputs"]["observation"])
            .unsqueeze(0)
            .set_requires_grad(true);

        let spikes = network.spikes(
            &observation,
            &weights,
            &mut NoiseContext::exploring(&mut noise),
        );
        let counts: Vec<i64> = spikes
            .iter()
            .map(|layer| layer.sum(Kind::Double).int64_value(&[]))
            .collect();
        assert_eq!(json!(counts), case["spike_counts"], "{name}");

        let action = network
            .forward(
                &observation,
                &weights,
                &mut NoiseContext::exploring(&mut noise),
            )
            .tanh();
        assert!(
            difference(&action, &case["action"]) < 1e-6,
            "{name}: action"
        );
        (action * tensor(&golden["inputs"]["loss_weights"]))
            .sum(Kind::Float)
            .backward();
        for (key, theirs) in case["gradients"].as_object().unwrap() {
            let off = difference(&weights.get(key).grad(), theirs);
            assert!(off < 1e-5, "{name}: gradient of {key} off by {off:e}");
        }
        let off = difference(&observation.grad(), &case["observation_gradient"]);
        assert!(
            off < 1e-5,
            "{name}: gradient of the observation off by {off:e}"
        );
    }
}

#[test]
fn a_replica_has_the_same_gradients_as_alone() {
    let golden = data();
    let registry = Registry::linked().unwrap();
    let network = network(&golden, &golden["cases"][0], &registry);
    let observation = tensor(&golden["inputs"]["observation"]);
    let mut noise = Recorded(tensor(&golden["inputs"]["uniforms"]));
    let together = weights(&golden, &network, 3);
    let alone = weights(&golden, &network, 1);
    // Each replica gets another observation, so that a gradient that leaks across replicas shows.
    let inputs: Vec<Tensor> = [1.0, 0.5, -0.7]
        .iter()
        .map(|scale| &observation * *scale)
        .collect();
    let run = |input: &Tensor, weights: &Weights, noise: &mut Recorded| {
        network
            .forward(input, weights, &mut NoiseContext::exploring(noise))
            .tanh()
            .sum(Kind::Float)
            .backward();
    };
    run(&Tensor::stack(&inputs, 0), &together, &mut noise);
    let mut one = alone;
    for (replica, input) in inputs.iter().enumerate() {
        one.zero_gradient();
        run(&input.unsqueeze(0), &one, &mut noise);
        for (name, tensor) in one.iter() {
            let here = together.get(name).grad().select(0, replica as i64);
            let off = (here - tensor.grad().squeeze_dim(0))
                .abs()
                .max()
                .double_value(&[]);
            assert!(off < 1e-5, "{name} of replica {replica} off by {off:e}");
        }
    }
}
