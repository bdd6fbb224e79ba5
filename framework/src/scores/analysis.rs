//! Each task by itself: what every method scored, and how it compares.

use serde::Serialize;

use crate::stats::bootstrap::Bootstrap;
use crate::stats::describe::Summary;
use crate::stats::ends::Ends;
use crate::stats::grid::{self, Range};
use crate::stats::interval::Interval;
use crate::stats::test_result::Basis;
use crate::stats::{aggregate, curve, k_sample, shapiro_wilk};

use super::across::{Across, Aggregate};
use super::after::PostHoc;
use super::contrast::{Contrast, adjust, contrast};
use super::learning::Learning;
use super::omnibus::{ManyToOne, Overall};
use super::settings::{Failed, Metric, Settings, SettingsError};
use super::table::{Run, Scores};

/// Everything that is said about a table of scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// What was asked.
    pub settings: Settings,
    /// The first of the methods that others are compared with.
    pub baseline: String,
    /// Every method, in the order of the file.
    pub methods: Vec<String>,
    /// Every task, in the order of the file.
    pub tasks: Vec<Task>,
    /// All tasks with bounds, on a common scale.
    pub aggregate: Aggregate,
    /// All tasks, by ranks.
    pub across: Across,
    /// What a reader must be told about the data.
    pub notes: Vec<String>,
    /// A hash of the data.
    pub data_hash: String,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// The methods that were run on it.
    pub methods: Vec<Method>,
    /// Method by method against each baseline.
    pub contrasts: Vec<Contrast>,
    /// The test of all methods at once.
    pub overall: Overall,
    /// Each method against the first baseline by Dunnett's test, if that was asked for.
    pub dunnett: Option<ManyToOne>,
    /// p of the Kruskal–Wallis test of all methods.
    pub kruskal_p: Option<f64>,
    /// p of the Brown–Forsythe test of equal spread.
    pub brown_forsythe_p: Option<f64>,
    /// What the curves say, if there are any.
    pub learning: Option<Learning>,
    /// Why one of these is missing, or what they rest on.
    pub note: Option<String>,
}

/// What one method scored on one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Method {
    /// Its name.
    pub name: String,
    /// Runs in the file.
    pub planned: usize,
    /// Runs that did not fail.
    pub finished: usize,
    /// Seed and score of each run that is in the numbers.
    #[serde(skip)]
    pub runs: Vec<(String, f64)>,
    /// In a few numbers; `None` without any.
    pub summary: Option<Summary>,
    /// 95 % bootstrap interval of the interquartile mean.
    pub iqm_interval: Option<Interval>,
    /// p of the Shapiro–Wilk test.
    pub shapiro_p: Option<f64>,
    /// Why one of these is missing.
    pub note: Option<String>,
}

impl Analysis {
    /// Asks everything of `scores`.
    ///
    /// # Errors
    ///
    /// Settings that do not fit the file.
    pub fn of(scores: &Scores, settings: &Settings) -> Result<Self, SettingsError> {
        let baselines = settings.baselines(scores)?;
        let mut notes = Vec::new();
        let mut tasks: Vec<Task> = (0..scores.tasks.len())
            .map(|task| self::task(scores, settings, task, &baselines, &mut notes))
            .collect();
        adjust(&mut tasks, settings);
        if !scores.ignored.is_empty() {
            notes.push(format!(
                "columns that mean nothing here: {}",
                scores.ignored.join(", ")
            ));
        }
        let baseline = scores.methods[baselines[0]].clone();
        Ok(Self {
            aggregate: Aggregate::of(&scores.methods, &baseline, &tasks, settings),
            across: Across::of(&scores.methods, &baseline, &tasks, settings),
            settings: settings.clone(),
            baseline,
            methods: scores.methods.clone(),
            tasks,
            notes,
            data_hash: scores.data_hash.clone(),
        })
    }
}

