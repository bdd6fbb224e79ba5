//! How far a suite has come, as a text for a terminal and as a page that loads itself again.

mod page;
mod quantities;
mod text;
mod words;

pub use page::page;
pub use quantities::size;
pub use text::{changes, text};
