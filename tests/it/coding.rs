//! Properties of encoders and decoders that hold for all numbers.

use serde_json::{Value, json};
use spikebench::api::{
    Component, Declaration, Decoder, Encoder, Init, Kind as Of, Streams, Weights,
};
use spikebench::kernel::with_reference_ops;
use spikebench::registry::Registry;
use spikebench_plugins as _;
use tch::{Device, Kind, Tensor};

const STEPS: i64 = 8;

fn component(written: Value) -> Component {
    serde_json::from_value(written).unwrap()
}

fn encoder(written: Value) -> Box<dyn Encoder> {
    let registry = Registry::linked().unwrap();
    registry.encoder(&component(written)).unwrap().0
}

fn decoder(written: Value) -> Box<dyn Decoder> {
    let registry = Registry::linked().unwrap();
    registry.decoder(&component(written)).unwrap().0
}

/// Random weights for everything that is declared, plus one more tensor so that there is at least one.
fn weights(part: &str, declared: Vec<Declaration>) -> Weights {
    let mut declared: Vec<Declaration> = declared.into_iter().map(|one| one.below(part)).collect();
    declared.push(Declaration::new("none", &[1], Init::Uniform(1.0)));
    let mut draw = Streams::new(&[1, 2], "weights", Device::Cpu);
    Weights::new(&declared, &mut draw, Device::Cpu)
}

/// Spikes `[2, T, B, W]` of observations `[2, B, F]`.
fn encode(written: Value, observation: &Tensor) -> Tensor {
    let encoder = encoder(written);
    let weights = weights("encoder", encoder.learned(observation.size()[2]));
    let mut noise = Streams::new(&[3, 4], "noise", Device::Cpu);
    encoder.encode(observation, weights.at("encoder"), STEPS, &mut noise)
}

fn observations(batch: i64) -> Tensor {
    Streams::new(&[5, 6], "observation", Device::Cpu).normal(&[2, batch, 3]) * 2.0
}

fn greatest(tensor: &Tensor) -> f64 {
    tensor.abs().max().double_value(&[])
}

#[test]
fn deterministic_spikes_leave_a_remainder_below_one_threshold() {
    let observation = observations(300);
    let with = |more: Value| {
        let mut population = json!({ "neurons": 5 });
        population
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        encode(json!({ "population": population }), &observation)
    };
    let activation = with(json!({ "spikes": "analog" })).squeeze_dim(1);
    for threshold in [0.999, 1.0] {
        let spikes = with(json!({ "threshold": threshold }));
        let out = spikes.sum_dim_intlist(&[1i64][..], false, Kind::Float) * threshold;
        let left = &activation * STEPS as f64 - out;
        assert!(left.min().double_value(&[]) > -1e-5);
        // An activation above the threshold leaves its excess in every step.
        assert!(
            left.max().double_value(&[]) <= threshold + STEPS as f64 * (1.0 - threshold) + 1e-5
        );
    }
    // Whether receptive fields can be learned makes no difference before learning.
    assert!(with(json!({ "learned": false })).equal(&with(json!({}))));
    // The choice of gradient does not change the spikes.
    let identity = with(json!({ "gradient": "identity" }));
    assert!(identity.equal(&with(json!({}))));
}

#[test]
fn random_spikes_occur_at_the_rate_of_the_activation() {
    let observation = observations(1).expand([2, 4000, 3], false);
    for (coins, activation) in [
        (
            json!({ "population": { "spikes": "bernoulli", "neurons": 4 } }),
            json!({ "population": { "spikes": "analog", "neurons": 4 } }),
        ),
        (
            json!({ "linear": { "spikes": "bernoulli", "neurons": 4 } }),
            json!({ "linear": { "spikes": "analog", "neurons": 4 } }),
        ),
    ] {
        let rate = encode(coins, &observation).mean_dim(&[1i64, 2][..], false, Kind::Float);
        let expected = encode(activation, &observation).select(1, 0).select(1, 0);
        // The standard deviation of the mean of 32 000 draws is at most 0.0028.
        assert!(greatest(&(rate - expected)) < 0.014);
    }
    let rate = encode(json!({ "poisson": { "range": [-4, 4] } }), &observation);
    let rate = rate.mean_dim(&[1i64, 2][..], false, Kind::Float);
    let expected: Tensor = (observation.select(1, 0) + 4.0) / 8.0;
    assert!(greatest(&(rate - expected.clamp(0.0, 1.0))) < 0.014);
}

