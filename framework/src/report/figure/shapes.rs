//! Surrogates: the pseudo-derivative, and the smoothed step that it is the derivative of.

use super::axes::{Axes, Range};
use super::scene::Scene;
use super::{WIDTH, legend, palette};

/// One surrogate at some distances from the threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// What it is called.
    pub label: String,
    /// Membrane potential less threshold, rising.
    pub u: Vec<f64>,
    /// The pseudo-derivative there.
    pub derivative: Vec<f64>,
    /// Its primitive there, one half at the threshold.
    pub step: Vec<f64>,
}

/// Both curves of every surrogate, one below the other.
pub fn draw(shapes: &[Shape]) -> Scene {
    let labels: Vec<&str> = shapes.iter().map(|shape| shape.label.as_str()).collect();
    let (left, top, plot, gap) = (38.0, 6.0, 84.0, 32.0);
    let second = top + plot + gap;
    let bottom = second + plot;
    let mut scene = Scene::new(WIDTH, bottom + 24.0 + legend::height(&labels, WIDTH - left));
    let x = Range::of(shapes.iter().flat_map(|shape| shape.u.iter().copied()), 0.0);
    let parts: [(&str, f64, fn(&Shape) -> &[f64]); 2] = [
        ("surrogate gradient", top, |shape| &shape.derivative),
        ("smoothed step", second, |shape| &shape.step),
    ];
    for (name, top, values) in parts {
        let y = Range::of(
            shapes
                .iter()
                .flat_map(|shape| values(shape).iter().copied()),
            0.06,
        );
        let axes = Axes::new((left, top), (WIDTH - 8.0, top + plot), x, y);
        axes.draw_x(&mut scene, "membrane potential − threshold");
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
