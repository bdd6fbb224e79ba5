//! Takes fingerprints of components, each once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::api::{Component, ComponentError, Kind, Spec};
use crate::registry::Registry;

use super::fingerprints::Fingerprints;
use super::miniature::miniatures;
use super::sketch::Sketch;
use super::{agent, environment, network, neuron, surrogate};

/// What the smaller fractions among the parameters of an agent are raised to. Among them are its learning rates, with which a
/// few updates would not move its policy far enough to show everything that depends on it.
const LEARNING: f64 = 0.01;

/// Takes fingerprints. Each component is run once, whatever number of cells has it.
///
/// A fingerprint depends on what a component computes, on one thread of the CPU, and on nothing else: not on its
/// documentation or its place in a file, not on the time, on the number of threads or on other components. It shows the
/// component on a small scale: whole numbers among its parameters are cut down to 8, and an agent's fractions raised to 0.01,
/// unless it refuses that, because the parameters are part of a cell's identity anyway. Two differences thus escape it, for which
/// [`RESULT_EPOCH`](crate::suite::plan) is there: those that only large sizes or later steps show, and those that are
/// smaller than the rounding of the numbers that are hashed.
#[derive(Debug)]
pub struct Fingerprinter<'r> {
    registry: &'r Registry,
    known: RefCell<HashMap<String, String>>,
}

impl<'r> Fingerprinter<'r> {
    /// Takes fingerprints of components of this registry.
    pub fn new(registry: &'r Registry) -> Self {
        Self {
            registry,
            known: RefCell::default(),
        }
    }

    /// The fingerprints of all components of a cell but its surrogate. Fails if one of them cannot be made.
    pub fn without_surrogate(
        &self,
        actor: &Component,
        agent: &Component,
        environment: &Component,
    ) -> Result<Fingerprints, ComponentError> {
        let mut all = Fingerprints::default();
        let spec = self.registry.environment(environment)?.0.spec();
        let (features, outputs) = (spec.observation, spec.action.outputs());
        for (field, kind, component) in self.registry.actor(actor)?.0.components() {
            let taken = match kind {
                Kind::Neuron => self.neuron(component)?,
                Kind::Encoder => self.encoder(component, features)?,
                Kind::Decoder => self.decoder(component, outputs)?,
                // The actor as a whole shows other parts.
                _ => continue,
            };
            all.insert(format!("actor.{field}"), taken);
        }
        all.insert("actor", self.actor(actor, &spec)?);
        all.insert("agent", self.agent(agent, &spec)?);
        all.insert("environment", self.environment(environment)?);
        Ok(all)
    }

    /// The fingerprints with that of a surrogate. Fails if it cannot be made.
    pub fn with_surrogate(
        &self,
        others: &Fingerprints,
        surrogate: &Component,
    ) -> Result<Fingerprints, ComponentError> {
        let mut all = others.clone();
        all.insert("surrogate", self.surrogate(surrogate)?);
        Ok(all)
    }

    /// The fingerprint of a surrogate.
    pub fn surrogate(&self, component: &Component) -> Result<String, ComponentError> {
        self.take(Kind::Surrogate, component, "", |sketch| {
            let made = self.registry.surrogate(component)?.0;
            surrogate::measure(&made, sketch);
            Ok(())
        })
    }

    /// The fingerprint of a neuron model.
    pub fn neuron(&self, component: &Component) -> Result<String, ComponentError> {
        self.take(Kind::Neuron, component, "", |sketch| {
            let made = self.registry.neuron(component)?.0;
            neuron::measure(made.as_ref(), sketch);
            Ok(())
        })
    }

    /// The fingerprint of an encoder of observations with this many values.
    pub fn encoder(
        &self,
        component: &Component,
        features: usize,
    ) -> Result<String, ComponentError> {
        let site = features.to_string();
        self.take(Kind::Encoder, component, &site, |sketch| {
            let made = first(component, 0.0, |small| Ok(self.registry.encoder(small)?.0))?;
            network::encoder(made.as_ref(), features as i64, sketch);
            Ok(())
        })
    }

