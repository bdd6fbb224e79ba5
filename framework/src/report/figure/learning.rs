//! Learning curves: the interquartile mean over runs with its band, against the steps of training.

use crate::learning::Curve;

use super::axes::{Axes, Range};
use super::scene::Scene;
use super::{WIDTH, legend, palette};

/// The curves of one table.
pub fn draw(curves: &[Curve], metric: &str) -> Scene {
    let labels: Vec<&str> = curves.iter().map(|curve| curve.label.as_str()).collect();
    let (left, top, plot) = (44.0, 6.0, 118.0);
    let bottom = top + plot;
    let mut scene = Scene::new(WIDTH, bottom + 24.0 + legend::height(&labels, WIDTH - left));
    let points = || curves.iter().flat_map(|curve| &curve.places);
    let steps = Range::of(points().map(|point| point.step as f64), 0.0);
    let returns = points().flat_map(|point| {
        let ends = point
            .interval
            .map_or([point.iqm; 2], |band| [band.low, band.high]);
        [point.iqm, ends[0], ends[1]]
    });
    let axes = Axes::new(
        (left, top),
        (WIDTH - 8.0, bottom),
        steps,
        Range::of(returns, 0.04),
    );
    axes.draw_x(&mut scene, "environment steps");
    axes.draw_y(&mut scene, metric);
    for (place, curve) in curves.iter().enumerate() {
        let bands = || {
            curve
                .places
                .iter()
                .filter_map(|point| Some((point.step as f64, point.interval?)))
        };
        let upper = bands().map(|(step, band)| axes.at(step, band.high));
        let lower = bands().map(|(step, band)| axes.at(step, band.low));
        let outline: Vec<_> = upper
            .chain(lower.collect::<Vec<_>>().into_iter().rev())
            .collect();
        if outline.len() > 2 {
            scene.area(outline, palette::colour(place), 0.15);
        }
    }
    for (place, curve) in curves.iter().enumerate() {
        let line = curve
            .places
            .iter()
            .map(|point| axes.at(point.step as f64, point.iqm));
        scene.line(line.collect(), palette::stroke(place));
    }
    legend::draw(&mut scene, &labels, left, bottom + 24.0);
    scene
}
