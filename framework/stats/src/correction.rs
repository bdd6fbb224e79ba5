//! Adjusted p values: what a family of many comparisons does to the p value of each.
//!
//! Sources: Bonferroni; Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of
//! Statistics 6 (1979); Hochberg, Biometrika 75 (1988); Hommel, Biometrika 75 (1988), by the algorithm of Wright,
//! Biometrics 48 (1992); Benjamini and Hochberg, JRSS B 57 (1995); Benjamini and Yekutieli, Annals of Statistics 29
//! (2001). Adjusted p values as in R's `p.adjust` and `statsmodels.stats.multitest.multipletests`.
//!
//! Bonferroni and Holm control the chance of even one false finding in the family, whatever the dependence between the
//! comparisons; Holm's p is never larger, so there is no statistical reason to prefer Bonferroni's. Hochberg and Hommel
//! do so under positive dependence only, such as that of comparisons with one baseline. BH (under positive dependence)
//! and BY (always) control something weaker: the expected share of false findings among the findings.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How p values are adjusted for the size of their family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Correction {
    /// They are not: one in twenty comparisons without a difference is "significant" at 0.05.
    None,
    /// Every p is multiplied by the number of comparisons.
    Bonferroni,
    /// The smallest p is multiplied by the number of comparisons, the next by one less, and so on, never falling.
    Holm,
    /// The factors are Holm's, but from the largest p downwards, never rising.
    Hochberg,
    /// Every intersection of the comparisons is tested by Simes' inequality.
    Hommel,
    /// Benjamini and Hochberg's false discovery rate.
    Bh,
    /// Benjamini and Yekutieli's false discovery rate, for any dependence.
    By,
}

impl Correction {
    /// Every correction.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Bonferroni,
        Self::Holm,
        Self::Hochberg,
        Self::Hommel,
        Self::Bh,
        Self::By,
    ];

    /// The name in suite files, on the command line and in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bonferroni => "bonferroni",
            Self::Holm => "holm",
            Self::Hochberg => "hochberg",
            Self::Hommel => "hommel",
            Self::Bh => "bh",
            Self::By => "by",
        }
    }

    /// The adjusted p values of one family, in the order given: compare them with the alpha of the whole family.
    ///
    /// The slice holds one entry for every comparison of the *planned* family. A comparison that could not be tested is
    /// `None`; it stays `None`, but it counts. Its p value could have been anything, so it is taken to be 1, for which
    /// the adjusted p values of all others are largest: whatever the missing one would have been, theirs would not have
    /// been larger. (R's `p.adjust` leaves missing p values out, so that a comparison that failed makes the others look
    /// better than they would have looked in the family that was planned.) What is not a probability (NaN, below 0,
    /// above 1) is missing.
    ///
    /// ```
    /// use spikebench_stats::correction::Correction;
    ///
    /// let adjusted = Correction::Holm.adjust(&[Some(0.02), None, Some(0.01)]);
    /// assert_eq!(adjusted, [Some(0.04), None, Some(0.03)]);
    /// ```
    pub fn adjust(self, p: &[Option<f64>]) -> Vec<Option<f64>> {
        let found = |p: &Option<f64>| p.filter(|p| (0.0..=1.0).contains(p));
        let planned: Vec<f64> = p.iter().map(|p| found(p).unwrap_or(1.0)).collect();
        let mut order: Vec<usize> = (0..p.len()).collect();
        order.sort_by(|&one, &other| planned[one].total_cmp(&planned[other]));
        let sorted: Vec<f64> = order.iter().map(|&place| planned[place]).collect();

        let mut adjusted = vec![None; p.len()];
        for (place, value) in order.into_iter().zip(self.adjust_sorted(&sorted)) {
            adjusted[place] = found(&p[place]).map(|_| value);
        }
        adjusted
    }

    /// Adjusts probabilities in ascending order.
    fn adjust_sorted(self, p: &[f64]) -> Vec<f64> {
        let size = p.len();
        let harmonic = if self == Self::By {
            harmonic(size)
        } else {
            1.0
        };
        let factor = |rank: usize| match self {
            Self::None => 1.0,
            Self::Bonferroni => size as f64,
            Self::Holm | Self::Hochberg | Self::Hommel => (size - rank) as f64,
            Self::Bh => size as f64 / (rank + 1) as f64,
            Self::By => size as f64 / (rank + 1) as f64 * harmonic,
        };
        let scaled = p
            .iter()
            .enumerate()
            .map(|(rank, p)| (p * factor(rank)).min(1.0));
        match self {
            Self::None | Self::Bonferroni | Self::Holm => running(scaled, f64::max),
            Self::Hochberg | Self::Bh | Self::By => {
                let mut adjusted = running(scaled.rev(), f64::min);
                adjusted.reverse();
                adjusted
            }
            Self::Hommel => hommel(p),
        }
    }

    /// The smallest adjusted p of a family of `comparisons` that all have the same raw `p`, which [`adjust`](Self::adjust)
    /// would find in a time that grows with their number or with its square.
    pub fn adjust_equal(self, p: f64, comparisons: usize) -> f64 {
        let size = comparisons.max(1);
        let factor = match self {
            Self::None | Self::Hochberg | Self::Hommel | Self::Bh => 1.0,
            Self::Bonferroni | Self::Holm => size as f64,
            Self::By => harmonic(size),
        };
        (p * factor).min(1.0)
    }

    /// The alpha that the smallest raw p of a family of `comparisons` has to meet, when the family has `alpha`: what a
    /// single comparison must reach if no other does. With no comparisons, `alpha` itself.
    pub fn strictest_alpha(self, alpha: f64, comparisons: usize) -> f64 {
        match self {
            Self::None => alpha,
            Self::By => alpha / (comparisons.max(1) as f64 * harmonic(comparisons.max(1))),
            _ => alpha / comparisons.max(1) as f64,
        }
    }
}

