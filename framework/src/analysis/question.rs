//! The questions that a comparison is made for, and their answers: is a method faster, better, steadier, cheaper than the
//! baseline, and what does that take?

use serde::Serialize;

use crate::network::energy::CONSTANTS;
use crate::stats::aggregate;
use crate::stats::bootstrap::Bootstrap;
use crate::stats::interval::Interval;
use crate::stats::interval_method::IntervalMethod;

use super::block::Block;
use super::contrast::Contrast;
use super::direction::Direction;
use super::method_scores::MethodScores;
use super::metric::Metric;
use super::settings::Settings;
use super::signed_ranks;

/// What is asked of every method beside the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Does it learn faster?
    Speed,
    /// Does it score better?
    Return,
    /// Does it train more steadily?
    Steadiness,
    /// Does an inference take less energy?
    Energy,
    /// Does it train in less time?
    RunningTime,
}

/// One question about one method in one context.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// What is asked.
    pub question: Question,
    /// The metric that answers it.
    pub metric: Metric,
    /// Which way is better.
    pub better: Direction,
    /// The context; may be empty.
    pub context: String,
    /// The method.
    pub method: String,
    /// What it is compared with.
    pub baseline: String,
    /// On how many tasks both have scores.
    pub tasks: usize,
    /// On how many of them the method is significantly better.
    pub wins: usize,
    /// On how many of them it is significantly worse.
    pub losses: usize,
    /// On how many of them no test was possible.
    pub untested: usize,
    /// How large the difference is.
    pub effect: Option<Effect>,
    /// The corrected p value: of the test on the only task, or of signed ranks over several.
    pub p: Option<f64>,
    /// Why something is missing.
    pub note: Option<String>,
}

/// How large a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// On a single task: in the unit of the metric, method less baseline.
    Difference {
        /// The means of both.
        means: (f64, f64),
        /// Their difference.
        value: f64,
        /// The interval that goes with the test.
        interval: Option<Interval>,
    },
    /// Over several tasks: the chance that a run of the method beats one of the baseline on a random task.
    Chance {
        /// The probability of improvement.
        value: f64,
        /// Its stratified bootstrap interval.
        interval: Option<Interval>,
    },
}

/// Resamples of the chance to beat the baseline, as many as rliable takes.
const RESAMPLES: u32 = 2_000;

impl Question {
    /// The questions that a table of scores can answer, each with the metric that does it.
    pub(super) fn asked(
        measured: &[Metric],
        tasks: &[String],
        settings: &Settings,
    ) -> Vec<(Self, Metric)> {
        let known = |metric: Metric| measured.contains(&metric).then_some(metric);
        let to_threshold = || {
            let has_threshold = tasks
                .iter()
                .all(|task| settings.thresholds.contains_key(task));
            let own = measured
                .iter()
                .copied()
                .find(|metric| matches!(metric, Metric::StepsTo(Some(_))));
            own.or_else(|| known(Metric::StepsTo(None)).filter(|_| has_threshold))
        };
        let main = Some(settings.metric()).filter(|metric| metric.is_score());
        let all = [
            (Self::Speed, to_threshold().or_else(|| known(Metric::Auc))),
            (Self::Return, main.or(Some(Metric::Final))),
            (Self::Steadiness, known(Metric::Stability)),
            (Self::Energy, known(Metric::Energy(&CONSTANTS[0]))),
            (Self::RunningTime, known(Metric::Throughput)),
        ];
        let asked = all.into_iter();
        asked
            .filter_map(|(question, metric)| Some((question, metric?)))
            .collect()
    }
}

/// What the answers are made from.
pub(super) struct Sources<'s> {
    pub questions: &'s [(Question, Metric)],
    pub contexts: &'s [String],
    pub methods: &'s [String],
    pub blocks: &'s [Block],
    pub baseline: &'s str,
    pub settings: &'s Settings,
}

impl Answer {
    /// Every question in every context about every method but the baseline.
    pub(super) fn all(sources: &Sources<'_>) -> Vec<Self> {
        let mut all = Vec::new();
        for (place, &(question, metric)) in sources.questions.iter().enumerate() {
            for context in sources.contexts {
                let blocks = sources
                    .blocks
                    .iter()
                    .filter(|block| block.context == *context);
                let blocks: Vec<&Block> = blocks.collect();
                let answers = sources.methods.iter().filter_map(|method| {
                    let compared = Compared::of(&blocks, place, metric, method, sources);
                    compared.answer(question, context, method, sources)
                });
                let mut answers: Vec<Self> = answers.collect();
                correct(&mut answers, sources.settings);
                all.extend(answers);
            }
        }
        all
    }
}

