//! Renderings of a [`Study`]: pure functions to text and to pictures. Nothing is computed here that a number in a table
//! stands on.

pub mod against;
pub mod bundle;
pub mod design;
pub mod figure;
pub mod missing_shapes;
pub mod printable;
pub mod published;
pub mod status;

mod across_prose;
mod across_tables;
mod adoption;
mod appendix;
mod answers;
mod citation;
mod cost_tables;
mod export;
mod folder;
mod html;
mod json;
mod json_values;
mod latex;
mod latex_figures;
mod markdown;
mod methods;
mod names;
mod numbers;
mod page;
mod partial;
mod prose;
mod provenance;
mod render;
mod rows;
mod sources;
mod study;
mod summary;
mod table;
mod tables;
mod task_tables;
mod terminal;
mod tex_letters;

pub use render::{Format, render};
pub use study::{Study, SurrogateScale, Training};