#[test]
fn latency_coding_gives_one_spike_and_never_a_later_one_for_a_larger_value() {
    let observation = Tensor::linspace(-4.0, 4.0, 401, (Kind::Float, Device::Cpu))
        .view([1, 401, 1])
        .expand([2, 401, 1], false);
    for function in ["linear", "logarithmic"] {
        let spikes = encode(json!({ "latency": { "function": function } }), &observation);
        let once = spikes.sum_dim_intlist(&[1i64][..], false, Kind::Float);
        assert!(once.equal(&once.ones_like()), "{function}");
        let step = spikes.argmax(1, false).select(0, 0).view([-1]);
        let later = step.slice(0, 1, None, 1) - step.slice(0, None, -1, 1);
        assert!(later.max().int64_value(&[]) <= 0, "{function}");
        assert_eq!(step.int64_value(&[0]), STEPS - 1, "{function}");
        assert_eq!(step.int64_value(&[400]), 0, "{function}");
    }
}

/// The output of a decoder for random spikes; all decoders draw the same weights.
fn decode(written: Value) -> Tensor {
    let decoder = decoder(written);
    let weights = weights("decoder", decoder.learned(2));
    let mut draw = Streams::new(&[7, 8], "spikes", Device::Cpu);
    let spikes = draw.uniform(&[2, STEPS, 40, decoder.width(2)]);
    let spikes = spikes.lt(0.3).to_kind(Kind::Float);
    decoder.decode(&spikes, weights.at("decoder"), None)
}

#[test]
fn the_last_potential_without_a_leak_is_the_rate_read_out_once_per_step() {
    for population in ["own", "shared"] {
        let rate = decode(json!({ "rate": { "population": population } }));
        let last = decode(json!({ "membrane": { "population": population } }));
        assert!(greatest(&(rate * STEPS as f64 - last)) < 1e-5);
    }
}

#[test]
fn the_last_maximum_and_mean_potentials_are_ordered_as_their_names_imply() {
    for tau in [Value::Null, json!(1.0), json!(3.0)] {
        let [last, max, max_abs, mean] = ["last", "max", "max_abs", "mean"]
            .map(|read| decode(json!({ "membrane": { "read": read, "tau": tau } })));
        let least = |tensor: Tensor| tensor.min().double_value(&[]);
        assert!(least(&max - &last) >= 0.0);
        assert!(least(&max - &mean) >= -1e-6);
        assert!(least(max_abs.abs() - max.abs()) >= 0.0);
        assert!(least(max_abs.abs() - mean.abs()) >= -1e-6);
    }
    let hyphen = decode(json!({ "membrane": { "read": "max-abs" } }));
    assert!(hyphen.equal(&decode(json!({ "membrane": { "read": "max_abs" } }))));
}

#[test]
fn disabled_connections_have_no_effect() {
    let none = json!({ "self": false, "lateral": false, "bias": false });
    let ilc = decoder(json!({ "ilc": none }));
    assert_eq!(
        ilc.learned(2),
        decoder(json!({ "membrane": {} })).learned(2)
    );
    let weights_of = |decoder: &dyn Decoder| weights("decoder", decoder.learned(2));
    assert!(
        ilc.lateral(weights_of(ilc.as_ref()).at("decoder"))
            .is_none()
    );

    let mut draw = Streams::new(&[7, 8], "spikes", Device::Cpu);
    let spikes = draw.uniform(&[2, 6, 20]).lt(0.3).to_kind(Kind::Float);
    let current = |more: Value| {
        let ilc = decoder(json!({ "ilc": more }));
        let weights = weights_of(ilc.as_ref());
        let lateral = ilc.lateral(weights.at("decoder")).unwrap();
        lateral.current(&spikes).detach()
    };
    // Both parts and the bias add up to the whole; the bias is drawn after the weights in every case.
    let all = current(json!({}));
    let own = current(json!({ "lateral": false }));
    let others = current(json!({ "self": false, "bias": false }));
    assert!(greatest(&(own + others - all)) < 1e-6);
    // A neuron that is alone in its population is connected only with itself.
    let alone = decoder(json!({ "ilc": { "neurons": 1 } }));
    assert_eq!(alone.width(3), 3);
}

/// The names of all registered components of a kind, as a suite would write them.
fn all(of: Of) -> Vec<Value> {
    let registry = Registry::linked().unwrap();
    let names: Vec<Value> = registry
        .of(of)
        .map(|entry| json!({ entry.name: {} }))
        .collect();
    assert!(names.len() >= 3, "{names:?}");
    names
}

