//! The conformance kit: tests that every component must pass. One line in the component's file runs them as a test of its
//! package, with all the names that the file registers: `spikebench::conforms!(surrogate "atan");`.
//!
//! The kit demands nothing that the component's trait does not promise, so components of other packages can use it too.

use std::fmt::Debug;

use serde_json::Value;
use tch::{Device, Kind as Number, Tensor};

use crate::api::{
    AnyNeuron, Component, FiresAt, Kind, NeuronFormula, Real, Streams, Surrogate, smoothed_step,
    u_at_rest,
};
use crate::kernel::with_reference_ops;
use crate::network::continuation::check_continuation;
use crate::network::neurons::Neurons;
use crate::network::spike::fire;
use crate::registry::Registry;

/// Tests registered components, given their kind and names, in the file that registers them.
#[macro_export]
macro_rules! conforms {
    ($kind:ident $($name:literal),+ $(,)?) => {
        #[cfg(test)]
        mod conformance {
            #[test]
            fn $kind() {
                $($crate::network::conformance::$kind($name);)+
            }
        }
    };
}

fn registry() -> Registry {
    Registry::linked().unwrap_or_else(|duplicate| panic!("{duplicate}"))
}

/// Checks what all kinds of components have in common, and returns the component with its default parameters: it can be
/// built without parameters, its resolved parameters can be read back and resolve to themselves, and an unknown parameter
/// is rejected.
fn resolved(kind: Kind, name: &str) -> Component {
    let registry = registry();
    let resolve = |component: &Component| registry.resolve(kind, component);
    let complete = resolve(&Component::named(name)).unwrap_or_else(|error| {
        panic!(
            "{name} cannot be built with its defaults: {}: {error}",
            error.field
        )
    });
    assert_eq!(complete.name, name, "{name} is an alias");
    let again = resolve(&complete).unwrap_or_else(|error| {
        panic!("{name} cannot be built from its own resolved parameters: {error}")
    });
    assert_eq!(
        again, complete,
        "{name} differs from itself when its resolved parameters are read back"
    );
    let mut strange = complete.clone();
    strange.parameters.insert("no_such_key".into(), Value::Null);
    let message = resolve(&strange).map_err(|error| error.to_string());
    let refused = message.is_err_and(|message| message.contains("no_such_key"));
    assert!(refused, "{name} accepts an unknown parameter");
    complete
}

macro_rules! plain_kinds {
    ($($function:ident $kind:ident;)+) => {$(
        /// Tests that the component's defaults can be read back and that unknown parameters are rejected.
        ///
        /// # Panics
        /// If the component does not conform.
        pub fn $function(name: &str) {
            resolved(Kind::$kind, name);
        }
    )+};
}
plain_kinds! {
    encoder Encoder;
    decoder Decoder;
    actor Actor;
    agent Agent;
}

/// Tests an environment: it continues to the last bit in an environment that is restored from it, in the middle of an
/// episode and in the next one, and saving does not disturb it. Random actions are taken.
///
/// # Panics
/// If the environment does not conform, or cannot be opened.
pub fn environment(name: &str) {
    let complete = resolved(Kind::Environment, name);
    let settings = made(name, registry().environment(&complete));
    check_continuation(name, settings.as_ref());
}

fn made<T>(name: &str, made: Result<(T, String), impl Debug>) -> T {
    match made {
        Ok((made, _)) => made,
        Err(error) => panic!("{name}: {error:?}"),
    }
}

fn close(ours: f64, theirs: f64, tolerance: f64) -> bool {
    (ours - theirs).abs() <= tolerance * (1.0 + theirs.abs())
}

