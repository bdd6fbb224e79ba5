//! The tests of the host that need LibTorch, in one program, so that they are linked once.

mod actors;
mod agents;
mod architecture;
mod coding;
mod command;
mod compare;
mod design;
mod diagnostics;
mod evaluate;
mod examples;
mod figures;
mod folder;
mod golden;
mod gradients;
mod kernels;
mod learning;
mod lost_runs;
mod neurons;
mod one_engine;
mod reading;
mod records;
mod report;
mod rollout;
mod suites;
mod surrogates;
mod verdicts;
