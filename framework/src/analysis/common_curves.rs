//! One learning curve over all tasks: the interquartile mean of normalised scores along training.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::stats::aggregate;
use crate::stats::bootstrap::Bootstrap;
use crate::stats::grid::{self, Range};
use crate::stats::interval_method::IntervalMethod;

use super::curves::{Curve, Point, evenly};
use super::scale::Scale;
use super::score_table::{Run, ScoreTable};
use super::settings::Settings;

/// The methods of one context over all of its tasks.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CommonCurves {
    /// Whether all tasks have the same steps; otherwise curves run along the share of training, from 0 to 1.
    pub along_steps: bool,
    /// One for each method that is compared over all tasks.
    pub curves: Vec<Curve>,
}

/// The places at which curves are looked at.
const PLACES: u64 = 50;

/// Resamples of the band, as many as rliable takes for its profiles.
const RESAMPLES: u32 = 2_000;

impl CommonCurves {
    /// The curves of a context; none unless several tasks have a common scale and curves.
    pub(super) fn of(table: &ScoreTable, context: &Context<'_>, settings: &Settings) -> Self {
        let is_common = table.has_steps && context.tasks.len() > 1 && settings.metric().is_score();
        let tasks = context.tasks.iter().zip(context.scales);
        let task = |(name, scale): (&String, &Option<Scale>)| {
            Task::of(table, name, (*scale)?, context.name)
        };
        let tasks: Option<Vec<Task<'_>>> = tasks.map(task).collect();
        let Some(tasks) = tasks.filter(|_| is_common) else {
            return Self::default();
        };
        let first = (tasks[0].range.from, tasks[0].range.to);
        let along_steps = tasks
            .iter()
            .all(|task| (task.range.from, task.range.to) == first);
        let curve = |name: &String| {
            let method = table.methods.iter().position(|method| method == name)?;
            let places: Vec<Places> = tasks
                .iter()
                .map(|task| task.places(method))
                .collect::<Option<_>>()?;
            let count = places.iter().map(|task| task.steps.len()).min()?;
            let point = |place: usize| {
                let scores: Vec<Vec<f64>> = places
                    .iter()
                    .map(|task| task.runs.iter().map(|run| run[place]).collect())
                    .collect();
                let bootstrap = Bootstrap {
                    resamples: RESAMPLES,
                    ..settings.bootstrap()
                };
                Some(Point {
                    at: if along_steps {
                        places[0].steps[place] as f64
                    } else {
                        place as f64 / (count - 1).max(1) as f64
                    },
                    iqm: aggregate::iqm(&scores)?,
                    interval: aggregate::iqm_interval(
                        &scores,
                        &bootstrap,
                        IntervalMethod::Percentile,
                    ),
                })
            };
            Some(Curve {
                name: name.clone(),
                points: (0..count).map(point).collect::<Option<_>>()?,
            })
        };
        Self {
            along_steps,
            curves: context.methods.iter().filter_map(curve).collect(),
        }
    }
}

/// What is compared over tasks.
pub struct Context<'c> {
    /// Its name.
    pub name: &'c str,
    /// Its tasks.
    pub tasks: &'c [String],
    /// The scale of each.
    pub scales: &'c [Option<Scale>],
    /// The methods that have scores on all of them.
    pub methods: &'c [String],
}

/// One task of the context.
struct Task<'t> {
    range: Range,
    by_method: BTreeMap<usize, Vec<&'t [(u64, f64)]>>,
    scale: Scale,
}

/// The normalised scores of the runs of one method on one task, at the same shares of training as on every other task.
struct Places {
    steps: Vec<u64>,
    runs: Vec<Vec<f64>>,
}

impl<'t> Task<'t> {
    fn of(table: &'t ScoreTable, name: &str, scale: Scale, context: &str) -> Option<Self> {
        let is_own =
            |run: &&'t Run| table.tasks[run.task] == name && table.contexts[run.context] == context;
        let mut by_method: BTreeMap<usize, Vec<&'t [(u64, f64)]>> = BTreeMap::new();
        for run in table.runs.iter().filter(is_own) {
            if let Some(curve) = run.curve.as_deref().filter(|_| run.late.is_none()) {
                by_method.entry(run.method).or_default().push(curve);
            }
        }
        let all: Vec<&[(u64, f64)]> = by_method.values().flatten().copied().collect();
        Some(Self {
            range: Range::of(&all)?,
            by_method,
            scale,
        })
    }

    fn places(&self, method: usize) -> Option<Places> {
        let curves = self.by_method.get(&method)?;
        let cut: Vec<Vec<(u64, f64)>> = curves
            .iter()
            .map(|curve| grid::within(curve, self.range))
            .collect::<Option<_>>()?;
        let even = evenly(&cut, PLACES)?;
        let scaled = |run: &Vec<(u64, f64)>| {
            run.iter()
                .map(|point| self.scale.bounds.normalise(point.1))
                .collect()
        };
        Some(Places {
            steps: even.first()?.iter().map(|point| point.0).collect(),
            runs: even.iter().map(scaled).collect(),
        })
    }
}
