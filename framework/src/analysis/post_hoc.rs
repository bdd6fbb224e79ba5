//! The comparisons after Friedman's test over tasks: which methods rank differently?

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::stats::correction::Correction;
use crate::stats::friedman::Friedman;
use crate::stats::post_hoc;

/// How methods are compared after a test of all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum PostHoc {
    /// Nemenyi: every pair over tasks, by the studentised range
    #[default]
    Nemenyi,
    /// Conover: every pair over tasks, by Student's t of rank sums, then the correction
    Conover,
    /// Demšar: every method against the baseline over tasks, by z of mean ranks, then the correction
    ManyToOne,
    /// Dunnett: every method against the baseline on each task, by a pooled variance
    Dunnett,
}

impl PostHoc {
    /// The name in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Nemenyi => "Nemenyi",
            Self::Conover => "Conover",
            Self::ManyToOne => "many to one",
            Self::Dunnett => "Dunnett",
        }
    }
}

/// One method beside another, over tasks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// The first of the pair.
    pub method: String,
    /// The second: the baseline, or a method listed before it.
    pub other: String,
    /// The uncorrected p value; Nemenyi's covers all pairs already.
    pub p: f64,
    /// Corrected for all pairs.
    pub p_adjusted: f64,
}

impl PostHoc {
    /// The pairs that it compares; none for [`PostHoc::Dunnett`], which compares methods on each task separately.
    pub(super) fn pairs(
        self,
        friedman: &Friedman,
        methods: &[String],
        baseline: &str,
        correction: Correction,
    ) -> Vec<Pair> {
        let all = (0..methods.len()).flat_map(|one| (0..one).map(move |other| (one, other)));
        let control = methods.iter().position(|method| method == baseline);
        let control = control.unwrap_or_default();
        let found: Vec<((usize, usize), f64)> = match self {
            Self::Nemenyi | Self::Conover => {
                let p = if self == Self::Nemenyi {
                    post_hoc::nemenyi(friedman)
                } else {
                    post_hoc::conover(friedman)
                };
                all.map(|(one, other)| ((one, other), p[one][other]))
                    .collect()
            }
            Self::ManyToOne => {
                let p = post_hoc::against_control(friedman, control);
                let others = (0..methods.len()).filter(|&one| one != control);
                others.map(|one| ((one, control), p[one].1)).collect()
            }
            Self::Dunnett => Vec::new(),
        };
        let raw: Vec<Option<f64>> = found.iter().map(|(_, p)| Some(*p)).collect();
        let correction = if self == Self::Nemenyi {
            Correction::None
        } else {
            correction
        };
        let adjusted = correction.adjust(&raw);
        let pair = |(((one, other), p), adjusted): (((usize, usize), f64), Option<f64>)| Pair {
            method: methods[one].clone(),
            other: methods[other].clone(),
            p,
            p_adjusted: adjusted.unwrap_or(p),
        };
        found.into_iter().zip(adjusted).map(pair).collect()
    }
}
