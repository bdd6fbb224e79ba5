//! A promise of a component, in words and as a test.

use std::fmt;

/// What a component promises.
pub struct Promise<'a> {
    /// The promise in words: `is finite for every potential`.
    pub words: &'static str,
    /// Panics if it is not kept, and says how.
    pub test: Box<dyn FnOnce() + 'a>,
}

impl<'a> Promise<'a> {
    /// The promise in these words, which `test` panics without.
    pub fn new(words: &'static str, test: impl FnOnce() + 'a) -> Self {
        Self {
            words,
            test: Box::new(test),
        }
    }
}

impl fmt::Debug for Promise<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Promise")
            .field("words", &self.words)
            .finish_non_exhaustive()
    }
}
