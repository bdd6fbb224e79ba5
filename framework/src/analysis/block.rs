//! One task in one context: what every method scored there, and how the methods compare.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::stats::grid::Range;
use crate::stats::k_sample;
use crate::stats::{
    test_error::TestError,
    test_result::{Basis, TestResult},
};

use super::all_methods::{Dunnett, OmnibusResult, testable};
use super::beyond_limits;
use super::contrast::Contrast;
use super::cost::Cost;
use super::curves::{self, Curve};
use super::learned::unlearned;
use super::learning::Learning;
use super::method_scores::MethodScores;
use super::metric::Metric;
use super::post_hoc::PostHoc;
use super::random_policy::RandomPolicy;
use super::run_scores::{RunScores, Task};
use super::score_table::{Run, ScoreTable};
use super::settings::Settings;
use super::standing::{Standing, standings};

/// What a report shows in the tables of one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Block {
    /// A name of its own among all blocks: the task, with its context where the scores have several.
    pub key: String,
    /// The name of the task.
    pub task: String,
    /// The name of the context; may be empty.
    pub context: String,
    /// The methods that were run here, in the order of the scores.
    pub methods: Vec<MethodScores>,
    /// One for each metric of the settings, in their order.
    pub comparisons: Vec<Comparison>,
    /// For each question of the summary every method against the baseline, by the metric that answers it.
    pub answers: Vec<Vec<Contrast>>,
    /// What each of the methods takes, in the order of [`Block::methods`].
    pub costs: Vec<Cost>,
    /// What the curves say beyond one number; `None` for scores without steps.
    pub learning: Option<Learning>,
    /// The interquartile mean over runs along the seconds of training; empty where a run does not tell its times.
    pub clock_curves: Vec<Curve>,
    /// The firing rate along the steps of training; empty where it is not known.
    pub firing_rates: Vec<Curve>,
    /// That nobody learned, or that it is not shown.
    pub unlearned: Option<String>,
    /// What random actions score, if [they were played](super::Analysis::with_random_policies).
    pub random_policy: Option<RandomPolicy>,
    /// What a reader must be told about these runs.
    pub notes: Vec<String>,
}

/// What is computed of every run of a table.
pub(super) struct Metrics<'m> {
    /// By which metrics.
    pub measured: &'m [Metric],
    /// Those of them that answer the questions of the summary.
    pub questions: &'m [Metric],
}

/// How the methods of a task compare by one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The metric.
    pub metric: Metric,
    /// Every method against the baseline, or every pair.
    pub contrasts: Vec<Contrast>,
    /// The best method and those that may be as good, in the order of [`Block::methods`].
    pub standings: Vec<Standing>,
    /// The chosen test of all methods at once.
    pub omnibus: OmnibusResult,
    /// Every method against the baseline by Dunnett's test, if that was asked for.
    pub dunnett: Option<Dunnett>,
    /// The p value of the Kruskal–Wallis test of all methods.
    pub kruskal_p: Option<f64>,
    /// The p value of the Brown–Forsythe test of equal spread.
    pub brown_forsythe_p: Option<f64>,
    /// Why one of these is missing, or what it rests on.
    pub note: Option<String>,
}

impl Block {
    /// The runs of one task in one context; `None` without any. `baselines` are places of methods in the table.
    pub(super) fn of(
        table: &ScoreTable,
        runs: &[&Run],
        baselines: &[usize],
        metrics: &Metrics<'_>,
        settings: &Settings,
    ) -> Option<Self> {
        let first = runs.first()?;
        let curves: Vec<&[(u64, f64)]> =
            runs.iter().filter_map(|run| run.curve.as_deref()).collect();
        let whole = runs.iter().filter(|run| run.late.is_none());
        let whole: Vec<&[(u64, f64)]> = whole.filter_map(|run| run.curve.as_deref()).collect();
        let range = Range::of(&whole);
        let task = Task {
            range,
            last: curves
                .iter()
                .filter_map(|curve| Some(curve.last()?.0))
                .max()
                .unwrap_or(0),
            name: &table.tasks[first.task],
            settings,
        };
        let mut by_method: BTreeMap<usize, Vec<&Run>> = BTreeMap::new();
        for run in runs {
            by_method.entry(run.method).or_default().push(run);
        }
        let methods = methods(table, &by_method, &task, metrics.measured);
        let (baseline, mut notes) = (&table.methods[baselines[0]], range_notes(&whole, range));
        if !methods.iter().any(|method| method.name == *baseline) {
            notes.push(format!(
                "no run of {baseline}, so nothing is compared with it"
            ));
        }
        notes.extend(methods.iter().filter_map(MethodScores::late_note));
        notes.extend(beyond_limits::note(&methods, runs, settings.metric()));
        let pairs = pairs(baselines, table.methods.len());
        let contrasts = |metric: Metric, settings: &Settings| -> Vec<Contrast> {
            let find = |place: usize| {
                let name = &table.methods[place];
                methods.iter().find(|method| method.name == *name)
            };
            let contrasts = pairs.iter().filter_map(|&(method, baseline)| {
                let (method, baseline) = (find(method)?, find(baseline)?);
                Some(Contrast::of(metric, method, baseline, settings))
            });
            contrasts.collect()
        };
        let compare = |&metric: &Metric| {
            let contrasts = contrasts(metric, settings);
            Comparison::of(metric, contrasts, &methods, baseline, settings)
        };
        let comparisons: Vec<Comparison> = settings.metrics.iter().map(compare).collect();
        let of_questions = settings.of_questions();
        let answer = |&metric: &Metric| {
            let asked = comparisons.iter().find(|asked| asked.metric == metric);
            let same = asked.filter(|_| settings.equivalence().is_none());
            same.map_or_else(
                || contrasts(metric, &of_questions),
                |asked| asked.contrasts.clone(),
            )
        };
        let answers = metrics.questions.iter().map(answer).collect();
        Some(Self {
            key: table.key(first.task, first.context),
            task: table.tasks[first.task].clone(),
            context: table.contexts[first.context].clone(),
            comparisons,
            answers,
            costs: costs(&methods, &by_method, &task),
            learning: (table.has_steps)
                .then(|| Learning::of(table, &by_method, &task))
                .flatten(),
            clock_curves: curves::over_time(table, &by_method, settings),
            unlearned: unlearned(runs, settings),
            random_policy: None,
            firing_rates: curves::firing_rates(table, &by_method, settings),
            methods,
            notes,
        })
    }

