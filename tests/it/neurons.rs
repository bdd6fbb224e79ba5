//! Neuron models against hand-computed numbers and against other libraries.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use spikebench::api::{
    AnyNeuron, AnySurrogate, Component, FiresAt, Kind as ApiKind, NeuronFormula,
};
use spikebench::network::spike::fire;
use spikebench::registry::Registry;
use spikebench_plugins as _;
use tch::{Device, Kind, Tensor};

fn row(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn a_constant_input_gives_the_hand_computed_states_spikes_and_gradients() {
    let golden: Value = serde_json::from_str(include_str!("../golden/popsan/worked.json")).unwrap();
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
        let mut spikes = Tensor::zeros([], (Kind::Double, Device::Cpu));
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
fn a_potential_exactly_at_the_threshold_fires_by_the_chosen_convention_only() {
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

/// Runs a neuron over time on double-precision tensors. All quantities are `[N]` in each step.
struct Watched {
    spikes: Vec<Tensor>,
    charged: Vec<Tensor>,
    after: Vec<Tensor>,
}

fn watch(
    neuron: &dyn AnyNeuron,
    surrogate: &dyn AnySurrogate,
    fires_at: FiresAt,
    current: &[Tensor],
    learned: &[Tensor],
) -> Watched {
    let mut watched = Watched {
        spikes: Vec::new(),
        charged: Vec::new(),
        after: Vec::new(),
    };
    let rest = neuron.rest_values().into_iter();
    let mut state: Vec<Tensor> = rest.map(|value| current[0].full_like(value)).collect();
    for current in current {
        let charged = neuron.charge_tensors(current, &state, learned);
        let spike = fire(&neuron.u_tensor(&charged, learned), fires_at, surrogate);
        state = neuron.reset_tensors(&spike, &charged, learned);
        watched.charged.push(charged[0].shallow_clone());
        watched.after.push(state[0].shallow_clone());
        watched.spikes.push(spike);
    }
    watched
}

fn made(name: &str, parameters: Value) -> Arc<dyn AnyNeuron> {
    let component = Component {
        name: name.to_owned(),
        parameters: parameters.as_object().unwrap().clone(),
    };
    Registry::linked().unwrap().neuron(&component).unwrap().0
}

fn surrogate(name: &str) -> Arc<dyn AnySurrogate> {
    let component = Component::named(name);
    Registry::linked().unwrap().surrogate(&component).unwrap().0
}

/// `[T, N]`
fn matrix(value: &Value) -> Tensor {
    let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
    Tensor::from_slice2(&rows)
}

fn largest(tensor: &Tensor) -> f64 {
    tensor.abs().max().double_value(&[])
}

#[test]
fn neurons_equal_those_of_spikingjelly_and_snntorch() {
    let names = compared(include_str!("../golden/neurons/neurons.json"));
    assert!(names.len() >= 12, "{names:?}");
}

#[test]
fn neurons_that_no_library_has_in_this_form_equal_the_equations_of_their_papers() {
    let names = compared(include_str!("../golden/neurons/equations.json"));
    let wanted = ["alif", "dynamic", "izhikevich"].map(str::to_owned);
    assert_eq!(names, BTreeSet::from(wanted));
}

/// Compares spikes, potentials and gradients, and returns the names of the models.
fn compared(golden: &str) -> BTreeSet<String> {
    let golden: Value = serde_json::from_str(golden).unwrap();
    let atan = surrogate("atan");
    let mut names = BTreeSet::new();
    for entry in golden["entries"].as_array().unwrap() {
        let what = format!(
            "{} as {} {}",
            entry["library"], entry["name"], entry["parameters"]
        );
        let name = entry["name"].as_str().unwrap();
        names.insert(name.to_owned());
        let neuron = made(name, entry["parameters"].clone());
        let current = matrix(&entry["current"]).set_requires_grad(true);
        let [steps, neurons] = current.size()[..] else {
            panic!("currents are [T, N]")
        };
        let learned: Vec<Tensor> = neuron
            .learnables()
            .iter()
            .map(|one| {
                let theirs = entry["learned"][one.name]["value"].as_f64().unwrap();
                Tensor::from(theirs).set_requires_grad(true)
            })
            .collect();
        let wide: Vec<Tensor> = learned
            .iter()
            .map(|one| one.expand([neurons], false))
            .collect();
        let fires_at: FiresAt = serde_json::from_value(entry["fires_at"].clone()).unwrap();
        let rows = current.unbind(0);
        let watched = watch(neuron.as_ref(), atan.as_ref(), fires_at, &rows, &wide);
        let spikes = Tensor::stack(&watched.spikes, 0);
        assert!(spikes.equal(&matrix(&entry["spikes"])), "{what}: spikes");
        let potentials = match entry["potential"].as_str().unwrap() {
            "after" => watched.after,
            _ => watched.charged,
        };
        let off = largest(&(Tensor::stack(&potentials, 0) - matrix(&entry["potentials"])));
        assert!(off < 1e-9, "{what}: potentials off by {off:e}");

        let weights = Tensor::arange(steps * neurons, (Kind::Double, Device::Cpu)).sin();
        (spikes * weights.view([steps, neurons]))
            .sum(Kind::Double)
            .backward();
        let theirs = matrix(&entry["gradient"]);
        let off = largest(&(current.grad() - &theirs)) / largest(&theirs);
        // Gradients of spikes pass through single precision there.
        let single = entry["library"].as_str().unwrap().starts_with("snnTorch");
        let tolerance = if single { 1e-7 } else { 1e-9 };
        assert!(off < tolerance, "{what}: gradient off by {off:e}");
        for (one, learned) in neuron.learnables().iter().zip(&learned) {
            let theirs = entry["learned"][one.name]["gradient"].as_f64().unwrap();
            let ours = learned.grad().double_value(&[]);
            assert!(
                (ours / theirs - 1.0).abs() < 1e-9,
                "{what}: {ours} and {theirs}"
            );
        }
    }
    names
}

#[test]
fn the_dynamic_neuron_has_the_potentials_of_either_published_sign() {
    // With a constant current of 0.4, computed by hand from equations 7 and 8.
    for (u_sign, potentials, spikes, last_u) in [
        (
            -1,
            [0.4, 0.76, 0.637, 0.592, 0.573],
            [0.0, 1.0, 1.0, 1.0, 1.0],
            0.092,
        ),
        (
            1,
            [0.4, 0.76, 0.637, 0.525, 0.303],
            [0.0, 1.0, 1.0, 1.0, 0.0],
            0.719,
        ),
    ] {
        let neuron = made("dynamic", json!({ "u_sign": u_sign }));
        let mut state = neuron.rest_values();
        for (step, (wanted, fires)) in potentials.into_iter().zip(spikes).enumerate() {
            let charged = neuron.at(NeuronFormula::Charge, &[vec![0.4], state].concat());
            assert!(
                (charged[0] - wanted).abs() < 6e-4,
                "{u_sign}, {step}: {charged:?}"
            );
            let spike = f64::from(neuron.at(NeuronFormula::U, &charged)[0] > 0.0);
            assert_eq!(spike, fires, "{u_sign}, {step}");
            if step == 4 {
                assert!((charged[1] - last_u).abs() < 6e-4, "{u_sign}: {charged:?}");
            }
            state = neuron.at(NeuronFormula::Reset, &[vec![spike], charged].concat());
        }
    }
}

#[test]
fn a_learning_dynamic_neuron_starts_out_equal_to_the_fixed_one() {
    let (fixed, learning) = (
        made("dynamic", json!({})),
        made("dynamic-learned", json!({})),
    );
    let theta: Vec<f64> = learning.learnables().iter().map(|one| one.init).collect();
    assert_eq!(theta, [-0.172, 0.529, 0.021, 0.132]);
    for part in [NeuronFormula::Charge, NeuronFormula::Reset] {
        let inputs = [0.3, 0.4, -0.2, 0.1];
        let ours = learning.at(part, &[&inputs[..], &theta].concat());
        assert_eq!(fixed.at(part, &inputs), ours);
    }
}

#[test]
fn an_adaptive_threshold_rises_with_every_spike_and_falls_back_between_them() {
    let neuron = made(
        "alif",
        json!({"tau": 20.0, "tau_adaptation": 100.0, "beta": 1.8}),
    );
    let (leak, stays) = ((-1.0f64 / 20.0).exp(), (-1.0f64 / 100.0).exp());
    let (mut v, mut b, mut s) = (0.0, 0.0, 0.0);
    let mut state = neuron.rest_values();
    let mut fired = 0.0;
    for step in 0..200 {
        let current = if step % 50 < 30 { 3.0 } else { 0.0 };
        // Bellec et al. 2018 in their own order: the previous step's spike is subtracted after the leak.
        b = stays * b + (1.0 - stays) * s;
        v = leak * v + (1.0 - leak) * current - s;
        s = f64::from(v > 1.0 + 1.8 * b);
        let charged = neuron.at(NeuronFormula::Charge, &[vec![current], state].concat());
        let u = neuron.at(NeuronFormula::U, &charged)[0];
        assert!((charged[0] - v).abs() < 1e-12, "step {step}");
        assert!((u - (v - 1.0 - 1.8 * b)).abs() < 1e-12, "step {step}");
        assert_eq!(f64::from(u > 0.0), s, "step {step}");
        state = neuron.at(NeuronFormula::Reset, &[vec![s], charged].concat());
        fired += s;
    }
    assert!((5.0..100.0).contains(&fired), "{fired}");
}

#[test]
fn izhikevichs_regular_spiking_cell_spikes_regularly_and_adapts() {
    // Izhikevich 2003, figure 1: a step of current of 10 gives a first interval shorter than the later ones.
    let neuron = made("izhikevich", json!({"dt": 0.5}));
    let mut state = neuron.rest_values();
    let mut times = Vec::new();
    for step in 0..1000 {
        let charged = neuron.at(NeuronFormula::Charge, &[vec![10.0], state].concat());
        let spike = f64::from(neuron.at(NeuronFormula::U, &charged)[0] >= 0.0);
        if spike == 1.0 {
            times.push(f64::from(step) * 0.5);
        }
        state = neuron.at(NeuronFormula::Reset, &[vec![spike], charged].concat());
        if spike == 1.0 {
            assert_eq!(state[0], -65.0);
        }
    }
    let intervals: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!((8..=20).contains(&times.len()), "{times:?}");
    assert!(intervals[0] < 0.8 * intervals[3], "{intervals:?}");
    let last = &intervals[intervals.len() - 3..];
    assert!((last[0] - last[2]).abs() <= 1.0, "{intervals:?}");
}

#[test]
fn a_delayed_hard_reset_equals_an_immediate_one_and_a_delayed_soft_reset_does_not() {
    let run = |reset: &str, reset_timing: &str| {
        let neuron = made("lif", json!({"reset": reset, "reset_timing": reset_timing}));
        let current: Vec<Tensor> = (0..12)
            .map(|step| Tensor::from_slice(&[1.0 + f64::from(step * 7 % 5) * 0.6]))
            .collect();
        let atan = surrogate("atan");
        let watched = watch(
            neuron.as_ref(),
            atan.as_ref(),
            FiresAt::Above,
            &current,
            &[],
        );
        Vec::<f64>::try_from(Tensor::cat(&watched.charged, 0)).unwrap()
    };
    assert_eq!(run("hard", "immediate"), run("hard", "next_step"));
    assert_ne!(run("soft", "immediate"), run("soft", "next_step"));
}

#[test]
fn parameters_are_accepted_under_the_names_of_other_libraries() {
    let ours = json!({"tau": 3.0, "decay_input": false, "v_threshold": 0.7, "reset": "soft"});
    let registry = Registry::linked().unwrap();
    let resolved = |parameters: &Value| {
        let component = Component {
            name: "lif".to_owned(),
            parameters: parameters.as_object().unwrap().clone(),
        };
        registry
            .resolve(ApiKind::Neuron, &component)
            .map_err(|fault| fault.to_string())
    };
    let wanted = resolved(&ours).unwrap();
    for theirs in [
        json!({"tau_mem": 3.0, "norm_input": false, "threshold": 0.7, "reset_mechanism": "subtract"}),
        json!({"tau": 3.0, "decay_input": false, "thresh": 0.7, "v_reset": null}),
    ] {
        assert_eq!(resolved(&theirs).unwrap(), wanted);
    }
    for (wrong, message) in [
        (
            json!({"v_reset": null, "reset": "hard"}),
            "null contradicts a hard reset",
        ),
        (json!({"v_reset": 1.0}), "1 must be below v_threshold (1)"),
        (json!({"tau": 0.5}), "0.5 must be at least 1 (time steps)"),
        (
            json!({"tau": 1.0, "reset": "soft", "reset_timing": "next_step"}),
            "next_step needs a leak above zero with a soft reset",
        ),
    ] {
        assert_eq!(resolved(&wrong).unwrap_err(), message);
    }
    let hard = registry.neuron(&Component {
        name: "qif".to_owned(),
        parameters: json!({"reset": "soft"}).as_object().unwrap().clone(),
    });
    let fault = hard.unwrap_err();
    assert_eq!(fault.field, "qif.reset");
}