/// p values over several tasks are corrected over the methods of a context; those of a single task were before, within their
/// family.
fn correct(answers: &mut [Answer], settings: &Settings) {
    let is_over_tasks = |answer: &Answer| answer.tasks > 1;
    let raw = answers.iter().filter(|answer| is_over_tasks(answer));
    let raw: Vec<Option<f64>> = raw.map(|answer| answer.p).collect();
    let adjusted = settings.correction.adjust(&raw);
    let over_tasks = answers.iter_mut().filter(|answer| is_over_tasks(answer));
    for (answer, p) in over_tasks.zip(adjusted) {
        answer.p = p;
    }
}

/// A method and the baseline on every task on which both have scores by one metric.
struct Compared<'b> {
    metric: Metric,
    pairs: Vec<Pair<'b>>,
}

struct Pair<'b> {
    contrast: &'b Contrast,
    method: &'b MethodScores,
    baseline: &'b MethodScores,
}

impl<'b> Compared<'b> {
    fn of(
        blocks: &[&'b Block],
        question: usize,
        metric: Metric,
        method: &str,
        sources: &Sources<'_>,
    ) -> Self {
        let pair = |block: &&'b Block| {
            let contrast = block.answers.get(question)?.iter().find(|contrast| {
                contrast.method == method && contrast.baseline == sources.baseline
            })?;
            let find = |name: &str| {
                let found = block.methods.iter().find(|method| method.name == name);
                found.filter(|method| method.scored(metric).is_some())
            };
            Some(Pair {
                contrast,
                method: find(method)?,
                baseline: find(sources.baseline)?,
            })
        };
        Self {
            metric,
            pairs: blocks.iter().filter_map(pair).collect(),
        }
    }

    fn answer(
        &self,
        question: Question,
        context: &str,
        method: &str,
        sources: &Sources<'_>,
    ) -> Option<Answer> {
        let (settings, first) = (sources.settings, self.pairs.first()?);
        let better = settings.direction(self.metric);
        let significant = |is_better: bool| {
            let found = self.pairs.iter().filter(|pair| {
                pair.contrast.is_significant(settings.alpha)
                    && pair.contrast.is_better() == is_better
            });
            found.count()
        };
        let untested = self
            .pairs
            .iter()
            .filter(|pair| pair.contrast.p_adjusted.is_none());
        let (effect, p, note) = match self.pairs.as_slice() {
            [one] => (
                one.difference(self.metric),
                one.contrast.p_adjusted,
                one.contrast.note.clone(),
            ),
            _ => self.over_tasks(settings),
        };
        Some(Answer {
            question,
            metric: self.metric,
            better,
            context: context.to_owned(),
            method: method.to_owned(),
            baseline: first.contrast.baseline.clone(),
            tasks: self.pairs.len(),
            wins: significant(true),
            losses: significant(false),
            untested: untested.count(),
            effect,
            p,
            note,
        })
    }

    fn over_tasks(&self, settings: &Settings) -> (Option<Effect>, Option<f64>, Option<String>) {
        let refused = self.pairs.iter().find_map(|pair| {
            let both = [pair.method, pair.baseline];
            both.into_iter()
                .find_map(|method| method.refused(self.metric))
        });
        if let Some(reason) = refused {
            return (None, None, Some(reason));
        }
        let better = settings.direction(self.metric);
        let values = |of: &dyn Fn(&Pair<'b>) -> &'b MethodScores| -> Vec<Vec<f64>> {
            let oriented = self.pairs.iter().map(|pair| {
                let values = of(pair).values(self.metric).iter();
                values.map(|&value| better.orient(value)).collect()
            });
            oriented.collect()
        };
        let (own, other) = (values(&|pair| pair.method), values(&|pair| pair.baseline));
        let bootstrap = Bootstrap {
            resamples: RESAMPLES,
            ..settings.bootstrap()
        };
        let ends = settings.interval.unwrap_or(IntervalMethod::Percentile);
        let effect =
            aggregate::probability_of_improvement(&own, &other).map(|value| Effect::Chance {
                value,
                interval: aggregate::improvement_interval(&own, &other, &bootstrap, ends),
            });
        let means = |tasks: &[Vec<f64>]| -> Vec<f64> {
            let mean = |task: &Vec<f64>| task.iter().sum::<f64>() / task.len() as f64;
            tasks.iter().map(mean).collect()
        };
        (
            effect,
            signed_ranks::p(&means(&own), &means(&other), settings),
            None,
        )
    }
}

impl Pair<'_> {
    fn difference(&self, metric: Metric) -> Option<Effect> {
        let mean = |method: &MethodScores| Some(method.scored(metric)?.summary.mean);
        Some(Effect::Difference {
            means: (mean(self.method)?, mean(self.baseline)?),
            value: self.contrast.mean_difference?,
            interval: self.contrast.interval,
        })
    }
}
