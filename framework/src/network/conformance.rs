//! What every component must hold to. One line in its file runs it, as a test of its package:
//! `spikebench::conforms!(surrogate "atan");`, with all the names that the file registers.
//!
//! It asks nothing of a component that its trait does not promise, so that a component of somebody else's package can
//! be held to it as well.

use std::fmt::Debug;

use serde_json::Value;
use tch::{Device, Kind as Number, Tensor};

use crate::api::{
    AnyNeuron, Component, FiresAt, Kind, Part, Real, Streams, Surrogate, smoothed_step, u_at_rest,
};
use crate::kernel::by_tensors;
use crate::network::layer::Neurons;
use crate::network::spike::fire;
use crate::registry::Registry;

/// Tests registered components, by their kind and names, in the file that registers them.
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

/// The component with its default parameters, after it was held to what all kinds have in common: it can be made without
/// parameters, what it is made with can be read back and is the same again, and a parameter that it does not have is
/// refused.
fn resolved(kind: Kind, name: &str) -> Component {
    let registry = registry();
    let resolve = |component: &Component| registry.resolve(kind, component);
    let complete = resolve(&Component::named(name))
        .unwrap_or_else(|fault| panic!("{name} cannot be made: {}: {fault}", fault.field));
    assert_eq!(complete.name, name, "{name} is an alias");
    let again = resolve(&complete).unwrap_or_else(|fault| {
        panic!("{name} cannot be made from what it says of itself: {fault}")
    });
    assert_eq!(again, complete, "{name} is another one when read back");
    let mut strange = complete.clone();
    strange.parameters.insert("no_such_key".into(), Value::Null);
    let message = resolve(&strange).map_err(|fault| fault.to_string());
    let refused = message.is_err_and(|message| message.contains("no_such_key"));
    assert!(refused, "{name} takes a parameter that it does not have");
    complete
}

macro_rules! plain_kinds {
    ($($function:ident $kind:ident;)+) => {$(
        /// Its defaults can be read back, and unknown parameters are refused.
        ///
        /// # Panics
        /// If it does not conform.
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
    environment Environment;
}

fn made<T>(name: &str, made: Result<(T, String), impl Debug>) -> T {
    match made {
        Ok((made, _)) => made,
        Err(fault) => panic!("{name}: {fault:?}"),
    }
}

fn close(ours: f64, theirs: f64, tolerance: f64) -> bool {
    (ours - theirs).abs() <= tolerance * (1.0 + theirs.abs())
}

/// Slices and tensors have the values of numbers; they are finite wherever a potential may be; a spike is exactly the step
/// forward and exactly the surrogate backward; a closed form of the integral is one.
///
/// # Panics
/// If it does not conform.
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
            "{name} at {u}: {slope}, not {wanted}"
        );
        assert!(
            close(slope, on_tensor, 1e-6),
            "{name} at {u}: {slope}, on a tensor {on_tensor}"
        );
    }

    let mut far: Vec<f32> = (-40..=20).map(|power| 10f32.powi(power)).collect();
    far.extend(far.clone().iter().map(|u| -u));
    let mut slopes = vec![0.0; far.len()];
    surrogate.on_slice(&far, &mut slopes);
    for (u, slope) in far.iter().zip(slopes) {
        assert!(slope.is_finite(), "{name} at {u}: {slope}");
    }

    let u = Tensor::from_slice(&points).set_requires_grad(true);
    let spikes = fire(&u, FiresAt::Above, surrogate);
    let step = u.gt(0.0).to_kind(Number::Float);
    assert!(spikes.equal(&step), "{name}: a spike is not the step");
    spikes.sum(Number::Float).backward();
    let slopes = surrogate.on_tensor(&u.detach());
    assert!(
        u.grad().equal(&slopes),
        "{name}: a spike has another gradient"
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
            // A jump may fall into one of the parts.
            let tolerance = 2e-3 * (1.0 + surrogate.at(0.0).abs());
            assert!(
                close(rise, area, tolerance),
                "{name}: its closed form rises by {rise} from {low} to {high}, its integral by {area}"
            );
        }
    }
}

/// Falls with the square of the distance; no registered surrogate may be named here.
#[derive(Debug)]
struct Probe;

impl Surrogate for Probe {
    fn derivative<R: Real>(&self, u: R) -> R {
        (u * u + 1.0).recip()
    }
}

/// It is silent at rest; its formulas have the slopes of finite differences; the kernels give the spikes of LibTorch's
/// operations exactly and their gradients to 10⁻⁵; no observation is seen by another, or by a later call.
///
/// # Panics
/// If it does not conform.
pub fn neuron(name: &str) {
    let complete = resolved(Kind::Neuron, name);
    let model = made(name, registry().neuron(&complete));
    assert!(
        u_at_rest(model.as_ref()) < 0.0,
        "{name} fires without an input"
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
    // Weak, usual and strong, for models in units of the threshold and in millivolts.
    for scale in [0.1, 1.0, 30.0] {
        let current = (draw.normal(&[2, steps, batch, width]) + 0.5) * scale;
        let run = || {
            let current = current.detach().set_requires_grad(true);
            let known: Vec<&Tensor> = learned.iter().collect();
            let spikes = neurons.fire(&current, &known);
            let weights = Tensor::arange(spikes.numel() as i64, (Number::Float, Device::Cpu));
            let loss = (&spikes * weights.sin().view_as(&spikes)).sum(Number::Float);
            let inputs: Vec<&Tensor> = [&current].into_iter().chain(known).collect();
            let gradients = Tensor::run_backward(&[&loss], &inputs, false, false);
            (spikes.detach(), gradients)
        };
        let (spikes, gradients) = run();
        let (wanted, reference) = by_tensors(run);
        assert!(spikes.equal(&wanted), "{name}: other spikes by the kernels");
        for (index, (ours, theirs)) in gradients.iter().zip(&reference).enumerate() {
            let largest = |tensor: &Tensor| tensor.abs().max().double_value(&[]);
            let off = largest(&(ours - theirs)) / largest(theirs).max(1e-30);
            assert!(
                off <= 1e-5,
                "{name}: gradient {index} by the kernels off by {off:e}"
            );
        }
        assert!(run().0.equal(&spikes), "{name} remembers an earlier call");
        let known: Vec<&Tensor> = learned.iter().collect();
        for observation in 0..batch {
            let alone = neurons.fire(&current.narrow(2, observation, 1), &known);
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
    for part in [Part::Charge, Part::U, Part::Reset] {
        let count = usize::from(part != Part::U) + model.rest_values().len();
        for _ in 0..10 {
            let mut inputs = values(&draw.normal(&[1, count as i64]));
            inputs.extend(model.learnables().iter().map(|one| one.init));
            for (index, slopes) in model.slopes(part, &inputs).iter().enumerate() {
                if detached && part == Part::Reset && index == 0 {
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
                        "{name}, {part:?} by input {index}: {slope}, differences {wanted}"
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
mod tests {
    use super::*;

    crate::register! {
        /// Of this test.
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
        /// Of this test.
        surrogate "conformance-wrong" => Registered { "wrong": true }
    }

    #[test]
    fn a_sound_surrogate_conforms() {
        surrogate("conformance-probe");
    }

    #[test]
    #[should_panic(expected = "its closed form rises by")]
    fn a_closed_form_that_is_none_does_not_conform() {
        surrogate("conformance-wrong");
    }

    #[test]
    #[should_panic(expected = "\"conformance-nothing\" is not a surrogate")]
    fn what_is_not_registered_does_not_conform() {
        surrogate("conformance-nothing");
    }
}
