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

use crate::analysis::{Across, Block, Curve, Metric, Point};
use crate::stats::grid::Place;
use crate::stats::interval_method::IntervalMethod;

use super::across_prose::{rank_test, scale};
use super::across_tables::with_context;
use super::names::name;
use super::study::Study;
use super::table::slug;
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
pub fn all(study: &Study) -> Vec<Figure> {
    let mut all = Vec::new();
    for block in &study.analysis.blocks {
        all.extend(curves(study, block));
        let metrics = study.settings().metrics.iter();
        all.extend(metrics.filter_map(|&metric| distribution(study, block, metric)));
    }
    for across in &study.analysis.across {
        all.extend(of_tasks(study, across));
    }
    all
}

fn distribution(study: &Study, block: &Block, metric: Metric) -> Option<Figure> {
    let name = name(study, metric);
    Some(Figure {
        id: format!("scores-{}-{}", slug(name), slug(&block.title())),
        caption: format!(
            "{}: {name} of every run. Dots: runs; mark: interquartile mean; bar: its {} interval by the {}.",
            block.title(),
            study.settings().level_title(),
            study
                .settings()
                .interval
                .unwrap_or(IntervalMethod::Expanded)
                .title()
        ),
        scene: distribution::draw(block, metric, name)?,
        is_diagram: false,
    })
}

/// Learning curves over steps, and over time where the runs tell it.
fn curves(study: &Study, block: &Block) -> Vec<Figure> {
    let of = match study.training {
        Some(training) => format!(
            "the mean return of {} episodes without exploration",
            training.evaluation_episodes
        ),
        None => "the score".into(),
    };
    let figure = |along, id: &str, over: &str, curves: &[Curve]| {
        let has_line = curves.iter().any(|curve| curve.points.len() > 1);
        has_line.then(|| Figure {
            id: format!("{id}-{}", slug(&block.title())),
            caption: format!(
                "{}: learning curves{over}. Lines: interquartile mean over runs of {of}; bands: pointwise {} interval by the {}.",
                block.title(),
                study.settings().level_title(),
                IntervalMethod::Expanded.title()
            ),
            scene: curves::draw(curves, along, "return"),
            is_diagram: false,
        })
    };
    let devices = devices(study, block).join(" and ");
    let over_time = format!(
        " over the wall-clock time of training on {devices}, evaluations taken out. A line ends where the fastest of its runs \
         ended; the time depends on the machine and on what else it did"
    );
    let figures = [
        figure(Along::Steps, "curves", "", &over_steps(block)),
        figure(Along::Time, "clock", &over_time, &block.clock_curves),
    ];
    figures.into_iter().flatten().collect()
}

/// The bands of the analysis as lines along the steps.
fn over_steps(block: &Block) -> Vec<Curve> {
    let methods = block.learning.iter().flat_map(|learning| &learning.methods);
    let point = |place: &Place| Point {
        at: place.step as f64,
        iqm: place.iqm,
        interval: place.interval,
    };
    methods
        .map(|method| Curve {
            name: method.name.clone(),
            points: method.band.iter().map(point).collect(),
        })
        .filter(|curve| !curve.points.is_empty())
        .collect()
}

/// Where the runs of a block were trained.
fn devices<'a>(study: &'a Study, block: &Block) -> Vec<&'a str> {
    let mut devices = Vec::new();
    for made in &study.provenance {
        let device = made.by.device.as_str();
        if made.environments.contains(&block.task) && !devices.contains(&device) {
            devices.push(device);
        }
    }
    devices
}

fn of_tasks(study: &Study, across: &Across) -> Vec<Figure> {
    let mut all = Vec::new();
    if across.methods.len() < 2 {
        return all;
    }
    let settings = study.settings();
    let named = |kind: &str| with_context(kind, across);
    let context = if across.context.is_empty() {
        &study.name
    } else {
        &across.context
    };
    let tasks = across.tasks.join(", ");
    let left_out: String = across
        .left_out
        .iter()
        .map(|one| format!(" Left out: {} ({}).", one.method, one.reason))
        .collect();
    let metric = name(study, across.metric);
    all.push(Figure {
        id: named("ranks"),
        caption: format!(
            "{context}: ranks by {metric} on {tasks}. Bars join methods that do not differ significantly at alpha = {} ({}, {} \
             correction over all pairs).{left_out}{}",
            settings.alpha,
            rank_test(across, settings.difference_test()),
            settings.correction,
            if across.cannot_differ {
                " So few tasks can never separate two methods."
            } else {
                ""
            }
        ),
        scene: critical::draw(across),
        is_diagram: true,
    });
    if across.aggregate.tasks.is_empty() {
        return all;
    }
    let scale = scale(across);
    let tasks = across.aggregate.tasks.join(", ");
    let level = settings.level_title();
    all.push(Figure {
        id: named("profiles"),
        caption: format!(
            "{context}: performance profiles of the {metric} on {tasks} ({scale}). Bands: pointwise {level} stratified \
             percentile bootstrap intervals.{left_out}"
        ),
        scene: profile::draw(across),
        is_diagram: false,
    });
    let ends = settings
        .interval
        .unwrap_or(IntervalMethod::Percentile)
        .title();
    all.push(Figure {
        id: named("aggregates"),
        caption: format!(
            "{context}: the {metric} aggregated over {tasks} ({scale}). Bars: {level} intervals by the stratified \
             {ends}.{left_out}{}",
            across.aggregate.notes.iter().map(|note| format!(" Note: {note}.")).collect::<String>()
        ),
        scene: aggregate::draw(across, &study.analysis.baseline),
        is_diagram: false,
    });
    all
}
