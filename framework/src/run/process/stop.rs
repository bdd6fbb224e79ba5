//! When a run is to stop: when somebody asks for it, or when its time is over.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A request to stop, which may come at any moment, and a moment at which it comes by itself.
#[derive(Debug, Clone, Copy)]
pub struct Stop<'a> {
    /// Becomes true when somebody asks.
    pub flag: &'a AtomicBool,
    /// The moment at which to stop without being asked.
    pub at: Option<Instant>,
}

impl Stop<'_> {
    /// Whether it is time to stop.
    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::SeqCst) || self.at.is_some_and(|at| Instant::now() >= at)
    }
}
