//! All that a component sees. This module imports nothing from the rest of the framework.

pub mod numpy;

mod activity;
mod actor;
mod agent;
mod coding;
mod component;
mod cpu;
mod dual;
mod environment;
mod error;
mod expr;
mod facts;
mod fires;
mod firing;
mod formula;
mod neuron;
mod occasion;
mod policy;
mod random;
mod real;
mod recurrence;
mod registration;
mod reset;
mod scaling;
mod single;
mod state;
mod surrogate;
mod weights;

pub use activity::{Activity, LayerActivity};
pub use actor::{Actor, ActorSettings, Parts};
pub use agent::{AgentSettings, Diverged, Learner, Mode, Site, Transition};
pub use coding::{Decoder, Encoder, Lateral, ReadoutCost, Straight};
pub(crate) use component::NameOrMap;
pub use component::{Component, Kind};
pub use cpu::{Instructions, Loop, vectorised};
pub use dual::Dual;
pub use environment::{
    ActionSpace, Environment, EnvironmentSettings, Painter, Picture, Simulator, Spec, Step,
};
pub use error::{ComponentError, ParameterError};
pub use expr::{Expr, Tape, Truth};
pub use facts::{Facts, USUAL_U_AT_REST, smoothed_step, u_at_rest};
pub use fires::FiresAt;
pub use firing::{Firing, ResetTiming};
pub use formula::Formula;
pub(crate) use formula::{CHUNK, along, along_back};
pub use neuron::{AnyNeuron, Learnable, NeuronModel, Part, Variables};
pub use occasion::{KEYS, MOMENT, Occasion};
pub use policy::{Policy, Statistics, Transform};
pub use random::{Noise, Streams, generator};
pub use real::Real;
pub use recurrence::{Adjoint, Recurrence, Take};
pub use registration::{Factory, Made, Nested, Parameters, Registration};
pub use reset::Reset;
pub use scaling::{Anneal, Curve, Scaling, Unit};
pub use single::Single;
pub use state::{Exchange, Mismatch, State, Stateful};
pub use surrogate::{AnySurrogate, Surrogate};
pub(crate) use weights::in_lines;
pub use weights::{Declaration, Init, Scope, Weights};
