//! A frame with two axes, from numbers to places.

use super::font;
use super::scene::{Anchor, INK, PALE, Point, Scene, Stroke};

/// Of numbers at ticks.
pub const SMALL: f64 = 7.0;
/// Of everything else.
pub const NORMAL: f64 = 8.0;

/// A part of the scene, and the numbers at its edges.
#[derive(Debug, Clone, Copy)]
pub struct Axes {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: Range,
    y: Range,
}

/// The numbers along an axis; the high end is above the low one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// At its begin.
    pub low: f64,
    /// At its end.
    pub high: f64,
}

impl Range {
    /// What holds all of these, with a margin of that part of it at both ends.
    pub fn of(values: impl Iterator<Item = f64>, margin: f64) -> Self {
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold(ends, |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return Self {
                low: 0.0,
                high: 1.0,
            };
        }
        let margin = if high > low {
            margin * (high - low)
        } else {
            0.5 * low.abs().max(1.0)
        };
        Self {
            low: low - margin,
            high: high + margin,
        }
    }

    /// Round numbers within, some `count` of them: multiples of 1, 2 or 5 times a power of ten.
    pub fn ticks(self, count: usize) -> Vec<f64> {
        let rough = (self.high - self.low) / count.max(1) as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|factor| factor * power)
            .into_iter()
            .find(|step| *step >= rough * 0.999)
            .unwrap_or(10.0 * power);
        let slack = 1e-9 * step;
        let first = ((self.low - slack) / step).ceil() as i64;
        let last = ((self.high + slack) / step).floor() as i64;
        (first..=last).map(|place| place as f64 * step).collect()
    }
}

impl Axes {
    /// Between these edges of the scene.
    pub fn new(from: Point, to: Point, x: Range, y: Range) -> Self {
        Self {
            left: from.0,
            right: to.0,
            top: from.1,
            bottom: to.1,
            x,
            y,
        }
    }

    /// Where that pair of numbers is.
    pub fn at(&self, x: f64, y: f64) -> Point {
        (self.x_at(x), self.y_at(y))
    }

    /// Where that number is along the horizontal axis.
    pub fn x_at(&self, x: f64) -> f64 {
        self.left + (x - self.x.low) / (self.x.high - self.x.low) * (self.right - self.left)
    }

    /// Where that number is along the vertical axis.
    pub fn y_at(&self, y: f64) -> f64 {
        self.bottom - (y - self.y.low) / (self.y.high - self.y.low) * (self.bottom - self.top)
    }

    /// Draws the horizontal axis with its numbers and its name.
    pub fn draw_x(&self, scene: &mut Scene, name: &str) {
        let pale = Stroke::solid(PALE, 0.5);
        let ticks = self.x.ticks(5);
        for &tick in &ticks {
            let x = self.x_at(tick);
            scene.line(vec![(x, self.top), (x, self.bottom)], pale);
            let text = number(tick, &ticks);
            // A number at the edge must not leave the picture.
            let half = 0.5 * font::width(&text, SMALL);
            let middle = x.min(scene.width - half - 1.0);
            scene.words(
                (middle, self.bottom + SMALL + 2.0),
                text,
                SMALL,
                Anchor::Middle,
            );
        }
        let ink = Stroke::solid(INK, 0.6);
        scene.line(
            vec![(self.left, self.bottom), (self.right, self.bottom)],
            ink,
        );
        let middle = 0.5 * (self.left + self.right);
        scene.words(
            (middle, self.bottom + 2.0 * NORMAL + 4.0),
            name,
            NORMAL,
            Anchor::Middle,
        );
    }

    /// Draws the numbers of the horizontal axis, three of them, with a line at each.
    pub fn draw_frame(&self, scene: &mut Scene) {
        let pale = Stroke::solid(PALE, 0.5);
        let ticks = self.x.ticks(2);
        for &tick in &ticks {
            let x = self.x_at(tick);
            scene.line(vec![(x, self.top), (x, self.bottom)], pale);
            let text = number(tick, &ticks);
            let half = 0.5 * font::width(&text, SMALL);
            let middle = x.clamp(self.left + half, self.right - half);
            let at = (middle, self.bottom + SMALL + 2.0);
            scene.words(at, text, SMALL, Anchor::Middle);
        }
    }

    /// Draws the vertical axis with its numbers and its name.
    pub fn draw_y(&self, scene: &mut Scene, name: &str) {
        let pale = Stroke::solid(PALE, 0.5);
        let ticks = self.y.ticks(5);
        for &tick in &ticks {
            let y = self.y_at(tick);
            scene.line(vec![(self.left, y), (self.right, y)], pale);
            let at = (self.left - 3.0, y + 0.36 * SMALL);
            scene.words(at, number(tick, &ticks), SMALL, Anchor::End);
        }
        let ink = Stroke::solid(INK, 0.6);
        scene.line(vec![(self.left, self.top), (self.left, self.bottom)], ink);
        scene.words_upwards((NORMAL + 1.0, 0.5 * (self.top + self.bottom)), name, NORMAL);
    }
}

/// A number at a tick, as exact as the distance to the next one asks for.
pub fn number(tick: f64, ticks: &[f64]) -> String {
    let step = match ticks {
        [first, second, ..] => second - first,
        _ => tick.abs().max(1.0),
    };
    let largest = ticks.iter().copied().map(f64::abs).fold(0.0, f64::max);
    let (unit, suffix) = match largest {
        size if size >= 1e6 => (1e6, "M"),
        size if size >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let decimals = (-(step / unit).log10().floor()).clamp(0.0, 6.0) as usize;
    let text = format!("{:.decimals$}", tick / unit).replace('-', "−");
    if tick == 0.0 {
        "0".into()
    } else {
        text + suffix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_within_the_range() {
        let ticks = |low, high| Range { low, high }.ticks(5);
        assert_eq!(
            ticks(0.0, 1.0),
            [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]
        );
        assert_eq!(ticks(-1500.0, -90.0), [-1500.0, -1000.0, -500.0]);
        assert_eq!(ticks(0.0, 8000.0), [0.0, 2000.0, 4000.0, 6000.0, 8000.0]);
    }

    #[test]
    fn numbers_at_ticks_are_short() {
        let shown = |ticks: &[f64]| {
            let list: Vec<String> = ticks.iter().map(|&tick| number(tick, ticks)).collect();
            list.join(" ")
        };
        assert_eq!(shown(&[0.0, 0.2, 0.4]), "0 0.2 0.4");
        assert_eq!(
            shown(&[0.0, 200_000.0, 400_000.0, 1_000_000.0]),
            "0 0.2M 0.4M 1.0M"
        );
        assert_eq!(shown(&[0.0, 5_000.0, 10_000.0]), "0 5k 10k");
        assert_eq!(shown(&[-1500.0, -1000.0]), "−1500 −1000");
    }

    #[test]
    fn a_range_of_one_number_or_none_has_a_width_all_the_same() {
        assert_eq!(
            Range::of([1000.0].into_iter(), 0.1),
            Range {
                low: 500.0,
                high: 1500.0
            }
        );
        assert_eq!(
            Range::of([f64::NAN].into_iter(), 0.1),
            Range {
                low: 0.0,
                high: 1.0
            }
        );
    }
}