    /// The fingerprint of a decoder to this many numbers.
    pub fn decoder(&self, component: &Component, outputs: usize) -> Result<String, ComponentError> {
        let site = outputs.to_string();
        self.take(Kind::Decoder, component, &site, |sketch| {
            let made = first(component, 0.0, |small| Ok(self.registry.decoder(small)?.0))?;
            network::decoder(made.as_ref(), outputs as i64, sketch);
            Ok(())
        })
    }

    /// The fingerprint of an actor for this task. It does not depend on the surrogate.
    pub fn actor(&self, component: &Component, spec: &Spec) -> Result<String, ComponentError> {
        let (features, outputs) = (spec.observation, spec.action.outputs());
        let site = format!("{features} {outputs}");
        self.take(Kind::Actor, component, &site, |sketch| {
            let made = first(component, 0.0, |small| {
                let spiking = self.registry.actor(small)?.0.spiking();
                let bump = spiking.then(|| Arc::new(network::Bump) as _);
                self.registry.build_actor(small, bump, spec)
            })?;
            network::actor(made.as_ref(), features as i64, sketch);
            Ok(())
        })
    }

    /// The fingerprint of an agent in this task, which it must accept.
    pub fn agent(&self, component: &Component, spec: &Spec) -> Result<String, ComponentError> {
        let site = format!("{spec:?}");
        self.take(Kind::Agent, component, &site, |sketch| {
            let mut learner = first(component, LEARNING, |small| {
                agent::start(self.registry.agent(small)?.0.as_ref(), spec)
            })?;
            agent::measure(learner.as_mut(), spec, sketch);
            Ok(())
        })
    }

    /// The fingerprint of an environment, which is opened for it. Fails if it cannot be opened on this machine.
    pub fn environment(&self, component: &Component) -> Result<String, ComponentError> {
        self.take(Kind::Environment, component, "", |sketch| {
            let made = self.registry.environment(component)?.0;
            environment::measure(made.as_ref(), sketch)
        })
    }

    /// Runs a component, unless that was done before in the same place.
    fn take(
        &self,
        kind: Kind,
        component: &Component,
        site: &str,
        measure: impl Fn(&mut Sketch) -> Result<(), ComponentError>,
    ) -> Result<String, ComponentError> {
        let parameters = serde_json::to_string(&component.parameters)
            .map_err(|error| ComponentError::new(error.to_string()))?;
        let key = format!("{kind} {} {parameters} {site}", component.name);
        if let Some(known) = self.known.borrow().get(&key) {
            return Ok(known.clone());
        }
        let named = |error: ComponentError| {
            ComponentError::new(format!("{kind} {}: {error}", component.name))
        };
        let taken = run(kind, &measure).map_err(named)?;
        // The built-in components have tests for this.
        if self.registry.is_foreign(kind, &component.name)
            && run(kind, &measure).map_err(named)? != taken
        {
            return Err(named(ComponentError::new(
                "computes other numbers each time that it is run, so that no run of it could be repeated; it may depend on its \
                 parameters, its inputs and the random streams that it is given, and on nothing else",
            )));
        }
        self.known.borrow_mut().insert(key, taken.clone());
        Ok(taken)
    }
}

/// Runs a component on one thread, and gives the hash of what it computed.
fn run(
    kind: Kind,
    measure: impl Fn(&mut Sketch) -> Result<(), ComponentError>,
) -> Result<String, ComponentError> {
    let mut sketch = Sketch::new(kind);
    let threads = tch::get_num_threads();
    tch::set_num_threads(1);
    let measured = catch_unwind(AssertUnwindSafe(|| measure(&mut sketch)));
    tch::set_num_threads(threads);
    match measured {
        Ok(result) => result?,
        // Its run will panic too, and leave a record of that. The other cells still run.
        Err(_) => sketch.text("a panic"),
    }
    Ok(sketch.finish())
}

/// What a component is made into, as small as it accepts to be.
fn first<T>(
    component: &Component,
    least: f64,
    mut make: impl FnMut(&Component) -> Result<T, ComponentError>,
) -> Result<T, ComponentError> {
    for small in miniatures(component, least) {
        if let Ok(made) = make(&small) {
            return Ok(made);
        }
    }
    make(component)
}
