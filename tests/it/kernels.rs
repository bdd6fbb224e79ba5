//! The kernels against the reference: every registered neuron model with every registered surrogate must give the same spikes
//! and gradients by the kernels and by LibTorch's operations one by one. A new component is covered without a line here. The
//! model at the end of this file has learned parameters and a threshold that moves, which no registered model has yet.

use std::sync::Arc;

use serde_json::{Value, json};
use spikebench::api::{
    AnyNeuron, AnySurrogate, Component, FiresAt, Kind, NeuronFormula, Registration, Streams,
    SurrogateProfile,
};
use spikebench::kernel::with_reference_ops;
use spikebench::network::fused::{self, Influences, Layer};
use spikebench::network::neurons::Neurons;
use spikebench::registry::Registry;
use spikebench_plugins as _;
use tch::{Device, Kind as Number, Tensor};

/// A neuron model and the component it was made from.
type Made = (Component, Arc<dyn AnyNeuron>);

/// Every registered neuron model with its default parameters.
fn every_neuron(registry: &Registry) -> Vec<Made> {
    let made = |entry: &'static Registration| {
        let component = Component::named(entry.name);
        let plain = registry.resolve(Kind::Neuron, &component).unwrap();
        let neuron = registry.neuron(&plain).unwrap().0;
        (plain, neuron)
    };
    registry.of(Kind::Neuron).map(made).collect()
}

/// Every registered neuron model, with every kind and timing of the reset and both values of every boolean parameter.
fn every_variant(registry: &Registry) -> Vec<Made> {
    let words = |words: &[&str]| words.iter().map(|&word| json!(word)).collect();
    let values = |key: &str, value: &Value| -> Vec<Value> {
        match (key, value) {
            ("reset", _) => words(&["hard", "soft", "none"]),
            ("reset_timing", _) => words(&["immediate", "next_step"]),
            (_, Value::Bool(_)) => vec![json!(false), json!(true)],
            _ => vec![value.clone()],
        }
    };
    let mut made = Vec::new();
    for (plain, _) in every_neuron(registry) {
        let mut variants = vec![Component::named(plain.name)];
        for (key, value) in &plain.parameters {
            let with = |variant: &Component, value: Value| {
                let mut variant = variant.clone();
                variant.parameters.insert(key.clone(), value);
                variant
            };
            variants = variants
                .iter()
                .flat_map(|variant| {
                    values(key, value)
                        .into_iter()
                        .map(|value| with(variant, value))
                })
                .collect();
        }
        for variant in variants {
            match registry.neuron(&variant) {
                Ok((neuron, _)) => made.push((variant, neuron)),
                // A model whose leak is not a factor refuses a reset after the leak.
                Err(fault) => assert!(fault.field.ends_with(".reset_timing"), "{fault:?}"),
            }
        }
    }
    made
}

fn name(component: &Component) -> String {
    serde_json::to_string(component).unwrap()
}

fn every_surrogate(registry: &Registry) -> Vec<(&'static str, Arc<dyn AnySurrogate>)> {
    registry
        .of(Kind::Surrogate)
        .map(|entry| {
            let component = Component::named(entry.name);
            (entry.name, registry.surrogate(&component).unwrap().0)
        })
        .collect()
}

/// A current that makes a neuron of any model fire within a few steps, including models that count in millivolts.
const DRIVE: f64 = 300.0;

/// Currents `[R, T, B, N]` of typical and of extreme shapes and values.
fn currents() -> Vec<(&'static str, Tensor)> {
    let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
    let mut normal = |shape: &[i64]| draw.normal(shape) * 0.4;
    let with_nan = normal(&[2, 4, 3, 5]);
    let _ = with_nan.narrow(1, 1, 1).narrow(3, 2, 1).fill_(f64::NAN);
    vec![
        ("some", normal(&[2, 5, 7, 256])),
        ("257 neurons", normal(&[2, 5, 3, 257])),
        ("one neuron", normal(&[2, 5, 7, 1])),
        ("one step", normal(&[2, 1, 7, 40])),
        ("one observation", normal(&[2, 9, 1, 30])),
        ("one of everything", normal(&[2, 1, 1, 1])),
        ("all silent", normal(&[2, 5, 3, 20]) * 0.01 - 1.0),
        ("all firing", normal(&[2, 5, 3, 20]) * 0.01 + DRIVE),
        ("not a number", with_nan),
    ]
}

