//! Pictures of an environment: a film as GIF, or one picture as PNG.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use gif::{Encoder, Frame, Repeat};
use thiserror::Error;

use crate::api::{ComponentError, Environment, Painter, Picture, Simulator};

/// Of a second. GIF counts in hundredths, and players take anything below two for ten.
const SHORTEST_FRAME: f64 = 0.04;

/// An environment cannot be filmed.
#[derive(Debug, Error)]
pub enum FilmError {
    /// The file's name says nothing known.
    #[error("{} ends neither in .gif nor in .png", path.display())]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// The environment has no picture.
    #[error("{name} cannot be drawn: it has no place and time")]
    NothingToSee {
        /// The environment.
        name: String,
    },
    /// Nothing can be drawn on this machine.
    #[error(transparent)]
    Blind(ComponentError),
    /// The file system refused.
    #[error("failed to write {}: {source}", path.display())]
    Io {
        /// What was to be written.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// A film that is being made.
pub struct Film {
    path: PathBuf,
    painter: Box<dyn Painter>,
    /// None of a single picture.
    reel: Option<Reel>,
}

/// Frames at an even pace.
struct Reel {
    encoder: Option<Encoder<BufWriter<File>>>,
    /// Steps from one frame to the next.
    stride: u64,
    /// How long a frame is shown, in hundredths of a second.
    delay: u16,
    steps: u64,
}

impl Film {
    /// Begins a film of an environment, called `name`, after its reset.
    pub fn begin(
        path: &Path,
        environment: &dyn Environment,
        name: &str,
    ) -> Result<Self, FilmError> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let moves = match extension {
            Some("gif") => true,
            Some("png") => false,
            _ => {
                return Err(FilmError::Name {
                    path: path.to_owned(),
                });
            }
        };
        let Some(simulator) = environment.simulator() else {
            return Err(FilmError::NothingToSee {
                name: name.to_owned(),
            });
        };
        let mut film = Self {
            path: path.to_owned(),
            painter: simulator.painter().map_err(FilmError::Blind)?,
            reel: moves.then(|| Reel::at(simulator.seconds_per_step())),
        };
        film.shoot(simulator)?;
        Ok(film)
    }

    /// Takes in a step.
    pub fn show(&mut self, environment: &dyn Environment) -> Result<(), FilmError> {
        let Some(simulator) = environment.simulator() else {
            return Ok(());
        };
        if let Some(reel) = &mut self.reel {
            reel.steps += 1;
            if reel.steps.is_multiple_of(reel.stride) {
                self.shoot(simulator)?;
            }
        }
        Ok(())
    }

    /// Writes what is left to write.
    pub fn end(mut self, environment: &dyn Environment) -> Result<(), FilmError> {
        if self.reel.is_none()
            && let Some(simulator) = environment.simulator()
        {
            let picture = self.painter.paint(&simulator.pose());
            write_png(&self.path, &picture).map_err(|source| self.refused(source))?;
        }
        Ok(())
    }

    fn shoot(&mut self, simulator: &dyn Simulator) -> Result<(), FilmError> {
        if self.reel.is_none() {
            return Ok(());
        }
        let picture = self.painter.paint(&simulator.pose());
        let (path, reel) = (&self.path, self.reel.as_mut());
        reel.map_or(Ok(()), |reel| reel.add(path, &picture))
            .map_err(|source| self.refused(source))
    }

    fn refused(&self, source: io::Error) -> FilmError {
        FilmError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

impl fmt::Debug for Film {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Film")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Reel {
    /// In real time, as nearly as whole hundredths allow.
    fn at(seconds_per_step: f64) -> Self {
        let stride = (SHORTEST_FRAME / seconds_per_step).ceil().max(1.0);
        Self {
            encoder: None,
            stride: stride as u64,
            delay: (stride * seconds_per_step * 100.0).round() as u16,
            steps: 0,
        }
    }

    fn add(&mut self, path: &Path, picture: &Picture) -> io::Result<()> {
        let (width, height) = (picture.width as u16, picture.height as u16);
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            empty => {
                let file = BufWriter::new(File::create(path)?);
                let mut encoder =
                    Encoder::new(file, width, height, &[]).map_err(io::Error::other)?;
                encoder
                    .set_repeat(Repeat::Infinite)
                    .map_err(io::Error::other)?;
                empty.insert(encoder)
            }
        };
        // The fastest of the encoder's searches for a palette still takes longer than drawing.
        let mut frame = Frame::from_rgb_speed(width, height, &picture.colours, 30);
        frame.delay = self.delay;
        encoder.write_frame(&frame).map_err(io::Error::other)
    }
}

fn write_png(path: &Path, picture: &Picture) -> io::Result<()> {
    let file = BufWriter::new(File::create(path)?);
    let mut encoder = png::Encoder::new(file, picture.width as u32, picture.height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.colours)?;
    writer.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_is_in_real_time() {
        for (seconds_per_step, stride, delay) in
            [(0.008, 5, 4), (0.05, 1, 5), (0.015, 3, 5), (0.02, 2, 4)]
        {
            let reel = Reel::at(seconds_per_step);
            assert_eq!(
                (reel.stride, reel.delay),
                (stride, delay),
                "{seconds_per_step}"
            );
        }
    }
}
