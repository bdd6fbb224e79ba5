//! A method beside a baseline on one task: the test, its interval, the sizes of the effect.

use serde::Serialize;

use crate::stats::describe;
use crate::stats::interval::{Interval, Level};
use crate::stats::interval_method::FEW_RUNS;
use crate::stats::restricted_mean;
use crate::stats::survival::{self, Reached};
use crate::stats::test_result::Basis;
use crate::stats::two_sample::Test;
use crate::stats::{effect, welch};

use super::direction::Direction;
use super::method_scores::{MethodScores, Scored};
use super::metric::Metric;
use super::settings::Settings;

/// One method against one baseline, on one task, by one metric.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Contrast {
    /// What the method is compared with.
    pub baseline: String,
    /// What is compared.
    pub method: String,
    /// Which way is better. Effect sizes are positive where the method is better, whichever way that is.
    pub better: Direction,
    /// How many runs of the method and of the baseline were tested; for a paired test, pairs twice.
    pub runs: (usize, usize),
    /// The statistic of the test.
    pub statistic: Option<f64>,
    /// The degrees of freedom of the test.
    pub df: Option<f64>,
    /// The p value, two-sided and not corrected.
    pub p: Option<f64>,
    /// The p value, corrected within its family.
    pub p_adjusted: Option<f64>,
    /// How many comparisons were planned in the family.
    pub family_size: usize,
    /// What p rests on.
    pub basis: Option<Basis>,
    /// Mean of the method less mean of the baseline.
    pub mean_difference: Option<f64>,
    /// Interval of that, by itself, at the confidence that decides the test.
    pub interval: Option<Interval>,
    /// The same interval, widened so that all intervals of the family hold together (Bonferroni).
    pub simultaneous_interval: Option<Interval>,
    /// Median of the method less median of the baseline.
    pub median_difference: Option<f64>,
    /// The means divided, if both are positive.
    pub ratio: Option<f64>,
    /// The difference in pooled standard deviations.
    pub cohen_d: Option<f64>,
    /// The same without the bias of small samples.
    pub hedges_g: Option<f64>,
    /// The chance of winning less that of losing.
    pub cliff_delta: Option<f64>,
    /// The chance of winning, ties counting half.
    pub a12: Option<f64>,
    /// The smallest difference, in pooled standard deviations, that this many runs show to be significant; `None` for tests
    /// of which it is not known.
    pub smallest_significant_d: Option<f64>,
    /// Why something is missing, or what a reader must be told.
    pub note: Option<String>,
}

/// Two groups of runs as a test takes them.
pub struct Groups {
    pub a: Vec<f64>,
    pub b: Vec<f64>,
    /// Runs without a partner, which a paired test leaves out.
    pub unpaired: usize,
}

impl Groups {
    /// The runs of both methods; for a paired test those of the seeds that both have. An error says which runs the policy
    /// keeps from being tested.
    pub fn of(
        test: Test,
        metric: Metric,
        method: &MethodScores,
        other: &MethodScores,
    ) -> Result<Self, String> {
        let (a, b) = (method.testable(metric)?, other.testable(metric)?);
        if !test.is_paired() {
            let (a, b) = (a.to_vec(), b.to_vec());
            return Ok(Self { a, b, unpaired: 0 });
        }
        let by_seed = |scored: Option<&Scored>| -> Vec<(String, f64)> {
            let seeds = scored.into_iter().flat_map(|scored| &scored.seeds).cloned();
            let values = scored
                .into_iter()
                .flat_map(|scored| &scored.values)
                .copied();
            seeds.zip(values).collect()
        };
        let partners: std::collections::HashMap<String, f64> =
            by_seed(other.scored(metric)).into_iter().collect();
        let pair = |(seed, score): (String, f64)| Some((score, partners.get(&seed).copied()?));
        let pairs = by_seed(method.scored(metric)).into_iter().filter_map(pair);
        let (one, two): (Vec<f64>, Vec<f64>) = pairs.unzip();
        Ok(Self {
            unpaired: a.len() + b.len() - 2 * one.len(),
            a: one,
            b: two,
        })
    }
}

impl Contrast {
    /// Tests one method against another. The p value is not corrected yet.
    pub(super) fn of(
        metric: Metric,
        method: &MethodScores,
        baseline: &MethodScores,
        settings: &Settings,
    ) -> Self {
        let named = Self {
            baseline: baseline.name.clone(),
            method: method.name.clone(),
            ..Self::default()
        };
        let answered = match metric {
            Metric::StepsTo(_) => {
                named.timed(method.times(metric), baseline.times(metric), settings)
            }
            _ => Groups::of(settings.test, metric, method, baseline)
                .map(|groups| named.tested(&groups, settings)),
        };
        match answered {
            Ok(contrast) => contrast.towards(settings.direction(metric)),
            Err(refusal) => Self {
                baseline: baseline.name.clone(),
                method: method.name.clone(),
                note: Some(refusal),
                ..Self::default()
            },
        }
    }

