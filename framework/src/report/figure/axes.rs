//! A rectangular plot with two axes, which maps numbers to positions in a scene.

use super::font;
use super::scene::{Anchor, INK, PALE, Point, Scene, Stroke};

/// The font size of numbers at ticks and of labels, in points.
pub const SMALL: f64 = 7.0;
/// The font size of the names of axes, in points.
pub const NORMAL: f64 = 8.0;

/// The rectangle of a plot, and the numbers at its edges.
#[derive(Debug, Clone, Copy)]
pub struct Axes {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: Range,
    y: Range,
}

/// The interval of numbers that an axis covers; `high` exceeds `low`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The number at the left or lower end.
    pub low: f64,
    /// The number at the right or upper end.
    pub high: f64,
}

/// Beyond this multiple of the step between two ticks, floats miss whole numbers.
const LARGEST_PLACE: f64 = 9_007_199_254_740_992.0;

impl Range {
    /// From 0 to 1.
    pub const UNIT: Self = Self {
        low: 0.0,
        high: 1.0,
    };

    /// A range that contains all finite values, widened at both ends by the fraction `margin` of their spread. Without any
    /// value it is [`UNIT`](Self::UNIT), and a single value is in its middle.
    pub fn of(values: impl Iterator<Item = f64>, margin: f64) -> Self {
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold(ends, |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return Self::UNIT;
        }
        // Positions within a spread that is no normal number cannot be computed.
        let margin = if high - low >= f64::MIN_POSITIVE / f64::EPSILON {
            margin * (high - low)
        } else {
            0.5 * low.abs().max(1.0)
        };
        Self {
            low: low - margin,
            high: high + margin,
        }
    }

    /// About `count` round numbers within the range: multiples of 1, 2 or 5 times a power of ten. There are none if the range
    /// is too narrow for floats to tell its numbers apart.
    pub fn ticks(self, count: usize) -> Vec<f64> {
        let rough = (self.high - self.low) / count.max(1) as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|factor| factor * power)
            .into_iter()
            .find(|step| *step >= rough * 0.999)
            .unwrap_or(10.0 * power);
        let slack = 1e-9 * step;
        let first = ((self.low - slack) / step).ceil();
        let last = ((self.high + slack) / step).floor();
        if !(first.abs() < LARGEST_PLACE && last.abs() < LARGEST_PLACE) {
            return Vec::new();
        }
        let places = first as i64..=last as i64;
        places.map(|place| place as f64 * step).collect()
    }
}

impl Axes {
    /// A plot between an upper left and a lower right corner.
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

    /// The position of a pair of numbers.
    pub fn at(&self, x: f64, y: f64) -> Point {
        (self.x_at(x), self.y_at(y))
    }

    /// The horizontal position of a number.
    pub fn x_at(&self, x: f64) -> f64 {
        self.left + (x - self.x.low) / (self.x.high - self.x.low) * (self.right - self.left)
    }

    /// The vertical position of a number.
    pub fn y_at(&self, y: f64) -> f64 {
        self.bottom - (y - self.y.low) / (self.y.high - self.y.low) * (self.bottom - self.top)
    }

    /// Draws the horizontal axis with guide lines, numbers and a name.
    pub fn draw_x(&self, scene: &mut Scene, name: &str) {
        let pale = Stroke::solid(PALE, 0.5);
        let ticks = self.x.ticks(5);
        for &tick in &ticks {
            let x = self.x_at(tick);
            scene.line(vec![(x, self.top), (x, self.bottom)], pale);
            let text = number(tick, &ticks);
            // A number at the right edge must not leave the scene.
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

    /// Draws only about three numbers along the horizontal axis, each with a guide line.
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

    /// Draws the vertical axis with guide lines, numbers and a name.
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

/// The text of one of some ticks: as many decimals as their distance requires, with `k` for thousands and `M` for millions.
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
    fn scores_that_hardly_differ_have_a_range_with_few_ticks() {
        let spreads = [
            (0.0, 5e-324),
            (0.0, 1e-308),
            (1e-308, 1.5e-308),
            (-1e-320, 2e-308),
            (1e150, 1.000_000_000_000_000_2e150),
            (1e16, 1e16 + 2.0),
            (-1e150, 1e150),
        ];
        for (low, high) in spreads {
            let range = Range::of([low, high].into_iter(), 0.05);
            assert!(range.high > range.low, "{range:?}");
            for count in [2, 5] {
                let ticks = range.ticks(count);
                assert!(ticks.len() <= 3 * count, "{range:?}: {ticks:?}");
                assert!(
                    ticks
                        .iter()
                        .all(|&tick| !number(tick, &ticks).contains("NaN"))
                );
            }
        }
        let raw = Range {
            low: 0.0,
            high: 5e-324,
        };
        assert_eq!(raw.ticks(5), [0.0; 0]);
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
    fn a_range_of_one_number_or_none_is_not_empty() {
        assert_eq!(
            Range::of([1000.0].into_iter(), 0.1),
            Range {
                low: 500.0,
                high: 1500.0
            }
        );
        assert_eq!(Range::of([f64::NAN].into_iter(), 0.1), Range::UNIT);
    }
}
