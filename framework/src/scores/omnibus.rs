//! Does any method differ from the others on one task, and which after that?

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::stats::test_error::TestError;
use crate::stats::test_result::{Basis, TestResult};
use crate::stats::{k_sample, post_hoc};

use super::analysis::Method;
use super::settings::Settings;

/// A test of all methods of a task at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Omnibus {
    /// Kruskal and Wallis: ranks
    #[default]
    KruskalWallis,
    /// Fisher's analysis of variance: means, equal variances
    Anova,
    /// Welch's analysis of variance: means, unequal variances; finds slightly too much with few bimodal runs
    WelchAnova,
    /// The analysis of variance by permutation: means, any distribution
    Permutation,
}

impl Omnibus {
    /// The name in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::KruskalWallis => "Kruskal–Wallis",
            Self::Anova => "analysis of variance",
            Self::WelchAnova => "Welch's analysis of variance",
            Self::Permutation => "analysis of variance by permutation",
        }
    }

    /// Its answer.
    ///
    /// # Errors
    ///
    /// Whatever the test cannot answer; see there.
    pub fn ask(self, groups: &[&[f64]], seed: u64) -> Result<TestResult, TestError> {
        match self {
            Self::KruskalWallis => k_sample::kruskal_wallis(groups),
            Self::Anova => k_sample::anova(groups),
            Self::WelchAnova => k_sample::welch_anova(groups),
            Self::Permutation => k_sample::permutation(groups, seed),
        }
    }
}

/// What the test of all methods of a task says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overall {
    /// Which test.
    pub test: Omnibus,
    /// Of the test.
    pub statistic: Option<f64>,
    /// Of the test; of the denominator where it has two.
    pub df: Option<f64>,
    /// Uncorrected: it is one for each task.
    pub p: Option<f64>,
    /// What p rests on.
    pub basis: Option<Basis>,
    /// Why something is missing, or what a reader must be told.
    pub note: Option<String>,
}

impl Overall {
    /// `None` for p of a task of which the runs of some method were lost, if that is refused.
    pub(super) fn of(methods: &[Method], settings: &Settings) -> Self {
        let test = settings.omnibus;
        let answer = scores_of(methods, settings).and_then(|groups| {
            let groups: Vec<&[f64]> = groups.iter().map(Vec::as_slice).collect();
            test.ask(&groups, settings.seed)
                .map_err(|reason| reason.to_string())
        });
        let verdict = answer.as_ref().ok();
        Self {
            test,
            statistic: verdict.and_then(|verdict| verdict.statistic),
            df: verdict.and_then(|verdict| verdict.df),
            p: verdict.map(|verdict| verdict.p),
            basis: verdict.map(|verdict| verdict.basis),
            note: match &answer {
                Err(reason) => Some(reason.clone()),
                Ok(verdict) => verdict.basis.note().map(str::to_owned),
            },
        }
    }
}

/// Dunnett's test of every method against the baseline, by the variance that all of them share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ManyToOne {
    /// The baseline.
    pub control: String,
    /// Of each other method, its t and its p, which is adjusted for the family already.
    pub methods: Vec<(String, f64, f64)>,
    /// Why there is none.
    pub note: Option<String>,
}

impl ManyToOne {
    pub(super) fn of(methods: &[Method], baseline: &str, settings: &Settings) -> Self {
        let others = methods.iter().filter(|method| method.name != baseline);
        let found = scores_of(methods, settings).and_then(|groups| {
            let place = methods.iter().position(|method| method.name == baseline);
            let place = place.ok_or_else(|| format!("{baseline} has no score on it"))?;
            let rest: Vec<&[f64]> = (0..groups.len())
                .filter(|&group| group != place)
                .map(|group| groups[group].as_slice())
                .collect();
            post_hoc::dunnett(&rest, &groups[place]).map_err(|reason| reason.to_string())
        });
        Self {
            control: baseline.to_owned(),
            note: found.as_ref().err().cloned(),
            methods: others
                .zip(found.unwrap_or_default())
                .map(|(method, (t, p))| (method.name.clone(), t, p))
                .collect(),
        }
    }
}

/// The scores of every method, or why they may not be compared.
fn scores_of(methods: &[Method], settings: &Settings) -> Result<Vec<Vec<f64>>, String> {
    if let Some(lost) = methods.iter().find(|method| method.has_lost(settings)) {
        return Err(format!(
            "{} of {} runs of {} failed, and the policy is to refuse",
            lost.planned - lost.finished,
            lost.planned,
            lost.name
        ));
    }
    Ok(methods.iter().map(Method::values).collect())
}
