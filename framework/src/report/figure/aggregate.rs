//! Intervals over all tasks: the interquartile mean of normalised scores, and the chance to beat the baseline.

use crate::across::{Across, Aggregate};

use super::WIDTH;
use super::rows::{self, Row};
use super::scene::Scene;

/// Both, one below the other.
pub fn draw(across: &Across, baseline: &str) -> Scene {
    let row = |place: usize, entry: &Aggregate, middle, interval| Row {
        label: entry.label.clone(),
        place,
        dots: Vec::new(),
        middle,
        interval,
    };
    let entries = || across.entries.iter().enumerate();
    let scores: Vec<Row> = entries()
        .map(|(place, entry)| row(place, entry, entry.iqm, entry.iqm_interval))
        .collect();
    let chances: Vec<Row> = entries()
        .filter(|(_, entry)| entry.improvement.is_some())
        .map(|(place, entry)| row(place, entry, entry.improvement, entry.improvement_interval))
        .collect();
    let second = rows::height(&scores) + 4.0;
    let whole = if chances.is_empty() {
        second
    } else {
        second + rows::height(&chances)
    };
    let mut scene = Scene::new(WIDTH, whole + 2.0);
    rows::draw(&mut scene, &scores, 0.0, "IQM of normalised scores", None);
    if !chances.is_empty() {
        let name = format!("P(run beats one of {baseline})");
        rows::draw(&mut scene, &chances, second, &name, Some(0.5));
    }
    scene
}