/// The learned parameters, `[R, N]` or `[R, 1]`, a little off their initial values.
fn learned(neuron: &dyn AnyNeuron, neurons: i64) -> Vec<Tensor> {
    let mut draw = Streams::new(&[3, 4], "test", Device::Cpu);
    neuron
        .learnables()
        .iter()
        .map(|one| {
            let count = if one.per_neuron { neurons } else { 1 };
            let off = draw.uniform(&[2, count]) * 0.1;
            (off + one.init).set_requires_grad(true)
        })
        .collect()
}

/// The spikes, and the gradients of the currents and of the learned parameters.
fn run(layer: &Neurons, current: &Tensor, learned: &[Tensor]) -> (Tensor, Vec<Tensor>) {
    let current = current.detach().set_requires_grad(true);
    let spikes = layer.fire(&current, learned);
    let weights = Tensor::arange(spikes.numel() as i64, (Number::Float, Device::Cpu)).sin();
    let loss = (&spikes * weights.view_as(&spikes)).sum(Number::Float);
    let inputs: Vec<&Tensor> = [&current].into_iter().chain(learned).collect();
    if !loss.requires_grad() {
        // One step of a model whose input arrives only in the next one.
        return (spikes, inputs.into_iter().map(Tensor::zeros_like).collect());
    }
    let gradients = Tensor::run_backward(&[&loss], &inputs, false, false)
        .into_iter()
        .zip(inputs);
    // LibTorch gives no gradient for an input that nothing depends on, such as a parameter that matters only from the second
    // step on.
    let given = |(gradient, input): (Tensor, &Tensor)| match gradient.defined() {
        true => gradient,
        false => input.zeros_like(),
    };
    (spikes.detach(), gradients.map(given).collect())
}

/// The largest difference, relative to the largest magnitude; infinite if NaNs are at different places.
fn difference(ours: &Tensor, theirs: &Tensor) -> f64 {
    if !ours.isnan().equal(&theirs.isnan()) {
        return f64::INFINITY;
    }
    let [ours, theirs] = [ours, theirs].map(|tensor| tensor.nan_to_num(0.0, None, None));
    let scale = theirs.abs().max().double_value(&[]).max(1e-30);
    (ours - theirs).abs().max().double_value(&[]) / scale
}

fn compare(name: &str, layer: &Neurons) {
    compare_on(name, layer, currents());
}

