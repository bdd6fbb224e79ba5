//! What a figure is before it is drawn: lines, areas, dots and words at places. Points of 1/72 inch, y downwards.

/// A place.
pub type Point = (f64, f64);

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Of the whole, in points.
    pub width: f64,
    /// Of the whole, in points.
    pub height: f64,
    /// In the order in which they are drawn.
    pub items: Vec<Item>,
}

/// One thing in a picture.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// Straight from point to point.
    Line {
        /// At least two.
        points: Vec<Point>,
        /// How it is drawn.
        stroke: Stroke,
    },
    /// A filled polygon without an edge.
    Area {
        /// Its corners.
        points: Vec<Point>,
        /// Of its inside.
        colour: Colour,
        /// From 0, invisible, to 1.
        opacity: f64,
    },
    /// A filled circle.
    Dot {
        /// Its centre.
        at: Point,
        /// Its radius.
        radius: f64,
        /// Of its inside.
        colour: Colour,
        /// From 0, invisible, to 1.
        opacity: f64,
    },
    /// One line of words.
    Words {
        /// Of the base line.
        at: Point,
        /// What they say.
        text: String,
        /// Of the font.
        size: f64,
        /// Which part of them is at that place.
        anchor: Anchor,
        /// Read upwards, a quarter turned.
        upwards: bool,
    },
}

/// Which part of some words is at their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// They begin there.
    Start,
    /// Their middle is there.
    Middle,
    /// They end there.
    End,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    /// Of the line.
    pub colour: Colour,
    /// In points.
    pub width: f64,
    /// Lengths of dashes and gaps in turn; none for a solid line.
    pub dashes: &'static [f64],
}

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Colour(pub u8, pub u8, pub u8);

/// Of axes and words.
pub const INK: Colour = Colour(0x22, 0x22, 0x22);

/// Of what helps the eye only.
pub const PALE: Colour = Colour(0xdd, 0xdd, 0xdd);

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
    /// An empty picture.
    pub fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            items: Vec::new(),
        }
    }

    /// Adds a line.
    pub fn line(&mut self, points: Vec<Point>, stroke: Stroke) {
        if points.len() > 1 {
            self.items.push(Item::Line { points, stroke });
        }
    }

    /// Adds an area.
    pub fn area(&mut self, points: Vec<Point>, colour: Colour, opacity: f64) {
        self.items.push(Item::Area {
            points,
            colour,
            opacity,
        });
    }

    /// Adds a dot.
    pub fn dot(&mut self, at: Point, radius: f64, colour: Colour, opacity: f64) {
        self.items.push(Item::Dot {
            at,
            radius,
            colour,
            opacity,
        });
    }

    /// Adds words.
    pub fn words(&mut self, at: Point, text: impl Into<String>, size: f64, anchor: Anchor) {
        self.items.push(Item::Words {
            at,
            text: text.into(),
            size,
            anchor,
            upwards: false,
        });
    }

    /// Adds words that are read upwards.
    pub fn words_upwards(&mut self, at: Point, text: impl Into<String>, size: f64) {
        self.items.push(Item::Words {
            at,
            text: text.into(),
            size,
            anchor: Anchor::Middle,
            upwards: true,
        });
    }
}

/// A length as text: two decimals, without zeros at the end.
pub fn length(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.into()
    }
}
