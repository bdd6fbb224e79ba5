//! Runs that are interrupted, and what continues them.

mod matrix;
mod processes;
mod system_calls;
