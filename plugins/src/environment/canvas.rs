//! A two-dimensional picture of simple shapes, for tasks without a simulator that renders them.

use std::fmt;

use spikebench::api::{Painter, Picture};

/// The number of columns of a picture.
const WIDTH: usize = 480;
/// The number of rows of a picture.
const HEIGHT: usize = 320;

/// A colour as red, green and blue.
pub(super) type Colour = [u8; 3];

pub(super) const BLACK: Colour = [40, 40, 40];
pub(super) const BROWN: Colour = [202, 152, 101];
pub(super) const RED: Colour = [204, 77, 77];
pub(super) const GREEN: Colour = [86, 160, 110];

/// A white canvas. Coordinates are in the units of the task, with the origin in the middle and the second axis upwards.
#[derive(Debug)]
pub(super) struct Canvas {
    picture: Picture,
    /// Pixels per unit.
    scale: f64,
}

impl Canvas {
    /// A canvas that is `width` units wide.
    pub fn new(width: f64) -> Self {
        Self {
            picture: Picture {
                width: WIDTH,
                height: HEIGHT,
                colours: vec![255; 3 * WIDTH * HEIGHT],
            },
            scale: WIDTH as f64 / width,
        }
    }

    /// Draws a line with round ends, `thickness` units wide; a disc if both ends coincide.
    pub fn line(&mut self, from: [f64; 2], to: [f64; 2], thickness: f64, colour: Colour) {
        let along = [to[0] - from[0], to[1] - from[1]];
        let length = along[0].powi(2) + along[1].powi(2);
        for row in 0..HEIGHT {
            for column in 0..WIDTH {
                let [x, y] = self.place(row, column);
                let offset = [x - from[0], y - from[1]];
                let share = (offset[0] * along[0] + offset[1] * along[1]) / length;
                // NaN for a line without length.
                let share = if share.is_finite() {
                    share.clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let nearest = [offset[0] - share * along[0], offset[1] - share * along[1]];
                if nearest[0].hypot(nearest[1]) <= thickness / 2.0 {
                    let start = 3 * (row * WIDTH + column);
                    self.picture.colours[start..start + 3].copy_from_slice(&colour);
                }
            }
        }
    }

    /// Draws a disc.
    pub fn disc(&mut self, place: [f64; 2], thickness: f64, colour: Colour) {
        self.line(place, place, thickness, colour);
    }

    fn place(&self, row: usize, column: usize) -> [f64; 2] {
        let x = column as f64 + 0.5 - WIDTH as f64 / 2.0;
        let y = HEIGHT as f64 / 2.0 - row as f64 - 0.5;
        [x / self.scale, y / self.scale]
    }

    pub fn picture(self) -> Picture {
        self.picture
    }
}

/// A painter that draws every pose with the same function.
pub(super) struct Sketch(pub fn(&[f64]) -> Picture);

impl Painter for Sketch {
    fn paint(&mut self, pose: &[f64]) -> Picture {
        self.0(pose)
    }
}

impl fmt::Debug for Sketch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sketch")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_covers_its_length_and_its_width() {
        let mut canvas = Canvas::new(4.8);
        canvas.line([-1.0, 0.5], [1.0, 0.5], 0.2, RED);
        let picture = canvas.picture();
        let red = picture
            .colours
            .chunks_exact(3)
            .filter(|colour| *colour == RED)
            .count() as f64;
        // Two by 0.2 units and two half discs, at a hundred pixels per unit.
        let area = (2.0 * 0.2 + std::f64::consts::PI * 0.01) * 1e4;
        assert!((red - area).abs() < 0.01 * area, "{red} of {area}");
        // Half a unit above the middle.
        let middle = 3 * ((HEIGHT / 2 - 50) * WIDTH + WIDTH / 2);
        assert_eq!(picture.colours[middle..middle + 3], RED);
        let below = 3 * ((HEIGHT / 2 + 50) * WIDTH + WIDTH / 2);
        assert_eq!(picture.colours[below..below + 3], [255; 3]);
    }
}
