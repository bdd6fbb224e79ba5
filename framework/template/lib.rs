//! A library of Spikebench plugins.

mod my_component;

spikebench::plugin!();
