//! What a run scores against what an inference of its network takes: a small dot for each run, a large one for each method.

use super::axes::{Axes, Range};
use super::scene::{Point, Scene, WIDTH};
use super::{legend, palette};

/// The runs of one method.
#[derive(Debug, Clone, PartialEq)]
pub struct Cloud {
    /// The label in the legend.
    pub label: String,
    /// What each run takes, and what it scores.
    pub runs: Vec<Point>,
}

/// Draws the runs of every method; `x` and `y` name the axes.
pub fn draw(clouds: &[Cloud], x: &str, y: &str) -> Scene {
    let labels: Vec<&str> = clouds.iter().map(|cloud| cloud.label.as_str()).collect();
    let (left, top, plot) = (44.0, 6.0, 118.0);
    let bottom = top + plot;
    let mut scene = Scene::new(WIDTH, bottom + 24.0 + legend::height(&labels, WIDTH - left));
    let runs = || clouds.iter().flat_map(|cloud| &cloud.runs);
    let axes = Axes::new(
        (left, top),
        (WIDTH - 8.0, bottom),
        Range::of(runs().map(|run| run.0).chain([0.0]), 0.04),
        Range::of(runs().map(|run| run.1), 0.06),
    );
    axes.draw_x(&mut scene, x);
    axes.draw_y(&mut scene, y);
    for (place, cloud) in clouds.iter().enumerate() {
        let colour = palette::colour(place);
        for run in &cloud.runs {
            scene.dot(axes.at(run.0, run.1), 1.4, colour, 0.45);
        }
        let count = cloud.runs.len() as f64;
        let sum = cloud
            .runs
            .iter()
            .fold((0.0, 0.0), |sum, run| (sum.0 + run.0, sum.1 + run.1));
        scene.dot(axes.at(sum.0 / count, sum.1 / count), 3.2, colour, 1.0);
    }
    legend::draw(&mut scene, &labels, left, bottom + 24.0);
    scene
}
