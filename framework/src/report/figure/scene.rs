//! Pictures independently of any file format: lines, areas, dots and words. Lengths are in points of 1/72 inch, and `y`
//! grows downwards.

use crate::report::printable::one_line;

/// The width of a figure: 3.3 inches, a column of a paper.
pub const WIDTH: f64 = 237.6;

/// The colour of axes and words.
pub const INK: Colour = Colour(0x22, 0x22, 0x22);

/// The colour of guide lines.
pub const PALE: Colour = Colour(0xdd, 0xdd, 0xdd);

/// A scene with its caption.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The stem of its file names; only `a-z`, `0-9` and `-`.
    pub id: String,
    /// What the scene shows and how it was computed.
    pub caption: String,
    /// The picture itself.
    pub scene: Scene,
    /// Whether it consists mostly of words, so that a paper may want it in its own fonts (as TikZ).
    pub is_diagram: bool,
}

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Width in points.
    pub width: f64,
    /// Height in points.
    pub height: f64,
    /// The items in the order in which they are drawn: later ones cover earlier ones.
    pub items: Vec<Item>,
}

/// A position in points from the upper left corner, `(x, y)`.
pub type Point = (f64, f64);

/// One element of a picture.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A line of straight segments.
    Line {
        /// Its vertices, at least two.
        points: Vec<Point>,
        /// Its colour, width and dashes.
        stroke: Stroke,
    },
    /// A filled polygon without an outline.
    Area {
        /// Its corners.
        points: Vec<Point>,
        /// Its fill.
        colour: Colour,
        /// From 0, invisible, to 1.
        opacity: f64,
    },
    /// A filled circle.
    Dot {
        /// Its centre.
        at: Point,
        /// Its radius in points.
        radius: f64,
        /// Its fill.
        colour: Colour,
        /// From 0, invisible, to 1.
        opacity: f64,
    },
    /// One line of text in [`INK`].
    Words {
        /// The point of the base line that `anchor` refers to.
        at: Point,
        /// The text.
        text: String,
        /// The font size in points.
        size: f64,
        /// Which part of the text is at `at`.
        anchor: Anchor,
        /// Whether the text is turned by 90 degrees, to be read from bottom to top.
        upwards: bool,
    },
}

/// Which part of a text lies at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The left end.
    Start,
    /// The middle.
    Middle,
    /// The right end.
    End,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    /// The colour of the line.
    pub colour: Colour,
    /// The width of the line in points.
    pub width: f64,
    /// The lengths of dashes and gaps in turn, in points; empty for a solid line.
    pub dashes: &'static [f64],
}

/// Red, green and blue, as in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Stroke {
    /// A solid line.
    pub const fn solid(colour: Colour, width: f64) -> Self {
        Self {
            colour,
            width,
            dashes: &[],
        }
    }
}

impl Scene {
    /// An empty scene; `width` and `height` are in points.
    pub fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            items: Vec::new(),
        }
    }

    /// Adds a line, unless it has fewer than two points.
    pub fn line(&mut self, points: Vec<Point>, stroke: Stroke) {
        if points.len() > 1 {
            self.items.push(Item::Line { points, stroke });
        }
    }

    /// Adds a filled polygon.
    pub fn area(&mut self, points: Vec<Point>, colour: Colour, opacity: f64) {
        self.items.push(Item::Area {
            points,
            colour,
            opacity,
        });
    }

    /// Adds a filled circle.
    pub fn dot(&mut self, at: Point, radius: f64, colour: Colour, opacity: f64) {
        self.items.push(Item::Dot {
            at,
            radius,
            colour,
            opacity,
        });
    }

    /// Adds a horizontal line of text.
    pub fn words(&mut self, at: Point, text: impl AsRef<str>, size: f64, anchor: Anchor) {
        self.items.push(Item::Words {
            at,
            text: one_line(text.as_ref()).into_owned(),
            size,
            anchor,
            upwards: false,
        });
    }

    /// Adds a line of text that is read from bottom to top and centred at `at`.
    pub fn words_upwards(&mut self, at: Point, text: impl AsRef<str>, size: f64) {
        self.items.push(Item::Words {
            at,
            text: one_line(text.as_ref()).into_owned(),
            size,
            anchor: Anchor::Middle,
            upwards: true,
        });
    }
}

/// Formats a length with at most two decimals, without trailing zeros.
pub fn length(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.into()
    }
}
