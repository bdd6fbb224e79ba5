//! The frames of a film, in whatever format.

use std::io;

use crate::api::Picture;

/// A file of frames.
pub trait Strip {
    /// Adds a frame that is shown for `delay` hundredths of a second. All frames have one size and one delay.
    fn add(&mut self, picture: &Picture, delay: u16) -> io::Result<()>;

    /// Completes the file.
    fn end(&mut self) -> io::Result<()>;
}
