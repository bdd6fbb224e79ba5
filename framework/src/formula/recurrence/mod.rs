//! The recurrence of a layer of neurons over time, on slices, and its adjoint.

mod adjoint;
mod backward;
mod connections;
mod dynamics;
mod forward;
mod layout;
mod prepared;

pub(crate) use backward::run_back;
pub use connections::Connections;
pub(crate) use dynamics::Dynamics;
pub use forward::SpikeSink;
pub(crate) use forward::run;
pub use layout::{Adjoint, Recurrence};
