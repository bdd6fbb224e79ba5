//! Surrogates: the pseudo-derivative, and the smoothed step that it is the derivative of.

use crate::api::{AnySurrogate, DEFAULT_U_AT_REST, SurrogateProfile, smoothed_step};

use super::axes::{Axes, NORMAL, Range, SMALL};
use super::scene::{Anchor, INK, PALE, Scene, Stroke};
use super::{Figure, WIDTH, legend, palette};

/// One surrogate at some distances from the threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// What it is called.
    pub label: String,
    /// Its largest value.
    pub peak: f64,
    /// Membrane potential less threshold, rising.
    pub u: Vec<f64>,
    /// The pseudo-derivative there.
    pub derivative: Vec<f64>,
    /// Its primitive there, one half at the threshold.
    pub step: Vec<f64>,
}

/// More would cover each other in one frame.
const MOST_TOGETHER: usize = 6;

const POINTS: i32 = 400;

impl Shape {
    /// The surrogate as it begins training, from `-reach` to `reach`.
    pub fn of(label: &str, surrogate: &dyn AnySurrogate, reach: f64) -> Self {
        let u: Vec<f64> = (-POINTS..=POINTS)
            .map(|place| reach * f64::from(place) / f64::from(POINTS))
            .collect();
        let derivative: Vec<f64> = u.iter().map(|&u| surrogate.at(u)).collect();
        let peak = SurrogateProfile::of(surrogate, DEFAULT_U_AT_REST).peak;
        Self {
            label: label.to_owned(),
            peak: derivative.iter().copied().fold(peak, f64::max),
            derivative,
            step: u.iter().map(|&u| smoothed_step(surrogate, u)).collect(),
            u,
        }
    }
}

/// The figure of these surrogates: in one frame, or in one each if they are many.
pub fn figure(shapes: &[Shape]) -> Figure {
    let together = shapes.len() <= MOST_TOGETHER;
    let caption = if together {
        "Surrogate gradients, and the smoothed steps that they are the derivatives of (1/2 at the threshold)."
    } else {
        "Surrogate gradients. Solid: relative to the peak, whose value stands beside the name; dashed: the smoothed step \
         that it is the derivative of, from its lowest to its highest value in the frame."
    };
    Figure {
        id: "surrogates".into(),
        caption: caption.into(),
        scene: if together {
            draw(shapes)
        } else {
            apart(shapes)
        },
        is_diagram: false,
    }
}

/// The name of an axis, that of the one below, the upper edge, and what is drawn.
type Part<'a> = (&'a str, &'a str, f64, fn(&Shape) -> &[f64]);

/// Both curves of every surrogate, one below the other.
fn draw(shapes: &[Shape]) -> Scene {
    let labels: Vec<&str> = shapes.iter().map(|shape| shape.label.as_str()).collect();
    let (left, top, plot, gap) = (38.0, 6.0, 84.0, 18.0);
    let second = top + plot + gap;
    let bottom = second + plot;
    let mut scene = Scene::new(WIDTH, bottom + 24.0 + legend::height(&labels, WIDTH - left));
    let x = Range::of(shapes.iter().flat_map(|shape| shape.u.iter().copied()), 0.0);
    let parts: [Part<'_>; 2] = [
        ("gradient", "", top, |shape| &shape.derivative),
        ("smoothed step", "potential − threshold", second, |shape| {
            &shape.step
        }),
    ];
    for (name, below, top, values) in parts {
        let numbers = shapes
            .iter()
            .flat_map(|shape| values(shape).iter().copied());
        let y = Range::of(numbers, 0.06);
        let axes = Axes::new((left, top), (WIDTH - 8.0, top + plot), x, y);
        axes.draw_x(&mut scene, below);
        axes.draw_y(&mut scene, name);
        for (place, shape) in shapes.iter().enumerate() {
            let points = shape.u.iter().zip(values(shape));
            let line = points.map(|(&u, &value)| axes.at(u, value));
            scene.line(line.collect(), palette::stroke(place));
        }
    }
    legend::draw(&mut scene, &labels, left, bottom + 24.0);
    scene
}

/// A frame for each surrogate, four side by side over both columns of a page.
fn apart(shapes: &[Shape]) -> Scene {
    const COLUMNS: usize = 4;
    let (margin, gap, high) = (3.0, 10.0, 64.0);
    let whole = 2.0 * WIDTH + 20.0;
    let wide = (whole - 2.0 * margin - gap * (COLUMNS as f64 - 1.0)) / COLUMNS as f64;
    let rows = shapes.len().div_ceil(COLUMNS);
    let row = high + 24.0;
    let mut scene = Scene::new(whole, row * rows as f64 + 12.0);
    for (place, shape) in shapes.iter().enumerate() {
        let left = margin + (wide + gap) * (place % COLUMNS) as f64;
        let top = row * (place / COLUMNS) as f64 + NORMAL + 3.0;
        let x = Range::of(shape.u.iter().copied(), 0.0);
        let corners = ((left, top), (left + wide, top + high));
        let peak = format!("{:.3}", shape.peak);
        let peak = peak.trim_end_matches('0').trim_end_matches('.');
        let end = left + wide;
        scene.words((left, top - 3.0), shape.label.clone(), SMALL, Anchor::Start);
        scene.words((end, top - 3.0), peak, SMALL, Anchor::End);
        let scaled = |values: &[f64], from: f64, to: f64| {
            let y = Range {
                low: from - 0.06 * (to - from),
                high: to + 0.06 * (to - from),
            };
            let axes = Axes::new(corners.0, corners.1, x, y);
            let points = shape.u.iter().zip(values);
            points
                .map(|(&u, &value)| axes.at(u, value))
                .collect::<Vec<_>>()
        };
        let lowest = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let axes = Axes::new(
            corners.0,
            corners.1,
            x,
            Range {
                low: 0.0,
                high: 1.0,
            },
        );
        axes.draw_frame(&mut scene);
        let steps = (lowest(&shape.step), highest(&shape.step));
        if steps.0 < steps.1 {
            let dashed = Stroke {
                dashes: &[3.0, 2.0],
                ..Stroke::solid(palette::colour(1), 1.0)
            };
            scene.line(scaled(&shape.step, steps.0, steps.1), dashed);
        }
        let low = lowest(&shape.derivative).min(0.0);
        if low < 0.0 {
            let zero = scaled(&vec![0.0; shape.u.len()], low, shape.peak);
            scene.line(zero, Stroke::solid(PALE, 0.5));
        }
        if shape.peak > low {
            let line = Stroke::solid(palette::colour(0), 1.2);
            scene.line(scaled(&shape.derivative, low, shape.peak), line);
        }
        scene.line(
            vec![(left, top + high), (end, top + high)],
            Stroke::solid(INK, 0.6),
        );
    }
    scene
}
