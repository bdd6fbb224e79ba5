//! A plot with one row for each method along a common horizontal axis: dots, a mark and an interval.

use crate::stats::interval::Interval;

use super::axes::{Axes, NORMAL, Range, SMALL};
use super::scene::{Anchor, INK, PALE, Point, Scene, Stroke, WIDTH};
use super::{font, palette};

/// The content of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The label, to the left of the row or above it.
    pub label: String,
    /// The index of the method among all methods, which determines its colour.
    pub place: usize,
    /// Values that are drawn as dots.
    pub dots: Vec<f64>,
    /// The value of the thick mark.
    pub middle: Option<f64>,
    /// The interval of the bar behind the mark.
    pub interval: Option<Interval>,
}

/// The height of a row without a label above it.
const TALL: f64 = 20.0;
/// The height of the bar of an interval.
const BAR: f64 = 7.0;
/// The widest label that still fits into the left margin.
const WIDEST_LABEL: f64 = 84.0;

/// The height of a plot of these rows, with its axis.
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

/// Whether labels are placed above their rows, because one of them is too wide for the left margin.
fn are_labels_above(rows: &[Row]) -> bool {
    rows.iter()
        .any(|row| font::width(&row.label, SMALL) > WIDEST_LABEL)
}

/// Draws the rows below `top` with an axis called `name`, and a dashed vertical line at `mark`.
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
    let axes = Axes::new((left, begin), (WIDTH - 8.0, bottom), x, Range::UNIT);
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

/// The positions of dots: those that would cover each other are moved up or down.
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

/// A scene with nothing but these rows.
pub fn scene(rows: &[Row], name: &str, mark: Option<f64>) -> Scene {
    let mut scene = Scene::new(WIDTH, height(rows) + NORMAL - 6.0);
    draw(&mut scene, rows, 0.0, name, mark);
    scene
}
