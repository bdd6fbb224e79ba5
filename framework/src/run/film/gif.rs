//! A film as GIF.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use gif::{Encoder, Frame, Repeat};

use crate::api::Picture;

use super::strip::Strip;

/// A GIF that is shown again and again.
pub struct Gif {
    path: PathBuf,
    encoder: Option<Encoder<BufWriter<File>>>,
}

impl Gif {
    /// A film in this file, which its first frame creates.
    pub fn at(path: &Path) -> Self {
        let path = path.to_owned();
        let encoder = None;
        Self { path, encoder }
    }
}

impl Strip for Gif {
    fn add(&mut self, picture: &Picture, delay: u16) -> io::Result<()> {
        let (width, height) = (picture.width as u16, picture.height as u16);
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            empty => {
                let file = BufWriter::new(File::create(&self.path)?);
                let mut encoder =
                    Encoder::new(file, width, height, &[]).map_err(io::Error::other)?;
                encoder
                    .set_repeat(Repeat::Infinite)
                    .map_err(io::Error::other)?;
                empty.insert(encoder)
            }
        };
        // Even the fastest search for a palette takes longer than drawing.
        let mut frame = Frame::from_rgb_speed(width, height, &picture.colours, 30);
        frame.delay = delay;
        encoder.write_frame(&frame).map_err(io::Error::other)
    }

    /// The encoder writes the end when it is dropped.
    fn end(&mut self) -> io::Result<()> {
        self.encoder = None;
        Ok(())
    }
}
