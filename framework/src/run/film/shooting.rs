//! The environment in front of the camera, step by step.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::api::{ComponentError, Environment, Painter, Simulator};

use super::strip::Strip;
use super::{gif, mp4, picture};

/// Shortest time that a frame is shown, in seconds. GIF counts in hundredths, and players show any frame of less than two
/// hundredths for ten.
const SHORTEST_FRAME: f64 = 0.04;

/// An environment cannot be drawn.
#[derive(Debug, Error)]
pub enum FilmError {
    /// The name of the file ends in no known format.
    #[error("{} ends neither in .gif nor in .mp4 nor in .png", path.display())]
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
    /// The program that makes such films is not here.
    #[error(
        "a film as .mp4 needs the program ffmpeg, which cannot be started ({0}); a .gif needs nothing"
    )]
    NoEncoder(io::Error),
    /// The file system refused to write the file, or the encoder failed.
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
    strip: Box<dyn Strip>,
    /// Number of steps from one frame to the next.
    stride: u64,
    /// Time that a frame is shown, in hundredths of a second.
    delay: u16,
    steps: u64,
}

impl Film {
    /// Begins a film (`.gif`, `.mp4`) or a picture (`.png`) of an environment called `name` after its reset.
    pub fn begin(
        path: &Path,
        environment: &dyn Environment,
        name: &str,
    ) -> Result<Self, FilmError> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let strip: Option<Box<dyn Strip>> = match extension {
            Some("gif") => Some(Box::new(gif::Gif::at(path))),
            Some("mp4") => {
                mp4::look_for_encoder().map_err(FilmError::NoEncoder)?;
                Some(Box::new(mp4::Mp4::at(path)))
            }
            Some("png") => None,
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
            reel: strip.map(|strip| Reel::at(simulator.seconds_per_step(), strip)),
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
        let done = match (&mut self.reel, environment.simulator()) {
            (Some(reel), _) => reel.strip.end(),
            (None, Some(simulator)) => {
                picture::write(&self.path, &self.painter.paint(&simulator.pose()))
            }
            (None, None) => Ok(()),
        };
        done.map_err(|source| self.refused(source))
    }

    fn shoot(&mut self, simulator: &dyn Simulator) -> Result<(), FilmError> {
        let Some(reel) = &mut self.reel else {
            return Ok(());
        };
        let picture = self.painter.paint(&simulator.pose());
        let added = reel.strip.add(&picture, reel.delay);
        added.map_err(|source| self.refused(source))
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
    fn at(seconds_per_step: f64, strip: Box<dyn Strip>) -> Self {
        let stride = (SHORTEST_FRAME / seconds_per_step).ceil().max(1.0);
        Self {
            strip,
            stride: stride as u64,
            delay: (stride * seconds_per_step * 100.0).round() as u16,
            steps: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_runs_in_real_time() {
        for (seconds_per_step, stride, delay) in
            [(0.008, 5, 4), (0.05, 1, 5), (0.015, 3, 5), (0.02, 2, 4)]
        {
            let strip = Box::new(gif::Gif::at(Path::new("unwritten.gif")));
            let reel = Reel::at(seconds_per_step, strip);
            assert_eq!(
                (reel.stride, reel.delay),
                (stride, delay),
                "{seconds_per_step}"
            );
        }
    }
}