fn compare_on(name: &str, layer: &Neurons, currents: Vec<(&'static str, Tensor)>) {
    // If a model contains an exponential, the potentials of the two paths differ in the last bit, and a narrow surrogate
    // magnifies the difference by one over its width.
    let profile = SurrogateProfile::of(layer.surrogate.as_ref(), -0.5);
    let width = profile.half_width.filter(|&width| width > 0.0);
    let tolerance = 1e-5 * width.map_or(1.0, |width| (0.05 / width).max(1.0));
    for (kind, current) in currents {
        for constant in [false, true] {
            // If the current is constant, there are as many steps as there were currents.
            let steps = current.size()[1];
            let given = if constant {
                current.narrow(1, 0, 1)
            } else {
                current.shallow_clone()
            };
            let layer = Neurons {
                steps,
                ..layer.clone()
            };
            let learned = learned(layer.model.as_ref(), current.size()[3]);
            let (spikes, gradients) = run(&layer, &given, &learned);
            let (wanted, reference) = with_reference_ops(|| run(&layer, &given, &learned));
            assert_eq!(difference(&spikes, &wanted), 0.0, "{name}, {kind}: spikes");
            // The gradient of a neuron that received NaN is not compared; those of its neighbours are.
            let sound = given.isnan().any_dim(1, true).logical_not();
            let spoilt = sound.logical_not().any().int64_value(&[]) != 0;
            let compared = if spoilt { 1 } else { gradients.len() };
            for index in 0..compared {
                let [ours, theirs] = [&gradients, &reference].map(|all| {
                    if spoilt {
                        all[index].where_scalarother(&sound, 0.0)
                    } else {
                        all[index].shallow_clone()
                    }
                });
                let (ours, theirs) = (&ours, &theirs);
                // The gradient of a learned parameter sums over many places, whose terms of both signs cancel.
                let tolerance = tolerance * if index == 0 { 1.0 } else { 5.0 };
                let off = difference(ours, theirs);
                assert!(
                    off <= tolerance,
                    "{name}, {kind}: gradient {index} off by {off:e}"
                );
            }
            if kind == "all firing" {
                let fired = spikes.any_dim(1, false).all().int64_value(&[]) == 1;
                assert!(fired, "{name}: all neurons should have fired");
            }
        }
    }
}

fn layer(
    model: &Arc<dyn AnyNeuron>,
    surrogate: &Arc<dyn AnySurrogate>,
    fires_at: FiresAt,
) -> Neurons {
    Neurons {
        model: model.clone(),
        surrogate: surrogate.clone(),
        fires_at,
        steps: 0,
    }
}

/// The surrogate and the neuron model that all others are combined with in every shape.
const ONE_SURROGATE: &str = "trapezoidal";
const ONE_NEURON: &str = "clif";

#[test]
fn the_kernels_agree_with_the_reference_for_every_neuron_model() {
    let registry = Registry::linked().unwrap();
    let surrogate = registry
        .surrogate(&Component::named(ONE_SURROGATE))
        .unwrap()
        .0;
    for (neuron, model) in every_variant(&registry) {
        compare(&name(&neuron), &layer(&model, &surrogate, FiresAt::Above));
    }
    for (neuron, model) in every_neuron(&registry) {
        compare(
            &name(&neuron),
            &layer(&model, &surrogate, FiresAt::AtOrAbove),
        );
    }
}

#[test]
fn the_kernels_agree_with_the_reference_for_every_surrogate() {
    let registry = Registry::linked().unwrap();
    let model = registry.neuron(&Component::named(ONE_NEURON)).unwrap().0;
    for (name, surrogate) in every_surrogate(&registry) {
        for fires_at in [FiresAt::Above, FiresAt::AtOrAbove] {
            compare(name, &layer(&model, &surrogate, fires_at));
        }
    }
}

#[test]
fn the_kernels_agree_with_the_reference_for_every_pair_of_neuron_model_and_surrogate() {
    let registry = Registry::linked().unwrap();
    let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
    let current = draw.normal(&[2, 4, 3, 33]) * 0.6 + 0.3;
    for (neuron, model) in every_neuron(&registry) {
        for (surrogate_name, surrogate) in every_surrogate(&registry) {
            let layer = layer(&model, &surrogate, FiresAt::Above);
            let shapes = vec![("small", current.shallow_clone())];
            let both = format!("{} with {surrogate_name}", name(&neuron));
            compare_on(&both, &layer, shapes);
        }
    }
}

#[test]
fn the_derivatives_of_every_formula_agree_with_finite_differences() {
    let registry = Registry::linked().unwrap();
    let mut draw = Streams::new(&[5], "test", Device::Cpu);
    for (component, neuron) in every_variant(&registry) {
        let name = name(&component);
        for part in [
            NeuronFormula::Charge,
            NeuronFormula::U,
            NeuronFormula::Reset,
        ] {
            let count = usize::from(part != NeuronFormula::U) + neuron.rest_values().len();
            // If the reset is detached, the derivative with respect to the spike is zero, whatever finite differences say.
            let detached = component.parameters.get("detach_reset") == Some(&json!(true));
            let detached = part == NeuronFormula::Reset && detached;
            for _ in 0..20 {
                let mut inputs: Vec<f64> = Vec::try_from(
                    draw.normal(&[1, count as i64])
                        .view([-1])
                        .to_kind(Number::Double),
                )
                .unwrap();
                inputs.extend(neuron.learnables().iter().map(|one| one.init));
                let slopes = neuron.slopes(part, &inputs);
                for (index, slope) in slopes.iter().enumerate() {
                    let moved = |by: f64| {
                        let mut inputs = inputs.clone();
                        inputs[index] += by;
                        neuron.at(part, &inputs)
                    };
                    let step = 1e-6;
                    for (variable, (value, (above, below))) in slope
                        .iter()
                        .zip(moved(step).into_iter().zip(moved(-step)))
                        .enumerate()
                    {
                        let wanted = if detached && index == 0 && variable == 0 {
                            0.0
                        } else {
                            (above - below) / (2.0 * step)
                        };
                        assert!(
                            (value - wanted).abs() < 1e-7 * (1.0 + wanted.abs()),
                            "{name}, {part:?} by input {index}: {value}, by finite differences {wanted}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_kernels_agree_with_the_reference_for_a_stack_of_layers() {
    let registry = Registry::linked().unwrap();
    let neuron = registry.neuron(&Component::named(ONE_NEURON)).unwrap().0;
    let surrogate = registry
        .surrogate(&Component::named(ONE_SURROGATE))
        .unwrap()
        .0;
    let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
    let steps = 3;
    let neurons = Neurons {
        model: neuron,
        surrogate,
        fires_at: FiresAt::Above,
        steps,
    };
    // Rates on both sides of the one at which patterns replace lists; a batch of one, and batches of some blocks and a rest.
    for rate in [0.0, 0.08, 0.33, 0.45, 0.6, 1.0] {
        for [batch, features, hidden, width] in [[37, 110, 257, 30], [1, 1, 1, 1], [16, 65, 32, 3]]
        {
            for times in [1, steps] {
                let uniform = draw.uniform(&[2, times, batch, features]);
                let spikes = uniform.lt(rate).to_kind(Number::Float);
                let mut layer = |inputs: i64, width: i64| {
                    let weight = draw.normal(&[2, inputs, width]) / (inputs as f64).sqrt();
                    let bias = draw.normal(&[2, 1, width]) * 0.3 + (rate - 0.3);
                    [weight, bias].map(|tensor| tensor.set_requires_grad(true))
                };
                let layers = [layer(features, hidden), layer(hidden, width)];
                for input in [spikes, uniform] {
                    let input = input.set_requires_grad(true);
                    let mut wanted = vec![&input];
                    wanted.extend(layers.iter().flatten());
                    let back = |out: &Tensor| {
                        let weights =
                            Tensor::arange(out.numel() as i64, (Number::Float, Device::Cpu));
                        let loss = (out * weights.sin().view_as(out)).sum(Number::Float);
                        Tensor::run_backward(&[&loss], &wanted, false, false)
                    };
                    let stack = layers.each_ref().map(|[weight, bias]| Layer {
                        weight: weight.shallow_clone(),
                        bias: bias.shallow_clone(),
                        learned: None,
                    });
                    let run = || fused::run(&neurons, &input, &stack, &Influences::default());
                    let (ours, silent) = (run(), tch::no_grad(run));
                    let theirs = with_reference_ops(|| {
                        layers
                            .iter()
                            .fold(input.shallow_clone(), |spikes, [weight, bias]| {
                                let size = spikes.size();
                                let rows = spikes.reshape([2, size[1] * batch, -1]);
                                let current = rows.matmul(weight) + bias;
                                neurons.fire(&current.view([2, size[1], batch, -1]), &[])
                            })
                    });
                    let what = format!("{rate} {batch} {features} {hidden} {width} {times}");
                    assert!(ours.equal(&theirs) && silent.equal(&theirs), "{what}");
                    for (one, other) in back(&ours).iter().zip(&back(&theirs)) {
                        let off = difference(one, other);
                        assert!(off < 1e-5, "{what}: off by {off:e}");
                    }
                }
            }
        }
    }
}

mod learning_models {
    use super::*;
    use spikebench::api::{Learnable, NeuronModel, Real};

    /// A model with one parameter for each neuron, one for the layer, a threshold that moves, and a current that saturates.
    #[derive(Debug)]
    struct Adaptive;

    impl NeuronModel for Adaptive {
        type State<R: Real> = [R; 3];
        type Learned<R: Real> = [R; 2];

        fn rest(&self) -> [f64; 3] {
            [0.1, 0.0, -0.2]
        }
        fn learned(&self) -> Vec<Learnable> {
            let learnable = |name, init, per_neuron| Learnable {
                name,
                init,
                per_neuron,
            };
            vec![
                learnable("decay", 0.7, true),
                learnable("strength", 0.4, false),
            ]
        }
        fn v_threshold(&self) -> f64 {
            0.5
        }
        fn charge<R: Real>(&self, current: R, [v, a, w]: [R; 3], [decay, _]: [R; 2]) -> [R; 3] {
            let v = v * decay.sigmoid() + (current * 0.2).tanh() * 3.0;
            [v, a * 0.9, w * decay + (v - a).clamp(-0.3, 0.3)]
        }
        fn u<R: Real>(&self, [v, a, _]: [R; 3], [_, strength]: [R; 2]) -> R {
            v - (a * strength + 0.5)
        }
        fn reset<R: Real>(&self, spike: R, [v, a, w]: [R; 3], [_, strength]: [R; 2]) -> [R; 3] {
            [
                v - spike * 0.5,
                a + spike,
                w * (R::from(1.0) - spike.detach() * strength),
            ]
        }
    }

    #[test]
    fn the_gradients_of_learned_parameters_agree_with_the_reference() {
        let registry = Registry::linked().unwrap();
        for (name, surrogate) in every_surrogate(&registry) {
            let layer = Neurons {
                model: Arc::new(Adaptive),
                surrogate,
                fires_at: FiresAt::Above,
                steps: 0,
            };
            compare(&format!("adaptive with {name}"), &layer);
        }
    }
}
