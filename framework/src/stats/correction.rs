//! What many comparisons do to a p value.
//!
//! Sources: Bonferroni; Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of
//! Statistics 6 (1979). Adjusted p values as in R's `p.adjust` and `statsmodels.stats.multitest.multipletests`.
//!
//! Both control the chance of even one false finding in the family, whatever the dependence between the comparisons.
//! Holm's is never larger than Bonferroni's, so there is no statistical reason to prefer the latter.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How p values are adjusted for the size of their family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Correction {
    /// Not at all: one in twenty true nulls is "significant" at 0.05.
    None,
    /// Every p times the number of comparisons.
    Bonferroni,
    /// The smallest p times the number of comparisons, the next times one less, and so on, never falling.
    Holm,
}

impl Correction {
    /// Every correction, the weakest first.
    pub const ALL: [Self; 3] = [Self::None, Self::Bonferroni, Self::Holm];

    /// The name in suite files and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bonferroni => "bonferroni",
            Self::Holm => "holm",
        }
    }

    /// The adjusted p values of one family, in the order given: compare them with the alpha of the whole family.
    ///
    /// A missing p stays missing and does not count in the family, as in R. It is the caller's to say so: a comparison
    /// that failed makes the others look better than the family that was planned would have. What is not a
    /// probability (NaN, below 0, above 1) is missing.
    ///
    /// ```
    /// use spikebench::stats::correction::Correction;
    ///
    /// let adjusted = Correction::Holm.adjust(&[Some(0.02), None, Some(0.01)]);
    /// assert_eq!(adjusted, [Some(0.02), None, Some(0.02)]);
    /// ```
    pub fn adjust(self, p: &[Option<f64>]) -> Vec<Option<f64>> {
        let mut family: Vec<(usize, f64)> = p
            .iter()
            .enumerate()
            .filter_map(|(place, p)| Some((place, (*p)?)))
            .filter(|(_, p)| (0.0..=1.0).contains(p))
            .collect();
        family.sort_by(|(_, one), (_, other)| one.total_cmp(other));

        let size = family.len();
        let mut adjusted = vec![None; p.len()];
        let mut largest = 0.0_f64;
        for (rank, (place, p)) in family.into_iter().enumerate() {
            let factor = match self {
                Self::None => 1,
                Self::Bonferroni => size,
                Self::Holm => size - rank,
            };
            largest = largest.max((p * factor as f64).min(1.0));
            adjusted[place] = Some(largest);
        }
        adjusted
    }

    /// The alpha that the smallest raw p of a family of `comparisons` has to meet, when the family has `alpha`: what a
    /// single comparison must reach if no other does. With no comparisons, `alpha` itself.
    pub fn strictest_alpha(self, alpha: f64, comparisons: usize) -> f64 {
        match self {
            Self::None => alpha,
            Self::Bonferroni | Self::Holm => alpha / comparisons.max(1) as f64,
        }
    }
}

