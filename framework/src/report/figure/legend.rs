//! The legend below a plot: a sample of each line beside its label.

use std::borrow::Cow;

use super::axes::SMALL;
use super::font;
use super::palette;
use super::scene::{Anchor, Scene};

/// The length of a sample line.
const SAMPLE: f64 = 16.0;
const GAP: f64 = 4.0;
const ROW: f64 = 10.0;

/// Arranges the labels in rows of at most `width`; each with its index and its offset from the left.
fn rows<'l>(labels: &[&'l str], width: f64) -> Vec<Vec<(usize, Cow<'l, str>, f64)>> {
    let mut rows: Vec<Vec<(usize, Cow<'l, str>, f64)>> = vec![Vec::new()];
    let mut used = 0.0;
    for (place, label) in labels.iter().enumerate() {
        let label = fitted(label, width - SAMPLE - GAP);
        let needs = SAMPLE + GAP + font::width(&label, SMALL) + 3.0 * GAP;
        if used > 0.0 && used + needs > width {
            rows.push(Vec::new());
            used = 0.0;
        }
        if let Some(row) = rows.last_mut() {
            row.push((place, label, used));
        }
        used += needs;
    }
    rows
}

/// A label that is wider than `width` without its middle.
fn fitted(label: &str, width: f64) -> Cow<'_, str> {
    let letters: Vec<char> = label.chars().collect();
    let cut = |kept: usize| -> String {
        let head = kept.div_ceil(2);
        let tail = &letters[letters.len() - (kept - head)..];
        let head = letters[..head].iter();
        head.chain(&['…']).chain(tail).collect()
    };
    if font::width(label, SMALL) <= width {
        return Cow::Borrowed(label);
    }
    let (mut fits, mut too_many) = (0, letters.len());
    while fits + 1 < too_many {
        let kept = (fits + too_many) / 2;
        if font::width(&cut(kept), SMALL) <= width {
            fits = kept;
        } else {
            too_many = kept;
        }
    }
    Cow::Owned(cut(fits))
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
            scene.words((x + SAMPLE + GAP, y), &label, SMALL, Anchor::Start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_is_wider_than_the_figure_loses_its_middle() {
        let long = "rectangular · popsan(hidden=[16]) · td3(critic_hidden=[16],start_steps=500)";
        let short = fitted(long, 150.0);
        assert!(font::width(&short, SMALL) <= 150.0, "{short}");
        assert!(
            short.starts_with("rectangular · pop") && short.ends_with("steps=500)"),
            "{short}"
        );
        assert_eq!(fitted("atan", 150.0), "atan");
        assert_eq!(fitted("αβγδε", 0.0), "…");
    }
}
