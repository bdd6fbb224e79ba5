//! One method against another over several tasks, by signed ranks of their means.

use serde::Serialize;

use crate::stats::bayes::{self, Beliefs};
use crate::stats::signed_rank;
use crate::stats::two_sample::{Sizes, Test};

use super::settings::Settings;

/// One method against the baseline over tasks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignedRank {
    /// The method.
    pub method: String,
    /// Wilcoxon's statistic.
    pub statistic: Option<f64>,
    /// The p value of the exact test.
    pub p: Option<f64>,
    /// The p value, corrected over the methods.
    pub p_adjusted: Option<f64>,
    /// How probable it is that the method is worse, equivalent or better; `None` unless all tasks have a common scale.
    pub beliefs: Option<Beliefs>,
    /// Why something is missing.
    pub note: Option<String>,
}

/// A method and its mean score on each task.
pub struct Means {
    pub name: String,
    pub means: Vec<f64>,
}

impl SignedRank {
    /// Every method against the baseline; none if the baseline is not among them.
    pub(super) fn all(
        methods: &[Means],
        baseline: &str,
        is_normalised: bool,
        settings: &Settings,
    ) -> Vec<Self> {
        let Some(reference) = methods.iter().find(|method| method.name == baseline) else {
            return Vec::new();
        };
        let others = methods.iter().filter(|method| method.name != baseline);
        let mut all: Vec<Self> = others
            .map(|method| Self::of(method, reference, is_normalised, settings))
            .collect();
        let raw: Vec<Option<f64>> = all.iter().map(|one| one.p).collect();
        for (one, p) in all.iter_mut().zip(settings.correction.adjust(&raw)) {
            one.p_adjusted = p;
        }
        all
    }

    fn of(method: &Means, reference: &Means, is_normalised: bool, settings: &Settings) -> Self {
        let verdict = signed_rank::exact(&method.means, &reference.means, settings.zeros);
        let pairs = method.means.iter().zip(&reference.means);
        let differences: Vec<f64> = pairs.map(|(mean, other)| mean - other).collect();
        let least = least_p(method.means.len());
        let note = match &verdict {
            Err(reason) => Some(reason.to_string()),
            Ok(_) if least >= settings.alpha => Some(format!(
                "{} tasks cannot give a p below {least}, so alpha = {} is out of reach",
                method.means.len(),
                settings.alpha
            )),
            Ok(verdict) => verdict.basis.note().map(str::to_owned),
        };
        Self {
            method: method.name.clone(),
            statistic: verdict.ok().and_then(|verdict| verdict.statistic),
            p: verdict.ok().map(|verdict| verdict.p),
            p_adjusted: None,
            beliefs: is_normalised
                .then(|| bayes::signed_rank(&differences, settings.rope, settings.seed))
                .flatten(),
            note,
        }
    }
}

/// The smallest p value that the exact test of this many tasks can give.
pub fn least_p(tasks: usize) -> f64 {
    Test::Wilcoxon.least_p(Sizes::Pairs(tasks))
}

/// The p value of the exact test of two methods.
pub fn p(one: &[f64], other: &[f64], settings: &Settings) -> Option<f64> {
    let verdict = signed_rank::exact(one, other, settings.zeros);
    verdict.ok().map(|verdict| verdict.p)
}
