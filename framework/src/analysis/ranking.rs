//! Ranks of methods over several tasks, and Friedman's test of them.

use serde::Serialize;

use crate::stats::friedman::{self, Friedman};
use crate::stats::post_hoc;

use super::post_hoc::Pair;
use super::settings::Settings;

/// How methods rank over tasks, and whether any of them ranks differently.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranking {
    /// Names and mean ranks of the methods; 1 is the best, equal scores share their ranks.
    pub mean_ranks: Vec<(String, f64)>,
    /// Friedman's test; `None` with fewer than three methods or two tasks.
    pub friedman: Option<FriedmanResult>,
}

/// Friedman's test, and the comparisons after it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FriedmanResult {
    /// Tie-corrected; `None` if the scores of no task differ.
    pub chi_squared: Option<f64>,
    /// The p value of chi-squared.
    pub p: f64,
    /// The p value of Iman and Davenport's F, which is less conservative.
    pub iman_davenport_p: f64,
    /// Nemenyi's critical difference of mean ranks at alpha.
    pub critical_difference: Option<f64>,
    /// Nemenyi's p value of each pair, in the order of [`Ranking::mean_ranks`].
    pub nemenyi: Vec<Vec<f64>>,
    /// The chosen comparisons after the test, pair by pair.
    pub post_hoc: Vec<Pair>,
}

impl Ranking {
    /// `tasks` has one score of every method for each task.
    pub(super) fn of(
        methods: &[String],
        baseline: &str,
        tasks: &[Vec<f64>],
        settings: &Settings,
    ) -> Self {
        // Friedman ranks the lowest score first.
        let best_first = |rank: f64| methods.len() as f64 + 1.0 - rank;
        let ranks = friedman::mean_ranks(tasks).unwrap_or_default();
        let ranks = ranks.into_iter().map(best_first);
        Self {
            mean_ranks: methods.iter().cloned().zip(ranks).collect(),
            friedman: Friedman::of(tasks)
                .ok()
                .map(|friedman| FriedmanResult::of(&friedman, methods, baseline, settings)),
        }
    }
}

impl FriedmanResult {
    fn of(friedman: &Friedman, methods: &[String], baseline: &str, settings: &Settings) -> Self {
        Self {
            chi_squared: friedman.chi_squared.statistic,
            p: friedman.chi_squared.p,
            iman_davenport_p: friedman.iman_davenport.p,
            critical_difference: post_hoc::critical_difference(
                settings.alpha,
                methods.len(),
                friedman.blocks,
            ),
            nemenyi: post_hoc::nemenyi(friedman),
            post_hoc: settings
                .post_hoc
                .pairs(friedman, methods, baseline, settings.correction),
        }
    }
}
