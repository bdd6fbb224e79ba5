//! Learning curves: the interquartile mean over runs with its band, against the steps or the wall-clock time of training.

use crate::analysis::{Curve, Point};

use super::axes::{Axes, Range};
use super::scene::{Scene, WIDTH};
use super::{legend, palette};

/// The quantity along the horizontal axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// Environment steps.
    Steps,
    /// Time in seconds; the axis shows seconds, minutes or hours, so that its numbers have few digits.
    Time,
    /// The share of training, from 0 to 1.
    Share,
}

impl Along {
    /// The name of the axis, and how many steps or seconds its unit is.
    fn unit(self, longest: f64) -> (&'static str, f64) {
        match self {
            Self::Steps => ("environment steps", 1.0),
            Self::Share => ("share of training", 1.0),
            Self::Time if longest < 600.0 => ("seconds of training", 1.0),
            Self::Time if longest < 36_000.0 => ("minutes of training", 60.0),
            Self::Time => ("hours of training", 3600.0),
        }
    }
}

/// Draws one curve for each method, with its confidence band; `metric` names the vertical axis.
pub fn draw(curves: &[Curve], along: Along, metric: &str) -> Scene {
    let labels: Vec<&str> = curves.iter().map(|curve| curve.name.as_str()).collect();
    let (left, top, plot) = (44.0, 6.0, 118.0);
    let bottom = top + plot;
    let mut scene = Scene::new(WIDTH, bottom + 24.0 + legend::height(&labels, WIDTH - left));
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let longest = points().map(|point| point.at).fold(0.0, f64::max);
    let (name, unit) = along.unit(longest);
    let x = |point: &Point| point.at / unit;
    let width = Range::of(points().map(x), 0.0);
    let returns = points().flat_map(|point| {
        let ends = point
            .interval
            .map_or([point.iqm; 2], |band| [band.low, band.high]);
        [point.iqm, ends[0], ends[1]]
    });
    let axes = Axes::new(
        (left, top),
        (WIDTH - 8.0, bottom),
        width,
        Range::of(returns, 0.04),
    );
    axes.draw_x(&mut scene, name);
    axes.draw_y(&mut scene, metric);
    for (place, curve) in curves.iter().enumerate() {
        let bands = || {
            let points = curve.points.iter();
            points.filter_map(|point| Some((x(point), point.interval?)))
        };
        let upper = bands().map(|(x, band)| axes.at(x, band.high));
        let lower = bands().map(|(x, band)| axes.at(x, band.low));
        let outline: Vec<_> = upper
            .chain(lower.collect::<Vec<_>>().into_iter().rev())
            .collect();
        if outline.len() > 2 {
            scene.area(outline, palette::colour(place), 0.15);
        }
    }
    for (place, curve) in curves.iter().enumerate() {
        let line = curve.points.iter();
        let line = line.map(|point| axes.at(x(point), point.iqm));
        scene.line(line.collect(), palette::stroke(place));
    }
    legend::draw(&mut scene, &labels, left, bottom + 24.0);
    scene
}
