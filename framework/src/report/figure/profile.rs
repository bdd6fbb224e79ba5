//! Performance profiles: the share of runs that score more than τ, as a function of τ (Agarwal et al. 2021,
//! arXiv:2108.13264).

use crate::analysis::Across;

use super::axes::{Axes, Range};
use super::scene::{Point, Scene, WIDTH};
use super::{legend, palette};

/// Draws the profile of every method with its confidence band.
pub fn draw(across: &Across) -> Scene {
    let methods = &across.aggregate.methods;
    let thresholds = &across.aggregate.thresholds;
    let labels: Vec<&str> = methods.iter().map(|method| method.name.as_str()).collect();
    let (left, top, plot) = (36.0, 6.0, 118.0);
    let bottom = top + plot;
    let mut scene = Scene::new(WIDTH, bottom + 24.0 + legend::height(&labels, WIDTH - left));
    let x = Range::of(thresholds.iter().copied(), 0.0);
    let y = Range {
        low: 0.0,
        high: 1.02,
    };
    let axes = Axes::new((left, top), (WIDTH - 8.0, bottom), x, y);
    axes.draw_x(&mut scene, "normalised score τ");
    axes.draw_y(&mut scene, "share of runs with score > τ");
    let steps = |shares: &mut dyn Iterator<Item = f64>| stairs(&axes, thresholds, shares);
    for (place, entry) in methods.iter().enumerate() {
        if let Some(band) = &entry.profile_band {
            let mut outline = steps(&mut band.iter().map(|ends| ends.high));
            let lower = steps(&mut band.iter().map(|ends| ends.low));
            outline.extend(lower.into_iter().rev());
            scene.area(outline, palette::colour(place), 0.12);
        }
    }
    for (place, entry) in methods.iter().enumerate() {
        let line = steps(&mut entry.profile.iter().copied());
        scene.line(line, palette::stroke(place));
    }
    legend::draw(&mut scene, &labels, left, bottom + 24.0);
    scene
}

/// A step function: each share holds until the next threshold.
fn stairs(axes: &Axes, thresholds: &[f64], shares: &mut dyn Iterator<Item = f64>) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for (threshold, share) in thresholds.iter().zip(shares) {
        let at = axes.at(*threshold, share);
        if let Some(last) = points.last().copied() {
            points.push((at.0, last.1));
        }
        points.push(at);
    }
    points
}
