//! Surrogate gradients: each pseudo-derivative with its primitive, the smoothed step.

use crate::api::{AnySurrogate, DEFAULT_U_AT_REST, SurrogateProfile, smoothed_step};

use super::axes::{Axes, NORMAL, Range, SMALL};
use super::scene::{Anchor, Figure, INK, PALE, Point, Scene, Stroke, WIDTH};
use super::{legend, palette};

/// A surrogate, sampled around the threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// The label in the figure.
    pub label: String,
    /// The largest value of the pseudo-derivative.
    pub peak: f64,
    /// The sample points in ascending order: membrane potential minus threshold.
    pub u: Vec<f64>,
    /// The pseudo-derivative at each point.
    pub derivative: Vec<f64>,
    /// The smoothed step at each point: the integral of the pseudo-derivative, which is 1/2 at the threshold.
    pub step: Vec<f64>,
}

/// The most surrogates that share one plot; more of them would hide each other.
const MOST_TOGETHER: usize = 6;

/// The number of sample points on each side of the threshold.
const POINTS: i32 = 400;

impl Shape {
    /// Samples the surrogate, with the parameters that training starts from, between `-reach` and `reach`.
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

/// The figure of some surrogates: up to six share one plot, and more get a small plot each.
pub fn figure(shapes: &[Shape]) -> Figure {
    let together = shapes.len() <= MOST_TOGETHER;
    let caption = if together {
        "Surrogate gradients, and the smoothed steps whose derivatives they are (1/2 at the threshold)."
    } else {
        "Surrogate gradients. Solid lines: the gradient relative to its peak, whose value is beside the name. Dashed lines: \
         the smoothed step whose derivative it is, scaled from its lowest to its highest value in the plot."
    };
    Figure {
        id: "surrogates".into(),
        caption: caption.into(),
        scene: if together {
            in_one_plot(shapes)
        } else {
            in_small_plots(shapes)
        },
        is_diagram: false,
    }
}

/// One of two plots: the name of its vertical axis, that of its horizontal axis, its upper edge, and the values it shows.
type Part<'a> = (&'a str, &'a str, f64, fn(&Shape) -> &[f64]);

/// All surrogates together: their gradients above their smoothed steps.
fn in_one_plot(shapes: &[Shape]) -> Scene {
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

/// A small plot for each surrogate, four side by side over both columns of a page.
fn in_small_plots(shapes: &[Shape]) -> Scene {
    const COLUMNS: usize = 4;
    let (margin, gap, height) = (3.0, 10.0, 64.0);
    let whole = 2.0 * WIDTH + 20.0;
    let width = (whole - 2.0 * margin - gap * (COLUMNS as f64 - 1.0)) / COLUMNS as f64;
    let rows = shapes.len().div_ceil(COLUMNS);
    let row = height + 24.0;
    let mut scene = Scene::new(whole, row * rows as f64 + 12.0);
    for (place, shape) in shapes.iter().enumerate() {
        let left = margin + (width + gap) * (place % COLUMNS) as f64;
        let top = row * (place / COLUMNS) as f64 + NORMAL + 3.0;
        draw_small(&mut scene, shape, (left, top), (left + width, top + height));
    }
    scene
}

/// Draws one surrogate between two corners, its label and its peak above the plot.
fn draw_small(scene: &mut Scene, shape: &Shape, from: Point, to: Point) {
    let peak = format!("{:.3}", shape.peak);
    let peak = peak.trim_end_matches('0').trim_end_matches('.');
    let base = from.1 - 3.0;
    scene.words((from.0, base), shape.label.clone(), SMALL, Anchor::Start);
    scene.words((to.0, base), peak, SMALL, Anchor::End);
    let x = Range::of(shape.u.iter().copied(), 0.0);
    Axes::new(from, to, x, Range::UNIT).draw_frame(scene);
    let curve = |values: &[f64], low: f64, high: f64| -> Vec<Point> {
        let axes = Axes::new(from, to, x, Range::of([low, high].into_iter(), 0.06));
        let points = shape.u.iter().zip(values);
        points.map(|(&u, &value)| axes.at(u, value)).collect()
    };
    let lowest = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = (lowest(&shape.step), highest(&shape.step));
    if low < high {
        let dashed = Stroke {
            dashes: &[3.0, 2.0],
            ..Stroke::solid(palette::colour(1), 1.0)
        };
        scene.line(curve(&shape.step, low, high), dashed);
    }
    let low = lowest(&shape.derivative).min(0.0);
    if low < 0.0 {
        let zero = curve(&vec![0.0; shape.u.len()], low, shape.peak);
        scene.line(zero, Stroke::solid(PALE, 0.5));
    }
    if shape.peak > low {
        let line = Stroke::solid(palette::colour(0), 1.2);
        scene.line(curve(&shape.derivative, low, shape.peak), line);
    }
    scene.line(vec![(from.0, to.1), to], Stroke::solid(INK, 0.6));
}