impl fmt::Display for Correction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::stats::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Case {
        correction: Correction,
        p: Vec<Option<f64>>,
        adjusted: Vec<Option<f64>>,
    }

    #[test]
    fn adjusted_p_values_agree_with_statsmodels_and_r() {
        for case in golden::cases::<Case>("correction") {
            let adjusted = case.correction.adjust(&case.p);
            assert_eq!(adjusted.len(), case.adjusted.len());
            for (actual, expected) in adjusted.into_iter().zip(case.adjusted) {
                assert_eq!(actual.is_some(), expected.is_some());
                if let (Some(actual), Some(expected)) = (actual, expected) {
                    assert_close(actual, expected, 1e-15);
                }
            }
        }
    }

    #[test]
    fn holm_agrees_with_the_vectors_that_r_and_pingouin_print() {
        let p = [
            5.2366e-05, 2.8141e-04, 0.0149877, 0.0202733, 0.177097, 0.5, 0.6, 0.7, 0.8, 0.9,
        ]
        .map(Some);
        let adjusted = Correction::Holm.adjust(&p);
        let expected = [
            5.236_567_77e-4,
            0.002_532_645_557_82,
            0.119_901_844_8,
            0.141_912_882_2,
            1.0,
        ];
        for (actual, expected) in adjusted.iter().zip(expected) {
            assert_close(actual.unwrap(), expected, 2e-5); // The p values are printed to five digits.
        }
        let p = [Some(0.5), Some(0.003), None, Some(0.054), Some(0.0003)];
        let adjusted = Correction::Holm.adjust(&p);
        assert_eq!(adjusted[2], None);
        for (place, expected) in [(0, 0.5), (1, 0.009), (3, 0.108), (4, 0.0012)] {
            assert_close(adjusted[place].unwrap(), expected, 1e-15);
        }
    }

    #[test]
    fn what_is_no_probability_is_missing() {
        for wrong in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
            for correction in Correction::ALL {
                let adjusted = correction.adjust(&[Some(wrong), Some(0.04)]);
                assert_eq!(adjusted, [None, Some(0.04)], "{wrong} {correction}");
            }
        }
        assert_eq!(Correction::Holm.adjust(&[]), []);
        assert_eq!(Correction::Holm.adjust(&[None, None]), [None, None]);
    }

    #[test]
    fn the_names_in_files_are_the_lower_case_ones() {
        for correction in Correction::ALL {
            let text = serde_json::to_string(&correction).unwrap();
            assert_eq!(text, format!("\"{correction}\""));
            assert_eq!(
                serde_json::from_str::<Correction>(&text).unwrap(),
                correction
            );
        }
        assert_eq!(format!("{:>6}", Correction::Holm), "  holm");
    }

    #[test]
    fn a_lone_p_that_meets_the_strictest_alpha_is_significant_and_one_above_it_is_not() {
        for correction in Correction::ALL {
            let alpha = correction.strictest_alpha(0.05, 4);
            let smallest =
                |p: f64| correction.adjust(&[Some(1.0), Some(p), Some(0.9), Some(0.7)])[1].unwrap();
            assert!(smallest(alpha * 0.999) < 0.05);
            assert!(smallest(alpha * 1.001) > 0.05);
        }
        assert_eq!(Correction::Holm.strictest_alpha(0.05, 0), 0.05);
        assert_eq!(Correction::None.strictest_alpha(0.05, 9), 0.05);
    }

    proptest! {
        #[test]
        fn an_adjusted_p_is_never_below_the_raw_one_nor_above_bonferroni(p in vec(option::of(0.0..=1.0_f64), 0..20)) {
            let holm = Correction::Holm.adjust(&p);
            let bonferroni = Correction::Bonferroni.adjust(&p);
            prop_assert_eq!(Correction::None.adjust(&p), p.clone());
            for place in 0..p.len() {
                prop_assert!(p[place] <= holm[place] && holm[place] <= bonferroni[place]);
                prop_assert!(bonferroni[place] <= Some(1.0));
                prop_assert_eq!(p[place].is_none(), holm[place].is_none());
            }
        }

        #[test]
        fn adjusting_keeps_the_order(p in vec(0.0..=1.0_f64, 2..20)) {
            let p: Vec<Option<f64>> = p.into_iter().map(Some).collect();
            for correction in Correction::ALL {
                let adjusted = correction.adjust(&p);
                for one in 0..p.len() {
                    for other in 0..p.len() {
                        prop_assert!(p[one] > p[other] || adjusted[one] <= adjusted[other]);
                    }
                }
            }
        }

        #[test]
        fn holm_rejects_what_its_steps_reject(p in vec(0.0..0.1_f64, 1..12)) {
            let alpha = 0.05;
            let adjusted = Correction::Holm.adjust(&p.iter().copied().map(Some).collect::<Vec<_>>());
            let mut sorted = p.clone();
            sorted.sort_by(f64::total_cmp);
            let passes = |(rank, p): &(usize, &f64)| **p * (sorted.len() - rank) as f64 <= alpha;
            let rejected = sorted.iter().enumerate().take_while(passes).count();
            prop_assert_eq!(adjusted.iter().filter(|p| p.unwrap() <= alpha).count(), rejected);
        }

        #[test]
        fn a_missing_p_is_as_if_it_had_not_been_there(p in vec(option::of(0.0..=1.0_f64), 0..12)) {
            let there: Vec<Option<f64>> = p.iter().copied().filter(Option::is_some).collect();
            for correction in Correction::ALL {
                let kept: Vec<_> = correction.adjust(&p).into_iter().filter(Option::is_some).collect();
                prop_assert_eq!(kept, correction.adjust(&there));
            }
        }
    }
}
