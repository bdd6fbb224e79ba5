//! How far a suite has come, as an HTML page that loads nothing but itself, again and again.

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::numbers::score;
use super::quantities::{core_time, size};
use super::words::described;
use crate::run::upkeep::{CellOverview, Overview, State};

const STYLE: &str = include_str!("page.css");

/// Seconds after which a browser loads the page again.
const REFRESH: u32 = 10;

/// The most cells of a kind that have a picture; ten thousand would be a page that no browser shows.
const MOST: usize = 300;

/// The page. It loads itself again until everything is over.
pub fn page(overview: &Overview) -> String {
    let counts = &overview.counts;
    let scales = scales(&overview.cells);
    let of = |belongs: fn(&State) -> bool| -> Vec<&CellOverview> {
        overview
            .cells
            .iter()
            .filter(|cell| belongs(&cell.state))
            .collect()
    };
    let groups = [
        (
            "Damaged or unreadable",
            of(|state| matches!(state, State::Unreadable { .. })),
        ),
        ("Failed", of(|state| matches!(state, State::Failed { .. }))),
        (
            "Running",
            of(|state| matches!(state, State::Running { .. })),
        ),
        (
            "Waiting",
            of(|state| matches!(state, State::Waiting { .. })),
        ),
        ("Finished", of(|state| matches!(state, State::Finished))),
    ];
    let done = counts.finished + counts.failed + counts.unreadable;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if !counts.is_over() { meta http-equiv="refresh" content=(REFRESH); }
                title { (done) "/" (counts.planned) " " (overview.suite) " – Spikebench" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (overview.suite) ": " (counts.finished) " of " (counts.planned) " cells finished" }
                progress max=(counts.planned) value=(done) {}
                p {
                    @for (title, cells) in groups.iter().filter(|(_, cells)| !cells.is_empty()) {
                        span.count { (cells.len()) " " (title.to_lowercase()) } " "
                    }
                }
                p.pale {
                    (overview.folder.display()) ", " (size(overview.disk_bytes)) " on disk"
                    @if !counts.is_over() { ", about " (core_time(overview.core_seconds_left)) " left" }
                }
                @for (title, cells) in groups.iter().filter(|(_, cells)| !cells.is_empty()) {
                    section {
                        h2 { (title) }
                        div.cells { @for cell in cells.iter().take(MOST) { (draw(cell, &scales)) } }
                        @if cells.len() > MOST { p.pale { "and " (cells.len() - MOST) " more" } }
                    }
                }
                p.pale {
                    "Curves: mean return of each evaluation over the steps of the run. All curves of an environment have the \
                     same vertical scale, whose ends are written beside them."
                }
            }
        }
    };
    page.into_string() + "\n"
}

/// The lowest and the highest return on each environment.
fn scales(cells: &[CellOverview]) -> BTreeMap<&str, (f64, f64)> {
    let mut scales = BTreeMap::new();
    for cell in cells {
        for &(_, mean) in cell.curve.iter().filter(|(_, mean)| mean.is_finite()) {
            let scale = scales
                .entry(cell.labels.environment.as_str())
                .or_insert((mean, mean));
            *scale = (mean.min(scale.0), mean.max(scale.1));
        }
    }
    scales
}

fn draw(cell: &CellOverview, scales: &BTreeMap<&str, (f64, f64)>) -> Markup {
    let class = match cell.state {
        State::Failed { .. } | State::Unreadable { .. } => "cell bad",
        _ => "cell",
    };
    let labels = &cell.labels;
    let network = labels.surrogate.as_deref().unwrap_or("none");
    html! {
        div class=(class) title=(cell.id) {
            strong { (network) " · " (labels.environment) " · seed " (cell.seed) }
            div.pale { (labels.actor) " · " (labels.agent) }
            @if let Some(&scale) = scales.get(labels.environment.as_str()).filter(|_| !cell.curve.is_empty()) { (curve(cell, scale)) }
            div { (described(cell)) }
            @if !matches!(cell.state, State::Finished) { div.id { (cell.id) } }
        }
        "\n"
    }
}

/// The curve of a cell.
fn curve(cell: &CellOverview, (low, high): (f64, f64)) -> Markup {
    const WIDTH: f64 = 200.0;
    const HEIGHT: f64 = 48.0;
    /// More points than pixels show nothing more.
    const POINTS: usize = 200;
    let every = cell.curve.len().div_ceil(POINTS).max(1);
    let range = if high > low { high - low } else { 1.0 };
    let thinned = cell.curve.iter().rev().step_by(every).rev();
    let points: Vec<String> = thinned
        .filter(|(_, mean)| mean.is_finite())
        .map(|&(step, mean)| {
            let x = step as f64 / cell.steps.max(1) as f64 * WIDTH;
            let y = HEIGHT - (mean - low) / range * HEIGHT;
            format!("{x:.1},{y:.1}")
        })
        .collect();
    let last = points.last().and_then(|point| point.split_once(','));
    html! {
        svg viewBox="-2 -3 250 54" role="img" aria-label="learning curve" {
            path.axis d=(format!("M0 0V{HEIGHT}H{WIDTH}")) {}
            polyline points=(points.join(" ")) {}
            @if let Some((x, y)) = last { circle cx=(x) cy=(y) r="2" {} }
            text x="204" y="6" { (score(high)) }
            text x="204" y="48" { (score(low)) }
        }
    }
}