    /// Steps to a threshold: the log-rank test, and the difference of the restricted means.
    fn timed(
        self,
        method: Result<Vec<Reached>, String>,
        baseline: Result<Vec<Reached>, String>,
        settings: &Settings,
    ) -> Result<Self, String> {
        if settings.equivalence().is_some() {
            return Err("there is no equivalence test of steps to a threshold".into());
        }
        let (a, b) = (method?, baseline?);
        let result = survival::log_rank_permuted(&[&a, &b], settings.seed)
            .map_err(|reason| reason.to_string())?;
        let found = restricted_mean::difference(&a, &b, settings.level());
        let open = a.iter().chain(&b).filter(|time| !time.reached).count();
        let note = match open {
            0 => None,
            _ if result.statistic.is_none() => Some(format!(
                "{open} of {} runs did not reach the threshold, and nothing tells the groups apart",
                a.len() + b.len()
            )),
            _ => Some(format!(
                "{open} of {} runs did not reach the threshold and are censored",
                a.len() + b.len()
            )),
        };
        Ok(Self {
            runs: (a.len(), b.len()),
            statistic: result.statistic,
            df: result.df,
            p: Some(result.p),
            basis: Some(result.basis),
            mean_difference: found.map(|found| found.0),
            interval: found.and_then(|found| found.1),
            note,
            ..self
        })
    }

    /// Signs of effects so that more is better; differences, medians and ratios stay in the unit of the scores.
    fn towards(self, direction: Direction) -> Self {
        let orient = |value: Option<f64>| value.map(|value| direction.orient(value));
        Self {
            better: direction,
            cohen_d: orient(self.cohen_d),
            hedges_g: orient(self.hedges_g),
            cliff_delta: orient(self.cliff_delta),
            a12: self.a12.map(|chance| direction.orient_chance(chance)),
            ..self
        }
    }

    /// Whether the mean of the method is better than that of the baseline.
    pub fn is_better(&self) -> bool {
        self.mean_difference
            .is_some_and(|difference| self.better.prefers(difference, 0.0))
    }

    fn tested(self, groups: &Groups, settings: &Settings) -> Self {
        let (a, b) = (&groups.a, &groups.b);
        let question = settings.question(settings.test);
        let mut notes = Vec::new();
        if groups.unpaired > 0 {
            notes.push(format!(
                "{} pairs by seed; {} runs have no partner and are left out",
                a.len(),
                groups.unpaired
            ));
        }
        if let Some(ends) = question.ends.filter(|ends| !ends.holds_with_few_runs()) {
            let least = a.len().min(b.len());
            if least < FEW_RUNS {
                notes.push(format!(
                    "the {} interval covers less than {} with {least} runs; the t interval does not",
                    ends.title(),
                    settings.level_title()
                ));
            }
        }
        let difference = welch::test(a, b, settings.level())
            .map(|test| test.difference)
            .ok()
            .or_else(|| Some(describe::mean(a)? - describe::mean(b)?));
        let answer = question.ask(a, b);
        match &answer {
            Err(reason) => notes.push(reason.to_string()),
            Ok(answer) => notes.extend(answer.result.basis.note().map(str::to_owned)),
        }
        let cohen_d = effect::cohens_d(a, b);
        if cohen_d.is_none() && answer.is_ok() {
            notes.push("Cohen's d and Hedges' g need two runs a side that vary".into());
        }
        let answer = answer.ok();
        Self {
            runs: (a.len(), b.len()),
            statistic: answer.and_then(|answer| answer.result.statistic),
            df: answer.and_then(|answer| answer.result.df),
            p: answer.map(|answer| answer.result.p),
            basis: answer.map(|answer| answer.result.basis),
            mean_difference: difference,
            interval: answer.and_then(|answer| answer.interval),
            median_difference: effect::median_difference(a, b),
            ratio: effect::ratio(a, b),
            cohen_d,
            hedges_g: effect::hedges_g(a, b),
            cliff_delta: effect::cliffs_delta(a, b),
            a12: effect::a12(a, b),
            note: (!notes.is_empty()).then(|| notes.join("; ")),
            ..self
        }
    }

    /// Whether the corrected p value is below alpha: what a star marks in a table.
    pub fn is_significant(&self, alpha: f64) -> bool {
        self.p_adjusted.is_some_and(|p| p < alpha)
    }

    pub(super) fn add_note(&mut self, note: String) {
        self.note = Some(match self.note.take() {
            None => note,
            Some(before) => format!("{before}; {note}"),
        });
    }
}

/// The interval of a difference that goes with the test at `alpha`.
pub fn interval_at(
    metric: Metric,
    method: &MethodScores,
    other: &MethodScores,
    alpha: f64,
    settings: &Settings,
) -> Option<Interval> {
    if matches!(metric, Metric::StepsTo(_)) {
        let (a, b) = (method.times(metric).ok()?, other.times(metric).ok()?);
        return restricted_mean::difference(&a, &b, Level::of(1.0 - alpha))?.1;
    }
    let groups = Groups::of(settings.test, metric, method, other).ok()?;
    let mut question = settings.question(settings.test);
    question.alpha = alpha;
    question.ask(&groups.a, &groups.b).ok()?.interval
}

/// The two-sided p value of the test that shows a difference between two methods, or why there is none.
pub fn difference_p(
    metric: Metric,
    method: &MethodScores,
    other: &MethodScores,
    settings: &Settings,
) -> Result<f64, String> {
    if matches!(metric, Metric::StepsTo(_)) {
        let (a, b) = (method.times(metric)?, other.times(metric)?);
        let result = survival::log_rank_permuted(&[&a, &b], settings.seed);
        return result
            .map(|result| result.p)
            .map_err(|reason| reason.to_string());
    }
    let test = settings.difference_test();
    let groups = Groups::of(test, metric, method, other)?;
    let result = settings.question(test).result(&groups.a, &groups.b);
    result
        .map(|result| result.p)
        .map_err(|reason| reason.to_string())
}