fn task(
    scores: &Scores,
    settings: &Settings,
    task: usize,
    baselines: &[usize],
    notes: &mut Vec<String>,
) -> Task {
    let name = &scores.tasks[task];
    let runs: Vec<&Run> = scores.runs.iter().filter(|run| run.task == task).collect();
    let curves: Vec<&[(u64, f64)]> = runs.iter().filter_map(|run| run.curve.as_deref()).collect();
    let range = Range::of(&curves);
    match range {
        None if !curves.is_empty() => notes.push(format!(
            "{name}: no step is covered by every run, so none has a score"
        )),
        Some(Range {
            from,
            to,
            cuts: true,
        }) => {
            notes.push(format!(
                "{name}: every run is cut to the steps that all of them cover, {from} to {to}"
            ));
        }
        _ => {}
    }
    let scored =
        |run: &&Run| range.and_then(|range| score(run.curve.as_deref()?, range, settings.metric));
    let worst = runs
        .iter()
        .filter_map(scored)
        .reduce(f64::min)
        .filter(|_| settings.failed == Failed::Worst);
    let methods: Vec<Method> = (0..scores.methods.len())
        .filter_map(|method| {
            let own: Vec<&Run> = runs
                .iter()
                .filter(|run| run.method == method)
                .copied()
                .collect();
            let values = own
                .iter()
                .filter_map(|run| Some((run.seed.clone(), scored(run).or(worst)?)))
                .collect();
            let finished = own.iter().filter(|run| scored(run).is_some()).count();
            (!own.is_empty()).then(|| {
                Method::of(
                    &scores.methods[method],
                    own.len(),
                    finished,
                    values,
                    settings,
                )
            })
        })
        .collect();
    let find = |method: usize| {
        methods
            .iter()
            .find(|found| found.name == scores.methods[method])
    };
    let mut contrasts = Vec::new();
    let order: Vec<usize> = baselines
        .iter()
        .copied()
        .chain((0..scores.methods.len()).filter(|method| !baselines.contains(method)))
        .collect();
    for (place, &baseline) in baselines.iter().enumerate() {
        for &method in &order[place + 1..] {
            if let (Some(method), Some(baseline)) = (find(method), find(baseline)) {
                contrasts.push(contrast(method, baseline, settings));
            }
        }
    }
    let groups: Vec<Vec<f64>> = methods
        .iter()
        .map(Method::values)
        .filter(|values| !values.is_empty())
        .collect();
    let groups: Vec<&[f64]> = groups.iter().map(Vec::as_slice).collect();
    let (kruskal, spread) = (
        k_sample::kruskal_wallis(&groups),
        k_sample::brown_forsythe(&groups),
    );
    let reasons =
        [("Kruskal–Wallis", &kruskal), ("Brown–Forsythe", &spread)].map(|(name, verdict)| {
            match verdict {
                Err(reason) => Some(format!("{name}: {reason}")),
                Ok(verdict) if verdict.basis == Basis::ConstantEqual => {
                    Some(format!("{name}: nothing differs, so p is 1"))
                }
                Ok(_) => None,
            }
        });
    let reasons: Vec<String> = reasons.into_iter().flatten().collect();
    let first = &scores.methods[baselines[0]];
    Task {
        overall: Overall::of(&methods, settings),
        dunnett: (settings.post_hoc == PostHoc::Dunnett)
            .then(|| ManyToOne::of(&methods, first, settings)),
        name: name.clone(),
        methods,
        contrasts,
        kruskal_p: kruskal.ok().map(|verdict| verdict.p),
        brown_forsythe_p: spread.ok().map(|verdict| verdict.p),
        learning: Learning::of(scores, task, settings),
        note: (!reasons.is_empty()).then(|| reasons.join("; ")),
    }
}

/// The one number of a run.
fn score(points: &[(u64, f64)], range: Range, metric: Metric) -> Option<f64> {
    let cut = grid::within(points, range)?;
    match metric {
        Metric::Final => cut.last().map(|point| point.1),
        Metric::Best => cut.iter().map(|point| point.1).reduce(f64::max),
        Metric::Auc => curve::time_average(&cut).ok().flatten(),
    }
}

impl Method {
    fn of(
        name: &str,
        planned: usize,
        finished: usize,
        runs: Vec<(String, f64)>,
        settings: &Settings,
    ) -> Self {
        let values: Vec<f64> = runs.iter().map(|run| run.1).collect();
        let shapiro = shapiro_wilk::test(&values);
        let note = match values.len() {
            0 => Some("no run has a score".to_owned()),
            1 | 2 => Some("fewer than three scores have no shape to test".to_owned()),
            _ if shapiro.is_none() => {
                Some("no run differs from the others, so there is no shape to test".to_owned())
            }
            _ => None,
        };
        let bootstrap = Bootstrap::seeded(settings.seed);
        let ends = settings.interval.unwrap_or(Ends::Stretched);
        let failed = planned - finished;
        let lost = (failed > 0).then(|| format!("{failed} of {planned} runs failed"));
        let notes: Vec<String> = lost.into_iter().chain(note).collect();
        Self {
            name: name.to_owned(),
            planned,
            finished,
            summary: Summary::of(&values),
            iqm_interval: aggregate::iqm_interval(&[&values], &bootstrap, ends),
            shapiro_p: shapiro.map(|test| test.p),
            runs,
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        }
    }

    /// The scores that are in the numbers.
    pub fn values(&self) -> Vec<f64> {
        self.runs.iter().map(|run| run.1).collect()
    }

    pub(super) fn has_lost(&self, settings: &Settings) -> bool {
        self.finished < self.planned && settings.failed == Failed::Refuse
    }
}
