//! How far a suite has come, as a text for a terminal and as a page that loads itself again.

mod page;
mod quantities;
mod text;
mod words;
mod workers;

pub use page::page;
pub use quantities::{core_time, size};
pub use text::{changes, text};
pub use workers::workers_text;
