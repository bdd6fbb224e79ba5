//! Aggregates over tasks with their intervals: the interquartile mean (IQM) of normalised scores, and the probability of
//! improvement over the baseline.

use crate::analysis::{Across, MethodAggregate};

use super::rows::{self, Row};
use super::scene::{Scene, WIDTH};

/// Draws the IQMs and, below them, the probabilities of improvement.
pub fn draw(across: &Across, baseline: &str) -> Scene {
    let row = |place: usize, entry: &MethodAggregate, middle, interval| Row {
        label: entry.name.clone(),
        place,
        dots: Vec::new(),
        middle,
        interval,
    };
    let entries = || across.aggregate.methods.iter().enumerate();
    let scores: Vec<Row> = entries()
        .map(|(place, entry)| row(place, entry, entry.iqm, entry.iqm_interval))
        .collect();
    let chances: Vec<Row> = entries()
        .filter(|(_, entry)| entry.name != baseline)
        .map(|(place, entry)| {
            let chance = entry.probability_of_improvement;
            row(place, entry, chance, entry.improvement_interval)
        })
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