/// Tests a surrogate: slices and tensors give the values of single numbers; the values are finite for every membrane
/// potential; a spike is exactly the step forward and exactly the surrogate backward; a closed form of the integral is
/// correct.
///
/// # Panics
/// If the surrogate does not conform.
pub fn surrogate(name: &str) {
    let complete = resolved(Kind::Surrogate, name);
    let surrogate = made(name, registry().surrogate(&complete));
    let surrogate = surrogate.as_ref();

    let points: Vec<f32> = (-3000..=3000).map(|i| i as f32 / 997.0 + 1e-4).collect();
    let mut slopes = vec![0.0; points.len()];
    surrogate.on_slice(&points, &mut slopes);
    let on_tensor = values(&surrogate.on_tensor(&Tensor::from_slice(&points)));
    for ((&u, slope), on_tensor) in points.iter().zip(&slopes).zip(on_tensor) {
        let (slope, wanted) = (*slope as f64, surrogate.at(u as f64));
        let tolerance = 1e-5 * (1.0 + (u.abs() as f64));
        assert!(
            close(slope, wanted, tolerance),
            "{name} at {u}: {slope} on a slice, {wanted} for a single number"
        );
        assert!(
            close(slope, on_tensor, 1e-6),
            "{name} at {u}: {slope} on a slice, {on_tensor} on a tensor"
        );
    }

    let mut far: Vec<f32> = (-40..=20).map(|power| 10f32.powi(power)).collect();
    far.extend(far.clone().iter().map(|u| -u));
    let mut slopes = vec![0.0; far.len()];
    surrogate.on_slice(&far, &mut slopes);
    for (u, slope) in far.iter().zip(slopes) {
        assert!(slope.is_finite(), "{name} at {u}: {slope} is not finite");
    }

    let u = Tensor::from_slice(&points).set_requires_grad(true);
    let spikes = fire(&u, FiresAt::Above, surrogate);
    let step = u.gt(0.0).to_kind(Number::Float);
    assert!(
        spikes.equal(&step),
        "{name}: the forward pass of a spike is not the step"
    );
    spikes.sum(Number::Float).backward();
    let slopes = surrogate.on_tensor(&u.detach());
    assert!(
        u.grad().equal(&slopes),
        "{name}: the gradient of a spike is not the surrogate"
    );

    if surrogate.primitive_at(0.0).is_some() {
        let midpoint = |low: f64, high: f64| {
            let parts = 2000;
            let width = (high - low) / (parts as f64);
            let at = |part: i32| surrogate.at(low + ((part as f64) + 0.5) * width);
            (0..parts).map(at).sum::<f64>() * width
        };
        for [low, high] in [[-2.0, -0.7], [-0.7, 0.0], [0.0, 0.3], [0.3, 2.5]] {
            let rise = smoothed_step(surrogate, high) - smoothed_step(surrogate, low);
            let area = midpoint(low, high);
            // A discontinuity may lie within one of the parts.
            let tolerance = 2e-3 * (1.0 + surrogate.at(0.0).abs());
            assert!(
                close(rise, area, tolerance),
                "{name}: from {low} to {high} the closed form rises by {rise}, the integral by {area}"
            );
        }
    }
}

/// The surrogate `1/(1 + u²)`, defined here because the framework may not name a registered one.
#[derive(Debug)]
struct Probe;

impl Surrogate for Probe {
    fn derivative<R: Real>(&self, u: R) -> R {
        (u * u + 1.0).recip()
    }
}

/// Tests a neuron model: it is silent at rest; the slopes of its formulas equal finite differences; the kernels reproduce
/// the spikes of LibTorch's operations exactly and their gradients to 10⁻⁵; no observation influences another one or a
/// later call.
///
/// # Panics
/// If the neuron model does not conform.
pub fn neuron(name: &str) {
    let complete = resolved(Kind::Neuron, name);
    let model = made(name, registry().neuron(&complete));
    assert!(
        u_at_rest(model.as_ref()) < 0.0,
        "{name} fires without input"
    );
    check_slopes(name, &complete, model.as_ref());

    let mut draw = Streams::new(&[1, 2], "conformance", Device::Cpu);
    let (steps, batch, width) = (5, 4, 19);
    let neurons = Neurons {
        model,
        surrogate: std::sync::Arc::new(Probe),
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
            let largest = |tensor: &Tensor| tensor.abs().max().double_value(&[]);
            let off = largest(&(ours - theirs)) / largest(theirs).max(1e-30);
            assert!(
                off <= 1e-5,
                "{name}: gradient {index} of the kernels is off by {off:e}"
            );
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

fn values(tensor: &Tensor) -> Vec<f64> {
    let flat = tensor.to_kind(Number::Double).reshape([-1]);
    (0..flat.numel() as i64)
        .map(|place| flat.double_value(&[place]))
        .collect()
}

#[cfg(test)]
#[expect(
    unsafe_code,
    reason = "what `register!` expands to, which other packages are not warned of"
)]
mod tests {
    use super::*;

    crate::register! {
        /// For this test.
        surrogate "conformance-probe" => Registered
    }

    #[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Registered {
        wrong: bool,
    }

    impl Surrogate for Registered {
        fn derivative<R: Real>(&self, u: R) -> R {
            Probe.derivative(u)
        }

        fn primitive(&self, u: f64) -> Option<f64> {
            Some(if self.wrong { u } else { u.atan() })
        }
    }

    crate::register! {
        /// For this test.
        surrogate "conformance-wrong" => Registered { "wrong": true }
    }

    #[test]
    fn a_correct_surrogate_conforms() {
        surrogate("conformance-probe");
    }

    #[test]
    #[should_panic(expected = "the closed form rises by")]
    fn a_wrong_closed_form_does_not_conform() {
        surrogate("conformance-wrong");
    }

    #[test]
    #[should_panic(expected = "\"conformance-nothing\" is not a surrogate")]
    fn an_unregistered_component_does_not_conform() {
        surrogate("conformance-nothing");
    }
}