/// 1 + 1/2 + … + 1/n.
fn harmonic(n: usize) -> f64 {
    (1..=n).map(|k| 1.0 / k as f64).sum()
}

/// For each value the extreme of all values up to it.
fn running(values: impl Iterator<Item = f64>, extreme: fn(f64, f64) -> f64) -> Vec<f64> {
    let mut so_far = None;
    values
        .map(|value| *so_far.insert(so_far.map_or(value, |before| extreme(before, value))))
        .collect()
}

/// Hommel's adjusted p values, for probabilities in ascending order. For each comparison it is the largest p value that
/// Simes' inequality gives any intersection that contains the comparison; for each size of an intersection only the
/// least favourable one needs to be looked at.
fn hommel(p: &[f64]) -> Vec<f64> {
    let n = p.len();
    let simes = |size: usize, rest: &[f64], first: usize| {
        let terms = rest
            .iter()
            .enumerate()
            .map(|(rank, p)| size as f64 * p / (rank + first) as f64);
        terms.fold(f64::INFINITY, f64::min)
    };
    let mut adjusted = vec![simes(n, p, 1).min(1.0); n];
    for size in (2..n).rev() {
        // Of an intersection of this size, all but one member are at worst the largest p values of all.
        let (small, large) = p.split_at(n - size + 1);
        let rest = simes(size, large, 2);
        let of_small = |p: f64| (size as f64 * p).min(rest);
        let of_large = of_small(small[n - size]);
        for (place, adjusted) in adjusted.iter_mut().enumerate() {
            *adjusted = adjusted.max(small.get(place).map_or(of_large, |&p| of_small(p)));
        }
    }
    adjusted
        .iter()
        .zip(p)
        .map(|(adjusted, p)| adjusted.max(*p).min(1.0))
        .collect()
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
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Case {
        correction: Correction,
        p: Vec<Option<f64>>,
        adjusted: Vec<Option<f64>>,
    }

    #[test]
    fn equal_p_values_are_adjusted_at_once_as_one_by_one() {
        for correction in Correction::ALL {
            for (p, size) in [(0.001, 1), (0.001, 7), (0.3, 40), (0.0, 3), (1.0, 5)] {
                let one_by_one = correction.adjust(&vec![Some(p); size])[0].unwrap();
                assert_close(correction.adjust_equal(p, size), one_by_one, 1e-14);
            }
        }
    }

    #[test]
    fn the_time_for_a_large_family_does_not_grow_with_its_square() {
        let began = std::time::Instant::now();
        let p: Vec<Option<f64>> = (0..200_000).map(|k| Some(f64::from(k) / 2e5)).collect();
        assert_eq!(Correction::By.adjust(&p)[0], Some(0.0));
        // 4·10¹⁰ additions would take half a minute.
        assert!(began.elapsed().as_secs() < 5);
    }

    #[test]
    fn adjusted_p_values_agree_with_statsmodels_and_r() {
        for case in golden::cases::<Case>("correction") {
            let adjusted = case.correction.adjust(&case.p);
            assert_eq!(adjusted.len(), case.adjusted.len());
            for (actual, expected) in adjusted.into_iter().zip(case.adjusted) {
                assert_eq!(actual.is_some(), expected.is_some());
                if let (Some(actual), Some(expected)) = (actual, expected) {
                    assert_close(actual, expected, 1e-14);
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
        // R and pingouin leave the missing one out, and print 0.5, 0.009, 0.108 and 0.0012.
        assert_eq!(adjusted[2], None);
        for (place, expected) in [(0, 1.0), (1, 0.012), (3, 0.162), (4, 0.0015)] {
            assert_close(adjusted[place].unwrap(), expected, 1e-15);
        }
    }

    #[test]
    fn a_comparison_that_could_not_be_tested_counts_in_the_planned_family() {
        let adjusted = Correction::Holm.adjust(&[Some(0.000566), None]);
        assert_eq!(adjusted, [Some(0.001132), None]);
        for (correction, expected) in [
            (Correction::None, 0.01),
            (Correction::Bonferroni, 0.03),
            (Correction::Holm, 0.03),
            (Correction::Hochberg, 0.03),
            (Correction::Hommel, 0.03),
            (Correction::Bh, 0.03),
            (Correction::By, 0.055),
        ] {
            let adjusted = correction.adjust(&[None, Some(0.01), None]);
            assert_eq!((adjusted[0], adjusted[2]), (None, None));
            assert_close(adjusted[1].unwrap(), expected, 1e-14);
        }
    }

    #[test]
    fn values_that_are_no_probability_count_as_missing() {
        for wrong in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
            for correction in Correction::ALL {
                let adjusted = correction.adjust(&[Some(wrong), Some(0.04)]);
                let missing = correction.adjust(&[None, Some(0.04)]);
                assert_eq!(adjusted, missing, "{wrong} {correction}");
                assert_eq!(adjusted[0], None);
                assert_eq!(correction.adjust(&[]), []);
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
        fn the_corrections_are_ordered_by_what_they_assume(p in vec(option::of(0.0..=1.0_f64), 0..20)) {
            use Correction::{Bh, By, Hochberg, Holm, Hommel};
            let [holm, hochberg, hommel, bh, by] = [Holm, Hochberg, Hommel, Bh, By].map(|one| one.adjust(&p));
            let at_most = |one: Option<f64>, other: Option<f64>| one.is_none() || one.unwrap() <= other.unwrap() + 1e-12;
            for place in 0..p.len() {
                prop_assert!(at_most(p[place], bh[place]) && at_most(bh[place], hommel[place]));
                prop_assert!(at_most(hommel[place], hochberg[place]) && at_most(hochberg[place], holm[place]));
                prop_assert!(at_most(bh[place], by[place]) && at_most(by[place], Some(1.0)));
            }
        }

        #[test]
        fn hommel_is_the_closed_test_with_simes_inequality(p in vec(0.0..=1.0_f64, 1..8)) {
            let adjusted = Correction::Hommel.adjust(&p.iter().copied().map(Some).collect::<Vec<_>>());
            for (place, adjusted) in adjusted.into_iter().enumerate() {
                let mut largest = 0.0_f64;
                for code in (1_u32..1 << p.len()).filter(|code| code >> place & 1 == 1) {
                    let mut chosen: Vec<f64> = (0..p.len()).filter(|k| code >> k & 1 == 1).map(|k| p[k]).collect();
                    chosen.sort_by(f64::total_cmp);
                    let size = chosen.len() as f64;
                    let simes = chosen.iter().enumerate().map(|(rank, p)| size * p / (rank + 1) as f64);
                    largest = largest.max(simes.fold(f64::INFINITY, f64::min));
                }
                prop_assert!((adjusted.unwrap() - largest).abs() < 1e-12);
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
        fn whatever_a_missing_p_would_have_been_no_other_would_have_been_larger(
            p in vec(option::of(0.0..=1.0_f64), 0..12), instead in 0.0..=1.0_f64,
        ) {
            let complete: Vec<Option<f64>> = p.iter().map(|p| p.or(Some(instead))).collect();
            for correction in Correction::ALL {
                let bounds = correction.adjust(&p);
                for (bound, adjusted) in bounds.into_iter().zip(correction.adjust(&complete)) {
                    prop_assert!(bound.is_none() || adjusted.unwrap() <= bound.unwrap() + 1e-12);
                }
            }
        }
    }
}
