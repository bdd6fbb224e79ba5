//! Pictures of an environment: a film as GIF, or one picture as PNG.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use gif::{Encoder, Frame, Repeat};
use thiserror::Error;

use crate::api::{ComponentError, Environment, Painter, Picture, Simulator};

/// Shortest time that a frame is shown, in seconds. GIF counts in hundredths, and players show any frame of less than two
/// hundredths for ten.
const SHORTEST_FRAME: f64 = 0.04;

/// An environment cannot be drawn.
#[derive(Debug, Error)]
pub enum FilmError {
    /// The name of the file ends in no known format.
    #[error("{} ends neither in .gif nor in .png", path.display())]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// The environment has no simulator that could be drawn.
    #[error("{name} cannot be drawn: it has no simulator")]
    NoSimulator {
        /// Name of the environment.
        name: String,
    },
    /// The simulator cannot be drawn on this machine.
    #[error(transparent)]
    NoPainter(ComponentError),
    /// The file system refused to write the file.
    #[error("failed to write {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason that the system gave.
        source: io::Error,
    },
}

/// A film that is being made.
pub struct Film {
    path: PathBuf,
    painter: Box<dyn Painter>,
    /// The frames of a film; none for a single picture.
    reel: Option<Reel>,
}

/// The frames of a film, which are shown at an even pace.
struct Reel {
    encoder: Option<Encoder<BufWriter<File>>>,
    /// Number of steps from one frame to the next.
    stride: u64,
    /// Time that a frame is shown, in hundredths of a second.
    delay: u16,
    steps: u64,
}

impl Film {
    /// Begins a film (`.gif`) or a picture (`.png`) of an environment called `name` after its reset.
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
            return Err(FilmError::NoSimulator {
                name: name.to_owned(),
            });
        };
        let mut film = Self {
            path: path.to_owned(),
            painter: simulator.painter().map_err(FilmError::NoPainter)?,
            reel: moves.then(|| Reel::at(simulator.seconds_per_step())),
        };
        film.shoot(simulator)?;
        Ok(film)
    }

    /// Shows the environment after a step.
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

    /// Completes the file.
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
    /// Frames in real time, as nearly as whole hundredths of a second allow.
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
        // Even the fastest search for a palette takes longer than drawing.
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
    fn a_film_runs_in_real_time() {
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
