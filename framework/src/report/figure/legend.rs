//! The legend below a plot: a sample of each line beside its label.

use super::axes::SMALL;
use super::font;
use super::palette;
use super::scene::{Anchor, Scene};

/// The length of a sample line.
const SAMPLE: f64 = 16.0;
const GAP: f64 = 4.0;
const ROW: f64 = 10.0;

/// Arranges the labels in rows of at most `width`; each with its index and its offset from the left.
fn rows<'l>(labels: &[&'l str], width: f64) -> Vec<Vec<(usize, &'l str, f64)>> {
    let mut rows: Vec<Vec<(usize, &str, f64)>> = vec![Vec::new()];
    let mut used = 0.0;
    for (place, label) in labels.iter().enumerate() {
        let needs = SAMPLE + GAP + font::width(label, SMALL) + 3.0 * GAP;
        if used > 0.0 && used + needs > width {
            rows.push(Vec::new());
            used = 0.0;
        }
        if let Some(row) = rows.last_mut() {
            row.push((place, *label, used));
        }
        used += needs;
    }
    rows
}

/// The height of a legend that is `width` wide.
pub fn height(labels: &[&str], width: f64) -> f64 {
    ROW * rows(labels, width).len() as f64 + 2.0
}

/// Draws the legend below `top`, from `left` to the right edge of the scene.
pub fn draw(scene: &mut Scene, labels: &[&str], left: f64, top: f64) {
    let width = scene.width - left;
    for (row, labels) in rows(labels, width).into_iter().enumerate() {
        let y = top + ROW * (row as f64 + 0.8);
        for (place, label, x) in labels {
            let x = left + x;
            let middle = y - 0.33 * SMALL;
            scene.line(
                vec![(x, middle), (x + SAMPLE, middle)],
                palette::stroke(place),
            );
            scene.words((x + SAMPLE + GAP, y), label, SMALL, Anchor::Start);
        }
    }
}
