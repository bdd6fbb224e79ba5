//! Dense products, which skip the zeros of a side that has many.

mod blocked;
mod job;
mod matrix;
mod nonzeros;
mod product;
mod sparse;
mod strategy;
mod strips;

pub use matrix::Matrix;
pub use product::product;
