//! Figures for the column of a paper: drawn once as a [`Scene`](scene::Scene), then written as SVG, PDF and TikZ.

pub mod axes;
pub mod font;
pub mod palette;
pub mod pdf;
pub mod scene;
pub mod shapes;
pub mod svg;
pub mod tikz;

mod aggregate;
mod critical;
mod curves;
mod distribution;
mod gallery;
mod legend;
mod profile;
mod questions;
mod rows;
mod scatter;
mod survival;

pub use gallery::all;
pub use scene::{Figure, WIDTH};
