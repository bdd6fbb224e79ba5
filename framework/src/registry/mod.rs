//! The known components: those that are linked into this program, and those of the plugins that it has loaded.

mod components;
pub mod plugin;
mod register;

pub use components::{ActorBuilder, Duplicate, Registry};
