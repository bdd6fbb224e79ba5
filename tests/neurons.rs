//! The current-based LIF against the worked numbers of `golden/popsan/worked.json`.

use serde_json::Value;
use spikebench::api::{Component, FiresAt};
use spikebench::registry::Registry;
use spikebench::spike::fire;
use spikebench_plugins as _;
use tch::{Kind, Tensor};

fn row(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn a_constant_input_gives_the_worked_states_spikes_and_gradients() {
    let golden: Value = serde_json::from_str(include_str!("golden/popsan/worked.json")).unwrap();
    let registry = Registry::linked().unwrap();
    let surrogate = registry
        .surrogate(&Component::named("rectangular"))
        .unwrap()
        .0;
    for (detach_reset, gradient) in [
        (false, "gradient_through_reset"),
        (true, "gradient_detached_reset"),
    ] {
        let mut clif = Component::named("clif");
        clif.parameters
            .insert("detach_reset".into(), detach_reset.into());
        let neuron = registry.neuron(&clif).unwrap().0;
        let input: Vec<Tensor> = row(&golden["input"])
            .iter()
            .map(|&current| Tensor::from(current).set_requires_grad(true))
            .collect();
        let mut state: Vec<Tensor> = neuron.rest_values().into_iter().map(Tensor::from).collect();
        let mut spikes = Tensor::zeros([], (Kind::Double, tch::Device::Cpu));
        for (step, current) in input.iter().enumerate() {
            let charged = neuron.charge_tensors(current, &state, &[]);
            let at = |key: &str| row(&golden[key])[step];
            assert!(
                (charged[0].double_value(&[]) - at("v")).abs() < 1e-12,
                "v at step {step}"
            );
            assert!(
                (charged[1].double_value(&[]) - at("c")).abs() < 1e-12,
                "c at step {step}"
            );
            let spike = fire(
                &neuron.u_tensor(&charged, &[]),
                FiresAt::Above,
                surrogate.as_ref(),
            );
            assert_eq!(spike.double_value(&[]), at("s"), "spike at step {step}");
            state = neuron.reset_tensors(&spike, &charged, &[]);
            spikes += spike;
        }
        spikes.backward();
        for (current, theirs) in input.iter().zip(row(&golden[gradient])) {
            assert!(
                (current.grad().double_value(&[]) - theirs).abs() < 1e-12,
                "{gradient}"
            );
        }
    }
}

#[test]
fn a_potential_at_the_threshold_fires_only_where_the_convention_says_so() {
    let registry = Registry::linked().unwrap();
    let surrogate = registry
        .surrogate(&Component::named("triangular"))
        .unwrap()
        .0;
    let u = Tensor::from_slice(&[-1e-7f32, 0.0, 1e-7]);
    let fired = |at| Vec::<f32>::try_from(fire(&u, at, surrogate.as_ref())).unwrap();
    assert_eq!(fired(FiresAt::Above), [0.0, 0.0, 1.0]);
    assert_eq!(fired(FiresAt::AtOrAbove), [0.0, 1.0, 1.0]);
}
