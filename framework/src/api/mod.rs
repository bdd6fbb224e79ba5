//! The contract between components and the framework: the traits that components implement, and the values that they exchange.
//!
//! The numbers that formulas compute with are defined in [`formula`](crate::formula); those that an author of formulas needs
//! are re-exported here. This module imports nothing else from the framework.

pub mod numpy;

mod activity;
mod actor;
mod agent;
mod coding;
mod component;
mod environment;
mod error;
mod firing;
mod neuron;
mod noise_context;
mod policy;
mod profile;
mod random;
mod registration;
mod reset;
mod scaling;
mod state;
mod surrogate;
mod weights;

pub use crate::formula::{
    Adjoint, Connections, Dual, Expr, FiresAt, Formula, Instructions, Loop, Real, Recurrence,
    Single, SpikeSink, Tape, Truth, Variables, vectorised,
};
pub use activity::{Activity, LayerActivity};
pub use actor::{Actor, ActorSettings, ComponentFactory};
pub use agent::{AgentContext, AgentSettings, Diverged, Learner, Mode, Transition};
pub use coding::{Decoder, Encoder, Lateral, ReadoutCost, StraightThrough};
pub(crate) use component::NameOrMap;
pub use component::{Component, Kind};
pub use environment::{
    ActionSpace, Environment, EnvironmentSettings, Painter, Picture, Simulator, Spec, Step,
};
pub use error::{ComponentError, ParameterError};
pub use firing::{Firing, ResetTiming};
pub use neuron::{AnyNeuron, Learnable, NeuronFormula, NeuronModel};
pub use noise_context::{NoiseContext, Penalty};
pub use policy::{Policy, Statistics, Transform};
pub use profile::{DEFAULT_U_AT_REST, SurrogateProfile, smoothed_step, u_at_rest};
pub use random::{Noise, Streams, generator};
pub use registration::{Factory, Made, Nested, Parameters, REGISTRATIONS, Registration, bytes};
pub use reset::Reset;
pub use scaling::{Anneal, Curve, Normalisation, Scaling};
pub use state::{Mismatch, Queue, Ring, RingRows, State, StateVisitor, Stateful};
pub use surrogate::{AnySurrogate, Surrogate};
pub(crate) use weights::pad_to_cache_line;
pub use weights::{Declaration, Init, Scope, Weights};
