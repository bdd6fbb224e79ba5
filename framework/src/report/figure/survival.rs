//! Steps to a threshold as survival curves: the share of runs that have not reached it yet (Kaplan–Meier).

use crate::analysis::{Learning, MethodLearning};

use super::axes::{Axes, Range};
use super::scene::{Point, Scene, Stroke, WIDTH};
use super::{legend, palette};

/// Half the height of the mark of a run that was not followed further.
const TICK: f64 = 2.5;

/// Draws a falling staircase for each method; `None` if no method has times.
pub fn draw(learning: &Learning) -> Option<Scene> {
    let methods: Vec<&MethodLearning> = learning
        .methods
        .iter()
        .filter(|method| method.reached.is_some() && method.runs > 0)
        .collect();
    if methods.is_empty() {
        return None;
    }
    let labels: Vec<&str> = methods.iter().map(|method| method.name.as_str()).collect();
    let (left, top, plot) = (36.0, 6.0, 118.0);
    let bottom = top + plot;
    let mut scene = Scene::new(WIDTH, bottom + 24.0 + legend::height(&labels, WIDTH - left));
    let steps = methods.iter().flat_map(|method| {
        let falls = method.survival.iter().map(|at| at.0);
        falls.chain(method.censored.iter().copied())
    });
    let x = Range::of(steps.map(|step| step as f64).chain([0.0]), 0.0);
    let y = Range {
        low: 0.0,
        high: 1.04,
    };
    let axes = Axes::new((left, top), (WIDTH - 8.0, bottom), x, y);
    axes.draw_x(&mut scene, "environment steps");
    axes.draw_y(&mut scene, "share not there yet");
    for (place, method) in methods.iter().enumerate() {
        // Lines of the same height would hide each other.
        let nudge = 0.9 * place as f64;
        let at = |step: u64, left: f64| {
            let (x, y) = axes.at(step as f64, left);
            (x, y - nudge)
        };
        let mut points: Vec<Point> = vec![at(0, 1.0)];
        let mut left = 1.0;
        for &(step, share) in &method.survival {
            points.extend([at(step, left), at(step, share)]);
            left = share;
        }
        if let Some(&last) = method.censored.last() {
            points.push(at(last, left));
        }
        let stroke = palette::stroke(place);
        scene.line(points, stroke);
        for &step in &method.censored {
            let before = method.survival.iter().take_while(|fall| fall.0 <= step);
            let share = before.last().map_or(1.0, |fall| fall.1);
            let (x, y) = at(step, share);
            scene.line(
                vec![(x, y - TICK), (x, y + TICK)],
                Stroke::solid(stroke.colour, 1.0),
            );
        }
    }
    legend::draw(&mut scene, &labels, left, bottom + 24.0);
    Some(scene)
}