    /// The task and its context, as a reader wants them above a table.
    pub fn title(&self) -> String {
        title(&self.task, &self.context)
    }

    /// How the methods compare by a metric; `None` if that is not one of the settings'.
    pub fn comparison(&self, metric: Metric) -> Option<&Comparison> {
        self.comparisons
            .iter()
            .find(|comparison| comparison.metric == metric)
    }
}

/// A task and a context, which may be empty, as a reader wants them above a table.
pub(super) fn title(task: &str, context: &str) -> String {
    if context.is_empty() {
        task.to_owned()
    } else {
        format!("{task} · {context}")
    }
}

fn range_notes(curves: &[&[(u64, f64)]], range: Option<Range>) -> Vec<String> {
    match range {
        None if !curves.is_empty() => {
            vec!["no step is covered by every run, so there is no score averaged over steps".into()]
        }
        Some(Range {
            from,
            to,
            cuts: true,
        }) => vec![format!(
            "runs begin or end at different steps; scores averaged over steps and bands are of those that all cover, {from} to {to}"
        )],
        _ => Vec::new(),
    }
}

fn methods(
    table: &ScoreTable,
    by_method: &BTreeMap<usize, Vec<&Run>>,
    task: &Task<'_>,
    metrics: &[Metric],
) -> Vec<MethodScores> {
    let settings = task.settings;
    let scored: Vec<(usize, Vec<RunScores<'_>>)> = by_method
        .iter()
        .map(|(&method, runs)| (method, task.scores(runs, metrics)))
        .collect();
    let worst = |(place, metric): (usize, &Metric)| {
        let all = scored.iter().flat_map(|(_, runs)| runs);
        let known = all.filter_map(|run| Some(run.scores[place]?.value));
        metric.direction(settings.better).worst(known)
    };
    let worst: Vec<Option<f64>> = metrics.iter().enumerate().map(worst).collect();
    scored
        .iter()
        .map(|(method, runs)| {
            let faults = by_method[method]
                .iter()
                .filter_map(|run| run.fault.as_ref());
            MethodScores::of(&table.methods[*method], runs, metrics, &worst, settings)
                .with_faults(faults)
        })
        .collect()
}

fn costs(
    methods: &[MethodScores],
    by_method: &BTreeMap<usize, Vec<&Run>>,
    task: &Task<'_>,
) -> Vec<Cost> {
    let all = methods.iter().zip(by_method.values());
    all.map(|(method, runs)| Cost::of(method, runs, task))
        .collect()
}

/// Method and baseline of every contrast: with several baselines each pair once, against the one that comes first.
pub(super) fn pairs(baselines: &[usize], methods: usize) -> Vec<(usize, usize)> {
    let rest = (0..methods).filter(|method| !baselines.contains(method));
    let order: Vec<usize> = baselines.iter().copied().chain(rest).collect();
    let against = |(place, &baseline): (usize, &usize)| {
        let others = order[place + 1..].iter();
        others
            .map(move |&method| (method, baseline))
            .collect::<Vec<_>>()
    };
    baselines.iter().enumerate().flat_map(against).collect()
}

impl Comparison {
    fn of(
        metric: Metric,
        contrasts: Vec<Contrast>,
        methods: &[MethodScores],
        baseline: &str,
        settings: &Settings,
    ) -> Self {
        let groups = testable(methods, metric);
        let test = |test: fn(&[&[f64]]) -> Result<TestResult, TestError>| {
            if matches!(metric, Metric::StepsTo(_)) {
                return Err("not of steps that are known only in part".into());
            }
            let groups: Vec<&[f64]> = groups
                .clone()?
                .into_iter()
                .map(|(_, scores)| scores)
                .collect();
            test(&groups).map_err(|reason| reason.to_string())
        };
        let (kruskal, spread) = (
            test(k_sample::kruskal_wallis),
            test(k_sample::brown_forsythe),
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
        Self {
            metric,
            contrasts,
            standings: standings(methods, metric, settings),
            omnibus: OmnibusResult::of(methods, metric, settings),
            dunnett: (settings.post_hoc == PostHoc::Dunnett)
                .then(|| Dunnett::of(methods, metric, baseline)),
            kruskal_p: kruskal.ok().map(|verdict| verdict.p),
            brown_forsythe_p: spread.ok().map(|verdict| verdict.p),
            note: (!reasons.is_empty()).then(|| reasons.join("; ")),
        }
    }
}
