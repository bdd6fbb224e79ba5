//! Spikebench measures surrogate gradients for spiking networks in deep reinforcement learning, and says with
//! statistics which one is better.
//!
//! ```text
//! suite.yaml ─suite→ Suite ─plan (+ Registry)→ [Cell] ─worker→ train ─→ Outcome
//!                                                 │                       │
//!                                    cells without a record ←── record ── Record
//! [Record] ─compare (+ stats)→ Comparison ─report→ terminal · Markdown · CSV · JSON · LaTeX · HTML · SVG · PDF
//! ```
//!
//! Modules are declared in the order of that flow, and import only from modules above them.

pub mod api;
pub mod registry;

pub mod autograd;
pub mod kernel;
pub mod elementwise;
pub mod slicewise;
pub mod spike;
pub mod schedule;
pub mod layer;
pub mod stack;
pub mod dense;
pub mod unrolled;
pub mod coloured;
pub mod perturbation;
pub mod network;
pub mod tally;
pub mod loss;
pub mod adam;
pub mod normaliser;
pub mod policy;
pub mod energy;
pub mod episodes;
pub mod replay;
pub mod trajectory;
pub mod numpy;

pub mod stats;
pub mod scores;
pub mod suite;
pub mod plan;
pub mod record;
pub mod gauge;
pub mod train;
pub mod estimate;
pub mod worker;
pub mod evaluate;
pub mod rollout;
pub mod film;

pub mod compare;
pub mod ranking;
pub mod across;
pub mod learning;
pub mod report;
pub mod cli;

pub mod conformance;

pub use inventory;
