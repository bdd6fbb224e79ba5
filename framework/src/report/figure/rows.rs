//! One row for each entry, along a common horizontal axis.

use crate::stats::interval::Interval;

use super::axes::{Axes, NORMAL, Range, SMALL};
use super::scene::{Anchor, INK, PALE, Point, Scene, Stroke};
use super::{WIDTH, font, palette};

/// What stands in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// To the left of it.
    pub label: String,
    /// Its place among all entries, which gives its colour.
    pub place: usize,
    /// A dot each.
    pub dots: Vec<f64>,
    /// The thick mark.
    pub middle: Option<f64>,
    /// The line through it.
    pub interval: Option<Interval>,
}

const TALL: f64 = 20.0;
const BAR: f64 = 7.0;
const WIDEST_LABEL: f64 = 84.0;

/// How high a part of a figure with so many rows is.
pub fn height(rows: &[Row]) -> f64 {
    4.0 + row_height(rows) * rows.len() as f64 + 26.0
}

fn row_height(rows: &[Row]) -> f64 {
    if are_labels_above(rows) {
        TALL + SMALL
    } else {
        TALL
    }
}

/// Labels too long for the margin stand above their rows.
fn are_labels_above(rows: &[Row]) -> bool {
    rows.iter()
        .any(|row| font::width(&row.label, SMALL) > WIDEST_LABEL)
}

/// Draws the rows below `top`, with a dashed line at `mark`.
pub fn draw(scene: &mut Scene, rows: &[Row], top: f64, name: &str, mark: Option<f64>) {
    let above = are_labels_above(rows);
    let widest = rows
        .iter()
        .map(|row| font::width(&row.label, SMALL))
        .fold(0.0, f64::max);
    let left = if above { 6.0 } else { widest + 8.0 };
    let high = row_height(rows);
    let begin = top + 4.0;
    let bottom = begin + high * rows.len() as f64;
    let numbers = rows.iter().flat_map(|row| {
        let ends = row
            .interval
            .into_iter()
            .flat_map(|ends| [ends.low, ends.high]);
        row.dots.iter().copied().chain(row.middle).chain(ends)
    });
    let x = Range::of(numbers.chain(mark), 0.04);
    let axes = Axes::new(
        (left, begin),
        (WIDTH - 8.0, bottom),
        x,
        Range {
            low: 0.0,
            high: 1.0,
        },
    );
    axes.draw_x(scene, name);
    if let Some(mark) = mark {
        let x = axes.x_at(mark);
        let dashed = Stroke {
            dashes: &[2.0, 2.0],
            ..Stroke::solid(INK, 0.6)
        };
        scene.line(vec![(x, begin), (x, bottom)], dashed);
    }
    for (index, row) in rows.iter().enumerate() {
        let edge = begin + high * index as f64;
        let middle = edge + high - 0.5 * TALL;
        if above {
            scene.words(
                (left, edge + SMALL + 1.0),
                row.label.clone(),
                SMALL,
                Anchor::Start,
            );
        } else {
            let at = (left - 4.0, middle + 0.36 * SMALL);
            scene.words(at, row.label.clone(), SMALL, Anchor::End);
        }
        if index > 0 {
            scene.line(
                vec![(left, edge), (WIDTH - 8.0, edge)],
                Stroke::solid(PALE, 0.4),
            );
        }
        draw_row(scene, row, &axes, middle);
    }
}

fn draw_row(scene: &mut Scene, row: &Row, axes: &Axes, middle: f64) {
    let colour = palette::colour(row.place);
    if let Some(ends) = row.interval {
        let (low, high) = (axes.x_at(ends.low), axes.x_at(ends.high));
        let (above, below) = (middle - 0.5 * BAR, middle + 0.5 * BAR);
        let corners = vec![(low, above), (high, above), (high, below), (low, below)];
        scene.area(corners, colour, 0.35);
    }
    for at in swarm(&row.dots, axes, middle) {
        scene.dot(at, 1.6, colour, 0.9);
    }
    if let Some(value) = row.middle {
        let x = axes.x_at(value);
        scene.line(
            vec![(x, middle - 5.0), (x, middle + 5.0)],
            Stroke::solid(INK, 1.4),
        );
    }
}

/// Dots that would cover each other are moved up and down in turn.
fn swarm(values: &[f64], axes: &Axes, middle: f64) -> Vec<Point> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut placed: Vec<Point> = Vec::new();
    for value in sorted {
        let x = axes.x_at(value);
        let offsets = [0.0, -3.2, 3.2, -6.4, 6.4];
        let is_free = |offset: &&f64| {
            placed
                .iter()
                .all(|(other, y)| (other - x).hypot(y - middle - **offset) >= 3.0)
        };
        let offset = offsets.iter().find(is_free).copied().unwrap_or_default();
        placed.push((x, middle + offset));
    }
    placed
}

/// The scene of one part.
pub fn scene(rows: &[Row], name: &str, mark: Option<f64>) -> Scene {
    let mut scene = Scene::new(WIDTH, height(rows) + NORMAL - 6.0);
    draw(&mut scene, rows, 0.0, name, mark);
    scene
}