/// The output, and the gradients of a loss with respect to the input and all parameters.
fn both_ways(out: Tensor, input: &Tensor, weights: &Weights) -> Vec<Tensor> {
    let loss = (&out * out.cos()).sum(Kind::Float);
    let learned = weights.iter().map(|(_, tensor)| tensor.shallow_clone());
    let wanted: Vec<Tensor> = learned.chain([input.shallow_clone()]).collect();
    let gradients = if loss.requires_grad() {
        loss.backward();
        wanted.iter().map(Tensor::grad).collect()
    } else {
        Vec::new()
    };
    let gradients = gradients.into_iter().filter(Tensor::defined);
    [out.detach()].into_iter().chain(gradients).collect()
}

fn assert_close(ours: &[Tensor], theirs: &[Tensor], name: &Value) {
    assert_eq!(ours.len(), theirs.len(), "{name}");
    for (one, other) in ours.iter().zip(theirs) {
        let scale = greatest(other).max(1e-6);
        assert!(greatest(&(one - other)) < 1e-5 * scale, "{name}");
    }
}

#[test]
fn every_encoder_fulfils_its_contract() {
    for name in all(Of::Encoder) {
        let encoder = encoder(name.clone());
        let run = || {
            let observation = observations(20).set_requires_grad(true);
            let weights = weights("encoder", encoder.learned(3));
            let mut noise = Streams::new(&[3, 4], "noise", Device::Cpu);
            let out = encoder.encode(&observation, weights.at("encoder"), STEPS, &mut noise);
            both_ways(out, &observation, &weights)
        };
        let ours = run();
        assert_close(&ours, &with_reference_ops(run), &name);
        let [replicas, times, batch, width] = ours[0].size()[..] else {
            panic!("{name}: {:?}", ours[0].size())
        };
        assert_eq!(
            [replicas, batch, width],
            [2, 20, encoder.width(3)],
            "{name}"
        );
        if encoder.spiking() {
            let binary = ours[0].eq(0.0).logical_or(&ours[0].eq(1.0)).all();
            assert_eq!((times, binary.int64_value(&[])), (STEPS, 1), "{name}");
        } else {
            assert!(times == 1 || times == STEPS, "{name}");
        }
        // The first replica behaves as it would alone.
        let alone = {
            let mut draw = Streams::new(&[1], "weights", Device::Cpu);
            let declared = encoder.learned(3).into_iter();
            let mut declared: Vec<_> = declared.map(|one| one.below("encoder")).collect();
            declared.push(Declaration::new("none", &[1], Init::Uniform(1.0)));
            let weights = Weights::new(&declared, &mut draw, Device::Cpu);
            let mut noise = Streams::new(&[3], "noise", Device::Cpu);
            let observation = observations(20).narrow(0, 0, 1);
            encoder.encode(&observation, weights.at("encoder"), STEPS, &mut noise)
        };
        let off = greatest(&(ours[0].narrow(0, 0, 1) - alone));
        assert!(off < 1e-6, "{name}: {off:e}");
    }
}

#[test]
fn every_decoder_fulfils_its_contract() {
    for name in all(Of::Decoder) {
        let decoder = decoder(name.clone());
        let run = || {
            let weights = weights("decoder", decoder.learned(2));
            let mut draw = Streams::new(&[7, 8], "spikes", Device::Cpu);
            let spikes = draw.uniform(&[2, STEPS, 20, decoder.width(2)]);
            let spikes = spikes.lt(0.3).to_kind(Kind::Float).set_requires_grad(true);
            let out = decoder.decode(&spikes, weights.at("decoder"), None);
            both_ways(out, &spikes, &weights)
        };
        let ours = run();
        assert_close(&ours, &with_reference_ops(run), &name);
        assert_eq!(ours[0].size(), [2, 20, 2], "{name}");
        // Its cost must say that it reads its neurons in one way or the other.
        let cost = decoder.cost(2);
        assert!(
            (cost.fan_out > 0) != (cost.multiply_accumulates > 0),
            "{name}: {cost:?}"
        );
    }
}

#[test]
fn constant_noise_at_the_read_out_acts_like_a_larger_bias() {
    for name in all(Of::Decoder) {
        let decoder = decoder(name.clone());
        let weights = weights("decoder", decoder.learned(2));
        let mut draw = Streams::new(&[7, 8], "spikes", Device::Cpu);
        let spikes = draw.uniform(&[2, STEPS, 20, decoder.width(2)]);
        let spikes = spikes.lt(0.3).to_kind(Kind::Float);
        let more = draw.normal(&[2, 2]);
        let noise = more.view([2, 1, 1, 2]).expand([2, STEPS, 20, 2], false);
        let noisy = decoder.decode(&spikes, weights.at("decoder"), Some(&noise));
        let mut bias = weights.get("decoder.bias").detach();
        let _ = bias.g_add_(&more);
        let biased = decoder.decode(&spikes, weights.at("decoder"), None);
        assert!(greatest(&(noisy - biased)) < 1e-5, "{name}");
    }
}
