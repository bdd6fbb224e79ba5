//! The critical-difference diagram: methods along an axis of mean ranks, with bars that join methods that do not differ
//! significantly (Demšar, JMLR 7, 2006). The bars follow from the corrected p values of all pairs, not from one critical
//! difference.

use crate::analysis::Across;

use super::axes::{NORMAL, Range, SMALL, number};
use super::font;
use super::scene::{Anchor, INK, Scene, Stroke, WIDTH};

/// The distance between the base lines of labels.
const ROW: f64 = 11.0;
/// The distance between bars.
const BAR: f64 = 5.0;
/// The least length of the axis of ranks.
const SHORTEST_AXIS: f64 = 66.0;

/// Draws the methods by mean rank, the best on the left.
pub fn draw(across: &Across) -> Scene {
    let ranks_of = &across.ranking.mean_ranks;
    let mut order: Vec<usize> = (0..ranks_of.len()).collect();
    order.sort_by(|&one, &other| ranks_of[one].1.total_cmp(&ranks_of[other].1));
    let groups = &across.groups;
    let label = |place: usize| ranks_of[place].0.as_str();
    let widest = order
        .iter()
        .map(|&place| font::width(label(place), SMALL))
        .fold(0.0, f64::max);
    let (width, margin) = layout(widest);
    let (left, right) = (margin, width - margin);
    let count = ranks_of.len().max(2) as f64;
    let x = |rank: f64| left + (rank - 1.0) / (count - 1.0) * (right - left);

    let axis = NORMAL + SMALL + 10.0;
    let bars = axis + 7.0;
    let labels = bars + BAR * groups.len() as f64 + 8.0;
    let half = order.len().div_ceil(2);
    let mut scene = Scene::new(width, labels + ROW * half as f64 + 2.0);
    let ink = Stroke::solid(INK, 0.7);
    let tasks = across.tasks.len();
    let name = if tasks == 1 {
        "rank by mean score (1: best)".into()
    } else {
        format!("mean rank over {tasks} tasks (1: best)")
    };
    scene.words((0.5 * width, NORMAL), name, NORMAL, Anchor::Middle);
    scene.line(vec![(left, axis), (right, axis)], ink);
    let ranks = Range {
        low: 1.0,
        high: count,
    }
    .ticks(count.min(10.0) as usize - 1);
    for &tick in ranks.iter().filter(|tick| tick.fract() == 0.0) {
        scene.line(vec![(x(tick), axis - 3.0), (x(tick), axis)], ink);
        scene.words(
            (x(tick), axis - 5.0),
            number(tick, &[1.0, 2.0]),
            SMALL,
            Anchor::Middle,
        );
    }
    for (row, group) in groups.iter().enumerate() {
        let y = bars + BAR * row as f64;
        let ranks = || group.iter().map(|&place| ranks_of[place].1);
        let (low, high) = (
            ranks().fold(f64::INFINITY, f64::min),
            ranks().fold(0.0, f64::max),
        );
        let bar = Stroke::solid(INK, 2.2);
        scene.line(vec![(x(low) - 2.0, y), (x(high) + 2.0, y)], bar);
        // A dot marks each member: a method between the ends of the bar need not belong to the group.
        for rank in ranks() {
            scene.dot((x(rank), y), 2.0, INK, 1.0);
        }
    }
    for (index, &place) in order.iter().enumerate() {
        let at = x(ranks_of[place].1);
        let is_left = index < half;
        let row = if is_left {
            index
        } else {
            order.len() - 1 - index
        };
        let y = labels + ROW * (row as f64 + 0.5);
        let edge = if is_left { left - 8.0 } else { right + 8.0 };
        scene.line(
            vec![(at, axis), (at, y), (edge, y)],
            Stroke::solid(INK, 0.5),
        );
        let (words, anchor) = if is_left {
            (edge - 2.0, Anchor::End)
        } else {
            (edge + 2.0, Anchor::Start)
        };
        scene.words((words, y + 0.36 * SMALL), label(place), SMALL, anchor);
    }
    scene
}

/// The width of the diagram and of the margins beside its axis. Labels too long for a column make the diagram wider, so that
/// none is cut off.
fn layout(widest_label: f64) -> (f64, f64) {
    let margin = widest_label + 22.0;
    (WIDTH.max(2.0 * margin + SHORTEST_AXIS), margin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagram_is_a_column_wide_unless_its_labels_need_more() {
        assert_eq!(layout(60.0).0, WIDTH);
        let (width, margin) = layout(200.0);
        assert!(margin > 200.0 && width - 2.0 * margin >= SHORTEST_AXIS);
    }
}
