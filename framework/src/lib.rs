//! Spikebench measures surrogate gradients for spiking networks in deep reinforcement learning, and says with
//! statistics which one is better.
//!
//! ```text
//! suite.yaml ─suite→ Suite ─suite::plan (+ Registry)→ [Cell] ─run::worker→ run::train ─→ Outcome
//!                                                        │                               │
//!                                          cells without a record ←── run::record ── Record
//! [Record] ─compare (+ stats)→ Comparison ─report→ terminal · Markdown · CSV · JSON · LaTeX · HTML · SVG · PDF
//! ```
//!
//! Modules are declared in the order of that flow, and import only from modules above them.

pub mod formula;
pub mod api;
pub mod registry;

pub mod kernel;
pub mod network;
pub mod learn;

pub mod analysis;

pub mod suite;
pub mod run;

pub mod report;
pub mod cli;

pub use inventory;
pub use spikebench_stats as stats;
