//! What encoders and decoders promise.

use std::rc::Rc;

use tch::{Device, Kind as Number, Tensor};

use super::numbers::assert_close;
use super::promise::Promise;
use crate::api::{Declaration, Decoder, Encoder, Init, Streams, Weights};
use crate::kernel::with_reference_ops;

const SEEDS: [u64; 2] = [1, 2];
const STEPS: i64 = 5;
const BATCH: i64 = 20;
const FEATURES: i64 = 3;
const ACTIONS: i64 = 2;

pub fn of_encoder(name: &str, encoder: Box<dyn Encoder>) -> Vec<Promise<'_>> {
    let encoder: Rc<dyn Encoder> = encoder.into();
    let (shape, kernels, replicas) = (Rc::clone(&encoder), Rc::clone(&encoder), encoder);
    vec![
        Promise::new("it keeps the shapes, and spikes are 0 or 1", move || {
            let out = &encode(shape.as_ref(), &SEEDS)[0];
            let [replicas, times, batch, width] = out.size()[..] else {
                panic!("{name} gives {:?}, not [R, T, B, width]", out.size())
            };
            let expected = [SEEDS.len() as i64, BATCH, shape.width(FEATURES)];
            assert_eq!(
                [replicas, batch, width],
                expected,
                "{name}: replicas, batch and width"
            );
            assert!(
                times == STEPS || times == 1,
                "{name} gives {times} time steps, not {STEPS} or 1"
            );
            let binary = out.eq(0.0).logical_or(&out.eq(1.0)).all();
            assert!(
                !shape.spiking() || binary.int64_value(&[]) == 1,
                "{name}: a spike is neither 0 nor 1"
            );
        }),
        Promise::new(
            "its kernels equal LibTorch's operations, forward and backward",
            move || {
                let run = || encode(kernels.as_ref(), &SEEDS);
                equal(name, &run(), &with_reference_ops(run));
            },
        ),
        Promise::new("a replica computes what it would alone", move || {
            let both = &encode(replicas.as_ref(), &SEEDS)[0].narrow(0, 0, 1);
            assert_close(both, &encode(replicas.as_ref(), &SEEDS[..1])[0], 1e-6, name);
        }),
    ]
}

pub fn of_decoder(name: &str, decoder: Box<dyn Decoder>) -> Vec<Promise<'_>> {
    let decoder: Rc<dyn Decoder> = decoder.into();
    let (shape, kernels, replicas, cost) = (
        Rc::clone(&decoder),
        Rc::clone(&decoder),
        Rc::clone(&decoder),
        decoder,
    );
    vec![
        Promise::new("it keeps the shapes", move || {
            let out = &decode(shape.as_ref(), &SEEDS)[0];
            assert_eq!(
                out.size(),
                [SEEDS.len() as i64, BATCH, ACTIONS],
                "{name}: [R, B, actions]"
            );
        }),
        Promise::new(
            "its kernels equal LibTorch's operations, forward and backward",
            move || {
                let run = || decode(kernels.as_ref(), &SEEDS);
                equal(name, &run(), &with_reference_ops(run));
            },
        ),
        Promise::new("a replica computes what it would alone", move || {
            let both = &decode(replicas.as_ref(), &SEEDS)[0].narrow(0, 0, 1);
            assert_close(both, &decode(replicas.as_ref(), &SEEDS[..1])[0], 1e-5, name);
        }),
        Promise::new(
            "its cost says that it reads its neurons in one way or the other",
            move || {
                let cost = cost.cost(ACTIONS);
                assert!(
                    (cost.fan_out > 0) != (cost.multiply_accumulates > 0),
                    "{name}: {cost:?}"
                );
            },
        ),
    ]
}

fn streams(seeds: &[u64], purpose: &str) -> Streams {
    Streams::new(seeds, purpose, Device::Cpu)
}

/// The weights of a part, below `part`.
fn weights(seeds: &[u64], declared: Vec<Declaration>) -> Weights {
    let mut declared: Vec<_> = declared.into_iter().map(|one| one.below("part")).collect();
    // Weights are never empty.
    declared.push(Declaration::new("none", &[1], Init::Uniform(1.0)));
    Weights::new(&declared, &mut streams(seeds, "weights"), Device::Cpu)
}

fn encode(encoder: &dyn Encoder, seeds: &[u64]) -> Vec<Tensor> {
    let shape = [seeds.len() as i64, BATCH, FEATURES];
    let observation = streams(seeds, "observations")
        .normal(&shape)
        .set_requires_grad(true);
    let weights = weights(seeds, encoder.learned(FEATURES));
    let mut noise = streams(seeds, "noise");
    let out = encoder.encode(&observation, weights.at("part"), STEPS, &mut noise);
    both_ways(out, &observation, &weights)
}

fn decode(decoder: &dyn Decoder, seeds: &[u64]) -> Vec<Tensor> {
    let shape = [seeds.len() as i64, STEPS, BATCH, decoder.width(ACTIONS)];
    let spikes = streams(seeds, "spikes")
        .uniform(&shape)
        .lt(0.3)
        .to_kind(Number::Float);
    let spikes = spikes.set_requires_grad(true);
    let weights = weights(seeds, decoder.learned(ACTIONS));
    let out = decoder.decode(&spikes, weights.at("part"), None);
    both_ways(out, &spikes, &weights)
}

/// The output, and the gradients of a loss with respect to the input and all parameters.
fn both_ways(out: Tensor, input: &Tensor, weights: &Weights) -> Vec<Tensor> {
    let loss = (&out * out.cos()).sum(Number::Float);
    let learned = weights.iter().map(|(_, tensor)| tensor.shallow_clone());
    let wanted: Vec<Tensor> = learned.chain([input.shallow_clone()]).collect();
    let mut all = vec![out.detach()];
    if loss.requires_grad() {
        loss.backward();
        all.extend(wanted.iter().map(Tensor::grad).filter(Tensor::defined));
    }
    all
}

fn equal(name: &str, ours: &[Tensor], theirs: &[Tensor]) {
    assert_eq!(ours.len(), theirs.len(), "{name}: the number of gradients");
    for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let what = match index {
            0 => format!("{name}: the output"),
            _ => format!("{name}: gradient {index}"),
        };
        assert_close(ours, theirs, 1e-5, &what);
    }
}
