//! Figures for a paper's column: drawn once as a [`Scene`], written as SVG, PDF and TikZ.

pub mod axes;
pub mod font;
pub mod palette;
pub mod pdf;
pub mod scene;
pub mod shapes;
pub mod svg;
pub mod tikz;

mod aggregate;
mod critical;
mod curves;
mod distribution;
mod legend;
mod profile;
mod rows;

use crate::across::Across;
use crate::compare::{Block, Comparison};
use crate::learning::{self, Curve};

use super::table::slug;
use super::tables::{name, title};
use curves::Along;
use scene::Scene;

/// Of a column: 3.3 inches.
pub const WIDTH: f64 = 237.6;

/// A picture, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Names its files: `a-z 0-9 -` only.
    pub id: String,
    /// What is to be seen, with how it was computed.
    pub caption: String,
    /// The picture.
    pub scene: Scene,
    /// Mostly words, which a paper may want in its own fonts.
    pub is_diagram: bool,
}

/// Every figure that there are numbers for.
pub fn all(comparison: &Comparison, across: &[Across]) -> Vec<Figure> {
    let mut all = Vec::new();
    for block in &comparison.blocks {
        all.extend(curves(comparison, block));
        for &metric in &comparison.compare.metrics {
            if let Some(scene) = distribution::draw(block, metric, name(metric)) {
                all.push(Figure {
                    id: format!("scores-{}-{}", slug(name(metric)), slug(&title(block))),
                    caption: format!(
                        "{}: {} of every run. Dots: runs; mark: interquartile mean; bar: its 95 % percentile \
                         bootstrap interval, stretched for few runs.",
                        title(block),
                        name(metric)
                    ),
                    scene,
                    is_diagram: false,
                });
            }
        }
    }
    for one in across {
        all.extend(of_tasks(comparison, one));
    }
    all
}

/// Learning curves over steps, and over time where the records tell it.
fn curves(comparison: &Comparison, block: &Block) -> Vec<Figure> {
    let figure = |along, id: &str, over: &str, curves: Vec<Curve>| {
        let has_line = curves.iter().any(|curve| curve.points.len() > 1);
        has_line.then(|| Figure {
            id: format!("{id}-{}", slug(&title(block))),
            caption: format!(
                "{}: learning curves{over}. Lines: interquartile mean over runs of the mean return of {} episodes \
                 without exploration; bands: pointwise 95 % percentile bootstrap interval, \
                 stretched for few runs.",
                title(block),
                comparison.evaluation_episodes
            ),
            scene: curves::draw(&curves, along, "return"),
            is_diagram: false,
        })
    };
    let steps = learning::over_steps(block);
    let time = learning::over_time(block);
    let devices = devices(comparison, block).join(" and ");
    let over_time = format!(
        " over the wall-clock time of training on {devices}, evaluations taken out. A line ends where the fastest of its runs \
         ended; the time depends on the machine and on what else it did"
    );
    let figures = [
        figure(Along::Steps, "curves", "", steps),
        figure(Along::Time, "clock", &over_time, time),
    ];
    figures.into_iter().flatten().collect()
}

/// Where the runs of a block were trained.
fn devices<'a>(comparison: &'a Comparison, block: &Block) -> Vec<&'a str> {
    let mut devices = Vec::new();
    for made in &comparison.provenance {
        let device = made.by.device.as_str();
        if made.environments.contains(&block.environment) && !devices.contains(&device) {
            devices.push(device);
        }
    }
    devices
}

fn of_tasks(comparison: &Comparison, across: &Across) -> Vec<Figure> {
    let mut all = Vec::new();
    if across.entries.len() < 2 {
        return all;
    }
    let context = across.context.join(" · ");
    let id = |kind: &str| format!("{kind}-{}", slug(&context));
    let tasks = across.tasks.join(", ");
    let alpha = comparison.compare.alpha;
    let left_out = if across.left_out.is_empty() {
        String::new()
    } else {
        format!(
            " Left out, without finished runs on some task: {}.",
            across.left_out.join(", ")
        )
    };
    let test = if across.tasks.len() == 1 {
        format!(
            "{} on runs",
            super::prose::test_name(comparison.compare.test)
        )
    } else {
        "Wilcoxon's signed-rank test on mean scores, one pair a task".into()
    };
    all.push(Figure {
        id: id("ranks"),
        caption: format!(
            "{context}: ranks by {} on {tasks}. Bars join entries that are not told apart at alpha = {alpha} ({test}, {} \
             correction over all pairs).{left_out}",
            name(across.metric),
            comparison.compare.correction
        ),
        scene: critical::draw(across, alpha),
        is_diagram: true,
    });
    let scale = super::prose::scale(across);
    all.push(Figure {
        id: id("profiles"),
        caption: format!(
            "{context}: performance profiles of the {} on {tasks} ({scale}). Bands: pointwise 95 % stratified percentile \
             bootstrap intervals.{left_out}",
            name(across.metric)
        ),
        scene: profile::draw(across),
        is_diagram: false,
    });
    all.push(Figure {
        id: id("aggregates"),
        caption: format!(
            "{context}: the {} aggregated over {tasks} ({scale}). Bars: 95 % stratified percentile bootstrap \
             intervals.{left_out}",
            name(across.metric)
        ),
        scene: aggregate::draw(across, &comparison.compare.baseline),
        is_diagram: false,
    });
    all
}
