//! Spikebench measures surrogate gradients for spiking networks in deep reinforcement learning, and says with
//! statistics which one is better.
//!
//! ```text
//! suite.yaml ─suite→ Suite ─suite::plan (+ Registry)→ [Cell] ─run::scheduler→ run::worker ─run::train→ Outcome
//!                                                        │                                             │
//!                                         cells without a record ←──────── run::record ──────────── Record
//!
//! [Record] ─run::record─┐
//!                       ├→ ScoreTable ─analysis (+ stats)→ Analysis ─report→ terminal · Markdown · CSV · JSON ·
//! scores.csv ─analysis──┘                                                    LaTeX · HTML · SVG · PDF · exports
//! ```
//!
//! Modules are declared in the order of that flow, and import only from modules above them. Components (surrogates, neuron
//! models, encoders, decoders, actors, agents, environments) implement the traits of [`api`] and are found by name in the
//! [`registry`]; a formula written once, generic over [`api::Real`], runs on numbers, in vector loops and on tensors.
//!
//! The analysis needs no suite. Anyone's scores do, one number a run:
//!
//! ```
//! use spikebench::analysis::{Analysis, Settings, parse};
//!
//! let file = b"method,task,seed,score
//! rectangular,Hopper-v5,0,2210
//! rectangular,Hopper-v5,1,1870
//! rectangular,Hopper-v5,2,2040
//! trapezoidal,Hopper-v5,0,2950
//! trapezoidal,Hopper-v5,1,3120
//! trapezoidal,Hopper-v5,2,2890
//! ";
//! let scores = parse("scores.csv", file).unwrap();
//! let analysis = Analysis::of(&scores, &Settings::default()).unwrap();
//! let contrast = &analysis.blocks[0].comparisons[0].contrasts[0];
//! assert_eq!((contrast.method.as_str(), contrast.baseline.as_str()), ("trapezoidal", "rectangular"));
//! assert!(contrast.p_adjusted.unwrap() < 0.05);
//! ```

pub mod formula;
pub mod api;

pub mod kernel;
pub mod registry;
pub mod network;
pub mod learn;

pub mod analysis;

pub mod suite;
pub mod run;

pub mod report;
pub mod cli;

pub use linkme;
pub use spikebench_stats as stats;
