//! The promises of a registered component.

use std::fmt::Debug;

use serde_json::Value;

use super::promise::Promise;
use super::{actor, agent, coding, environment, neuron, surrogate};
use crate::api::{Component, Kind};
use crate::registry::Registry;

/// Tests registered components, given their kind and names, in the file that registers them.
#[macro_export]
macro_rules! conforms {
    ($kind:ident $($name:literal),+ $(,)?) => {
        #[cfg(test)]
        mod conformance {
            #[test]
            fn $kind() {
                $($crate::network::conformance::hold(stringify!($kind), $name);)+
            }
        }
    };
}

/// Tests a component that is linked into this program.
///
/// # Panics
/// If it breaks a promise, or is not registered.
pub fn hold(kind: &str, name: &str) {
    let registry = Registry::linked().unwrap_or_else(|duplicate| panic!("{duplicate}"));
    let kinds = Kind::ALL.into_iter();
    let kind = kinds.clone().find(|known| known.to_string() == kind);
    let kind =
        kind.unwrap_or_else(|| panic!("a component is one of {:?}", kinds.collect::<Vec<_>>()));
    for promise in promises(&registry, kind, name) {
        (promise.test)();
    }
}

/// What this component promises.
///
/// # Panics
/// If it cannot be made with its defaults: there is nothing to test then.
pub fn promises<'a>(registry: &'a Registry, kind: Kind, name: &'a str) -> Vec<Promise<'a>> {
    let complete = resolved(registry, kind, name);
    let mut all = vec![Promise::new(
        "its parameters have defaults, can be read back, and others are refused",
        || (),
    )];
    all.extend(match kind {
        Kind::Surrogate => surrogate::promises(name, made(name, registry.surrogate(&complete))),
        Kind::Neuron => neuron::promises(name, &complete, made(name, registry.neuron(&complete))),
        Kind::Encoder => coding::of_encoder(name, made(name, registry.encoder(&complete))),
        Kind::Decoder => coding::of_decoder(name, made(name, registry.decoder(&complete))),
        Kind::Actor => actor::promises(name, registry, complete),
        Kind::Agent => agent::promises(name, made(name, registry.agent(&complete))),
        Kind::Environment => {
            environment::promises(name, made(name, registry.environment(&complete)))
        }
    });
    all
}

/// Checks what all kinds of components have in common, and returns the component with its default parameters: it can be
/// built without parameters, its resolved parameters can be read back and resolve to themselves, and an unknown parameter
/// is rejected.
fn resolved(registry: &Registry, kind: Kind, name: &str) -> Component {
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

fn made<T>(name: &str, made: Result<(T, String), impl Debug>) -> T {
    match made {
        Ok((made, _)) => made,
        Err(error) => panic!("{name}: {error:?}"),
    }
}

#[cfg(test)]
#[expect(
    unsafe_code,
    reason = "what `register!` expands to, which other packages are not warned of"
)]
mod tests {
    use super::*;
    use crate::api::{Real, Surrogate};
    use crate::network::conformance::probe::Probe;

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
        hold("surrogate", "conformance-probe");
    }

    #[test]
    #[should_panic(expected = "the closed form rises by")]
    fn a_wrong_closed_form_does_not_conform() {
        hold("surrogate", "conformance-wrong");
    }

    #[test]
    #[should_panic(expected = "\"conformance-nothing\" is not a surrogate")]
    fn an_unregistered_component_does_not_conform() {
        hold("surrogate", "conformance-nothing");
    }
}
