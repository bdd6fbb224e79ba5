//! Pictures of an environment: a film as GIF or MP4, or one picture as PNG.

mod gif;
mod mp4;
mod picture;
mod shooting;
mod strip;

pub use shooting::{Film, FilmError};
