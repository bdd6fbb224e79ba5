//! What a neuron model promises.

use std::sync::Arc;

use serde_json::Value;
use tch::{Device, Kind as Number, Tensor};

use super::numbers::{assert_close, close, values};
use super::probe::Probe;
use super::promise::Promise;
use crate::api::{AnyNeuron, Component, FiresAt, NeuronFormula, Streams, u_at_rest};
use crate::kernel::with_reference_ops;
use crate::network::neurons::Neurons;

pub fn promises<'a>(
    name: &'a str,
    complete: &Component,
    model: Arc<dyn AnyNeuron>,
) -> Vec<Promise<'a>> {
    let complete = complete.clone();
    let (at_rest, slopes) = (Arc::clone(&model), Arc::clone(&model));
    vec![
        Promise::new("it is silent at rest", move || {
            assert!(
                u_at_rest(at_rest.as_ref()) < 0.0,
                "{name} fires without input"
            );
        }),
        Promise::new(
            "the derivatives of its formulas by dual numbers equal those by differences",
            move || {
                check_slopes(name, &complete, slopes.as_ref());
            },
        ),
        Promise::new(
            "its loops equal tensors, and no observation depends on another one or on an earlier call",
            move || check_kernels(name, model),
        ),
    ]
}

fn check_kernels(name: &str, model: Arc<dyn AnyNeuron>) {
    let mut draw = Streams::new(&[1, 2], "conformance", Device::Cpu);
    let (steps, batch, width) = (5, 4, 19);
    let neurons = Neurons {
        model,
        surrogate: Arc::new(Probe),
        fires_at: FiresAt::Above,
        steps,
    };
    let learned: Vec<Tensor> = neurons
        .model
        .learnables()
        .iter()
        .map(|one| (draw.uniform(&[2, width]) * 0.1 + one.init).set_requires_grad(true))
        .collect();
    // Weak, typical and strong currents, for models in units of the threshold and in millivolts.
    for scale in [0.1, 1.0, 30.0] {
        let current = (draw.normal(&[2, steps, batch, width]) + 0.5) * scale;
        let run = || {
            let current = current.detach().set_requires_grad(true);
            let spikes = neurons.fire(&current, &learned);
            let weights = Tensor::arange(spikes.numel() as i64, (Number::Float, Device::Cpu));
            let loss = (&spikes * weights.sin().view_as(&spikes)).sum(Number::Float);
            let inputs: Vec<&Tensor> = [&current].into_iter().chain(&learned).collect();
            let gradients = Tensor::run_backward(&[&loss], &inputs, false, false);
            (spikes.detach(), gradients)
        };
        let (spikes, gradients) = run();
        let (wanted, reference) = with_reference_ops(run);
        assert!(
            spikes.equal(&wanted),
            "{name}: the kernels give different spikes from LibTorch's operations"
        );
        for (index, (ours, theirs)) in gradients.iter().zip(&reference).enumerate() {
            let what =
                format!("{name}: gradient {index} of the kernels and of LibTorch's operations");
            assert_close(ours, theirs, 1e-5, &what);
        }
        assert!(run().0.equal(&spikes), "{name} depends on an earlier call");
        for observation in 0..batch {
            let alone = neurons.fire(&current.narrow(2, observation, 1), &learned);
            let among = spikes.narrow(2, observation, 1);
            assert!(
                alone.equal(&among),
                "{name}: an observation depends on its neighbours"
            );
        }
    }
}

fn check_slopes(name: &str, component: &Component, model: &dyn AnyNeuron) {
    let mut draw = Streams::new(&[5], "conformance", Device::Cpu);
    let detached = component.parameters.get("detach_reset") == Some(&Value::Bool(true));
    for part in [
        NeuronFormula::Charge,
        NeuronFormula::U,
        NeuronFormula::Reset,
    ] {
        let count = usize::from(part != NeuronFormula::U) + model.rest_values().len();
        for _ in 0..10 {
            let mut inputs = values(&draw.normal(&[1, count as i64]));
            inputs.extend(model.learnables().iter().map(|one| one.init));
            for (index, slopes) in model.slopes(part, &inputs).iter().enumerate() {
                if detached && part == NeuronFormula::Reset && index == 0 {
                    continue;
                }
                let moved = |by: f64| {
                    let mut inputs = inputs.clone();
                    inputs[index] += by;
                    model.at(part, &inputs)
                };
                let step = 1e-6;
                for ((slope, above), below) in slopes.iter().zip(moved(step)).zip(moved(-step)) {
                    let wanted = (above - below) / (2.0 * step);
                    assert!(
                        close(*slope, wanted, 1e-6),
                        "{name}, {part:?} with respect to input {index}: slope {slope}, finite differences {wanted}"
                    );
                }
            }
        }
    }
}
