//! All that a component sees. This module imports nothing from the rest of the framework.

mod actor;
mod agent;
mod coding;
mod component;
mod environment;
mod expr;
mod fault;
mod neuron;
mod random;
mod real;
mod registration;
mod surrogate;
mod weights;

pub use actor::{Actor, ActorSettings, Parts};
pub use agent::{AgentSettings, Diverged, Learner, Mode, Site, Transition};
pub use coding::{Decoder, Encoder};
pub use component::{Component, Kind};
pub use environment::{Environment, EnvironmentSettings, Spec, Step};
pub use expr::{Expr, Tape, Truth};
pub use fault::{Broken, Fault};
pub use neuron::{AnyNeuron, NeuronModel, Variables};
pub use random::{Noise, Streams, generator};
pub use real::Real;
pub use registration::{Factory, Made, Nested, Parameters, Registration};
pub use surrogate::{AnySurrogate, Surrogate};
pub use weights::{Declaration, Init, Scope, Weights};
