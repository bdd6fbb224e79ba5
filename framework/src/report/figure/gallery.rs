//! The figures of a study, with their captions.

use crate::analysis::{Across, Block, Curve, Metric, Point};
use crate::report::across_prose::{rank_test, scale};
use crate::report::across_tables::with_context;
use crate::report::names::{correction_title, name};
use crate::report::partial;
use crate::report::study::Study;
use crate::report::table::{brief, make_unique, slug};
use crate::stats::grid::Place;
use crate::stats::interval_method::IntervalMethod;

use super::curves::Along;
use super::scene::Figure;
use super::{aggregate, critical, curves, distribution, profile, questions};

/// Every figure that the study has data for: first those of each block, then those across tasks.
pub fn all(study: &Study) -> Vec<Figure> {
    let mut all = Vec::new();
    for block in &study.analysis.blocks {
        let first = all.len();
        all.extend(learning_curves(study, block));
        let metrics = study.settings().metrics.iter();
        all.extend(metrics.filter_map(|&metric| scores(study, block, metric)));
        all.extend(questions::of_block(study, block));
        mark(study, [block], &mut all[first..]);
    }
    for across in &study.analysis.across {
        let first = all.len();
        all.extend(questions::over_tasks(study, across));
        all.extend(across_tasks(study, across));
        let blocks = study.analysis.blocks.iter();
        let blocks = blocks.filter(|block| block.context == across.context);
        mark(study, blocks, &mut all[first..]);
    }
    all.extend(questions::of_tasks(study));
    make_unique(all.iter_mut().map(|figure| &mut figure.id));
    all
}

/// Says in the captions of figures about these blocks that runs are in them which are not finished.
fn mark<'s>(study: &Study, blocks: impl IntoIterator<Item = &'s Block>, figures: &mut [Figure]) {
    let Some(mark) = partial::mark(study, blocks) else {
        return;
    };
    for figure in figures {
        figure.caption.push_str(&format!(" Partial: {mark}."));
    }
}

fn scores(study: &Study, block: &Block, metric: Metric) -> Option<Figure> {
    let name = name(study, metric);
    let settings = study.settings();
    let method = settings.interval.unwrap_or(IntervalMethod::Expanded);
    Some(Figure {
        id: format!("scores-{}-{}", slug(&name), slug(&block.title())),
        caption: format!(
            "{}: {name} of every run. Dots: runs; marks: interquartile means; bars: their {} intervals by the {}.",
            brief(&block.title()),
            settings.level_title(),
            method.title()
        ),
        scene: distribution::draw(block, metric, &name)?,
        is_diagram: false,
    })
}

/// Learning curves over steps, and over wall-clock time if the records hold it.
fn learning_curves(study: &Study, block: &Block) -> Vec<Figure> {
    let quantity = match study.training {
        Some(training) => format!(
            "the mean return of {} evaluation episodes without exploration",
            training.evaluation_episodes
        ),
        None => "the score".into(),
    };
    let figure = |along, id: &str, over: &str, curves: &[Curve]| {
        let has_line = curves.iter().any(|curve| curve.points.len() > 1);
        has_line.then(|| Figure {
            id: format!("{id}-{}", slug(&block.title())),
            caption: format!(
                "{}: learning curves{over}. Lines: interquartile mean over runs of {quantity}; bands: pointwise {} intervals \
                 by the {}.",
                brief(&block.title()),
                study.settings().level_title(),
                IntervalMethod::Expanded.title()
            ),
            scene: curves::draw(curves, along, "return"),
            is_diagram: false,
        })
    };
    let devices = devices(study, block).join(" and ");
    let over_time = format!(
        " over the wall-clock time of training on {devices}, without the time of evaluations. A line ends where the fastest \
         of its runs ended; the times depend on the machine and on its other load"
    );
    let figures = [
        figure(Along::Steps, "curves", "", &curves_over_steps(block)),
        figure(Along::Time, "clock", &over_time, &block.clock_curves),
    ];
    figures.into_iter().flatten().collect()
}

/// The learning curves of the analysis against the number of environment steps.
fn curves_over_steps(block: &Block) -> Vec<Curve> {
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

/// The devices that the runs of a block were trained on, each named once.
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

/// The diagram of ranks, the performance profiles and the aggregates.
fn across_tasks(study: &Study, across: &Across) -> Vec<Figure> {
    let mut all = Vec::new();
    if across.methods.len() < 2 {
        return all;
    }
    let settings = study.settings();
    let context = brief(if across.context.is_empty() {
        &study.name
    } else {
        &across.context
    });
    let left_out: String = across
        .left_out
        .iter()
        .map(|one| format!(" Left out: {} ({}).", one.method, one.reason))
        .collect();
    let metric = name(study, across.metric);
    let few_tasks = if across.cannot_differ {
        " With so few tasks no two methods can differ significantly."
    } else {
        ""
    };
    all.push(Figure {
        id: with_context("ranks", across),
        caption: format!(
            "{context}: ranks by {metric} on {}. Bars join methods that do not differ significantly at alpha = {} ({}, {} \
             correction over all pairs).{left_out}{few_tasks}",
            across.tasks.join(", "),
            settings.alpha,
            rank_test(across, settings.difference_test()),
            correction_title(settings.correction),
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
        id: with_context("profiles", across),
        caption: format!(
            "{context}: performance profiles of the {metric} on {tasks} ({scale}). Bands: pointwise {level} stratified \
             percentile bootstrap intervals.{left_out}"
        ),
        scene: profile::draw(across),
        is_diagram: false,
    });
    let method = settings.interval.unwrap_or(IntervalMethod::Percentile);
    let notes = across.aggregate.notes.iter();
    let notes: String = notes.map(|note| format!(" Note: {note}.")).collect();
    all.push(Figure {
        id: with_context("aggregates", across),
        caption: format!(
            "{context}: the {metric} aggregated over {tasks} ({scale}). Bars: {level} intervals by the stratified \
             {}.{left_out}{notes}",
            method.title()
        ),
        scene: aggregate::draw(across, &study.analysis.baseline),
        is_diagram: false,
    });
    all
}
