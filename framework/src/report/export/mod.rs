//! The runs in the forms that other programs read.

mod files;
mod marl_eval;
mod parquet;
mod rliable;
mod scores;

pub use files::PARTS;
