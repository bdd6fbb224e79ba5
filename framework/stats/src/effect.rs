//! Effect sizes: how large a difference is, whatever its p value.
//!
//! Sources: Cliff, "Dominance Statistics: Ordinal Analyses to Answer Ordinal Questions", Psychological Bulletin 114
//! (1993), with the labels of Romano et al. (2006); Vargha and Delaney, "A Critique and Improvement of the CL Common
//! Language Effect Size Statistics", Journal of Educational and Behavioral Statistics 25 (2000); Hedges, "Distribution
//! Theory for Glass's Estimator of Effect Size", Journal of Educational Statistics 6 (1981).
//!
//! [`cliffs_delta`] and [`a12`] ask only which of two runs is better, so neither the unit nor an outlier matters. They
//! are the same measure on two scales. [`cohens_d`] and [`hedges_g`] express a difference in standard deviations.

use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

use super::describe;

/// Cliff's delta: P(a > b) − P(a < b) for a random run of `a` and one of `b`, from −1 to 1. Ties count for neither side.
/// `None` if either group is not a [sample](super). The time grows as n log n.
pub fn cliffs_delta(a: &[f64], b: &[f64]) -> Option<f64> {
    let Duels { won, lost, all } = Duels::between(a, b)?;
    Some((won - lost) / all)
}

/// Vargha and Delaney's probability of superiority: P(a > b) + P(a = b) / 2 for a random run of `a` and one of `b`, from 0
/// to 1, and 0.5 where neither is better. On a single task it is the probability of improvement of Agarwal et al. (2021).
/// `None` if either group is not a [sample](super). The time grows as n log n.
///
/// ```
/// use spikebench_stats::effect;
///
/// assert_eq!(effect::a12(&[3.0, 4.0], &[1.0, 2.0]), Some(1.0));
/// assert_eq!(effect::cliffs_delta(&[3.0, 4.0], &[1.0, 2.0]), Some(1.0));
/// ```
pub fn a12(a: &[f64], b: &[f64]) -> Option<f64> {
    let Duels { won, lost, all } = Duels::between(a, b)?;
    Some((won + (all - won - lost) / 2.0) / all)
}

/// The median of `a` minus that of `b`. `None` if either group is not a [sample](super).
pub fn median_difference(a: &[f64], b: &[f64]) -> Option<f64> {
    Some(describe::median(a)? - describe::median(b)?)
}

/// The mean of `a` divided by that of `b`. `None` if either group is not a [sample](super), or unless both means are
/// positive: a ratio of returns that may be negative, or whose zero is arbitrary, says nothing.
pub fn ratio(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (describe::mean(a)?, describe::mean(b)?);
    let ratio = a / b;
    (a > 0.0 && b > 0.0 && ratio.is_finite()).then_some(ratio)
}

/// Cohen's d: the difference of the means in pooled standard deviations (n − 1). `None` if a group has fewer than two
/// values or is not a [sample](super), or if neither group varies by more than rounding, because then no difference has a
/// size on this scale.
pub fn cohens_d(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() < 2 || b.len() < 2 || !describe::is_sample(a) || !describe::is_sample(b) {
        return None;
    }
    let rounding = describe::rounding_of(a, b);
    let (a, b) = describe::from_common_origin(a, b);
    if describe::range_of(&a) <= rounding && describe::range_of(&b) <= rounding {
        return None;
    }
    let (df1, df2) = (a.len() as f64 - 1.0, b.len() as f64 - 1.0);
    let share = |df: f64| (df / (df1 + df2)).sqrt();
    let pooled = (describe::std_of(&a) * share(df1)).hypot(describe::std_of(&b) * share(df2));
    Some((describe::mean_of(&a) - describe::mean_of(&b)) / pooled)
}

/// Hedges' g: Cohen's d corrected for its bias in small samples. The factor is the exact
/// J = Γ(ν/2) / (√(ν/2) Γ((ν − 1)/2)) with ν = n₁ + n₂ − 2, not the approximation 1 − 3/(4ν − 1). `None` where
/// [`cohens_d`] is `None`.
pub fn hedges_g(a: &[f64], b: &[f64]) -> Option<f64> {
    Some(cohens_d(a, b)? * small_sample_factor(a.len() + b.len() - 2))
}

/// What Cohen's d of two groups is multiplied by, for the degrees of freedom of both together.
pub(super) fn small_sample_factor(df: usize) -> f64 {
    let half = df as f64 / 2.0;
    (ln_gamma(half) - ln_gamma(half - 0.5)).exp() / half.sqrt()
}

/// The customary words for the size of [`cliffs_delta`], from Romano et al. (2006). They come from a survey of students,
/// not from reinforcement learning, so the number should be printed beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Magnitude {
    /// |δ| < 0.147.
    Negligible,
    /// |δ| < 0.33.
    Small,
    /// |δ| < 0.474.
    Medium,
    /// Any larger |δ|.
    Large,
}

impl Magnitude {
    /// The word for Cliff's `delta`; `None` unless it lies within `[-1, 1]`.
    pub fn of(delta: f64) -> Option<Self> {
        match delta.abs() {
            size if size < 0.147 => Some(Self::Negligible),
            size if size < 0.33 => Some(Self::Small),
            size if size < 0.474 => Some(Self::Medium),
            size if size <= 1.0 => Some(Self::Large),
            _ => None,
        }
    }

    /// The word, as it is written in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Negligible => "negligible",
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }
}

/// The outcomes of every run of one group against every run of another.
struct Duels {
    won: f64,
    lost: f64,
    all: f64,
}

impl Duels {
    fn between(a: &[f64], b: &[f64]) -> Option<Self> {
        if !describe::is_sample(a) {
            return None;
        }
        let b = describe::sorted(b)?;
        let (mut won, mut lost) = (0, 0);
        for value in a {
            won += b.partition_point(|other| other < value);
            lost += b.len() - b.partition_point(|other| other <= value);
        }
        Some(Self {
            won: won as f64,
            lost: lost as f64,
            all: (a.len() * b.len()) as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Case {
        a: Vec<f64>,
        b: Vec<f64>,
        cliffs_delta: f64,
        a12: f64,
        cohens_d: f64,
        hedges_g: f64,
    }

    #[test]
    fn effect_sizes_agree_with_scipy() {
        for case in golden::cases::<Case>("effect") {
            assert_close(
                cliffs_delta(&case.a, &case.b).unwrap(),
                case.cliffs_delta,
                1e-15,
            );
            assert_close(a12(&case.a, &case.b).unwrap(), case.a12, 1e-15);
            assert_close(cohens_d(&case.a, &case.b).unwrap(), case.cohens_d, 1e-13);
            assert_close(hedges_g(&case.a, &case.b).unwrap(), case.hedges_g, 1e-12);
        }
    }

    #[test]
    fn effect_sizes_agree_with_the_examples_that_r_and_pingouin_print() {
        let a = [10.0, 10.0, 20.0, 20.0, 20.0, 30.0, 30.0, 30.0, 40.0, 50.0];
        let b = [10.0, 20.0, 30.0, 40.0, 40.0, 50.0];
        assert_eq!(cliffs_delta(&a, &b), Some(-0.25));

        let odd: Vec<f64> = (0..7).map(|k| f64::from(2 * k + 1)).collect();
        let all: Vec<f64> = (1..8).map(f64::from).collect();
        assert_close(a12(&all, &odd).unwrap(), 0.285_714_285_714_285_7, 1e-15);

        let (a, b) = (
            [3.2, 6.4, 1.8, 2.4, 5.8, 6.5],
            [2.4, 3.2, 3.2, 1.4, 2.8, 3.5],
        );
        assert_close(cohens_d(&a, &b).unwrap(), 1.002549, 1e-6);
        let (a, b) = ([1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 5.0, 6.0, 7.0]);
        assert_close(cohens_d(&a, &b).unwrap(), -1.707_825_127_659_933, 1e-14);
        assert_close(hedges_g(&a, &b).unwrap(), -1.516_895_244_2, 1e-10);
    }

    #[test]
    fn the_words_change_at_the_customary_bounds() {
        use Magnitude::{Large, Medium, Negligible, Small};
        let words = [
            (0.0, Negligible),
            (0.1469, Negligible),
            (0.147, Small),
            (0.3299, Small),
            (0.33, Medium),
            (0.4739, Medium),
            (0.474, Large),
            (1.0, Large),
        ];
        for (delta, word) in words {
            assert_eq!(Magnitude::of(delta), Some(word));
            assert_eq!(Magnitude::of(-delta), Some(word));
            assert_eq!(serde_json::to_value(word).unwrap(), word.name());
        }
        assert_eq!(Magnitude::of(f64::NAN), None);
        assert_eq!(Magnitude::of(1.1), None);
    }

    #[test]
    fn groups_between_which_no_difference_has_a_size_have_no_effect_size() {
        for (a, b) in [
            (&[][..], &[1.0][..]),
            (&[1.0], &[]),
            (&[f64::NAN], &[1.0]),
            (&[1.0], &[f64::INFINITY]),
        ] {
            assert_eq!(cliffs_delta(a, b), None);
            assert_eq!(a12(a, b), None);
            assert_eq!(cohens_d(a, b), None);
        }
        assert_eq!(cohens_d(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(cohens_d(&[500.0; 5], &[500.0; 5]), None);
        assert_eq!(hedges_g(&[500.0; 5], &[9.0; 5]), None);
        assert_eq!(cohens_d(&[0.1 + 0.2, 0.3], &[0.7, 0.7]), None);
        // One run a side still has an order, and so do constant runs.
        assert_eq!(a12(&[500.0], &[9.0]), Some(1.0));
        assert_eq!(cliffs_delta(&[500.0; 5], &[9.0; 5]), Some(1.0));
        assert_eq!(a12(&[0.0], &[-0.0]), Some(0.5));
    }

    #[test]
    fn medians_are_subtracted_and_positive_means_divided() {
        assert_eq!(median_difference(&[1.0, 2.0, 9.0], &[1.0, 4.0]), Some(-0.5));
        assert_eq!(median_difference(&[], &[1.0]), None);
        assert_eq!(ratio(&[2.0, 4.0], &[1.0, 3.0]), Some(1.5));
        for (a, b) in [
            (-2.0, -1.0),
            (2.0, 0.0),
            (-1.0, 2.0),
            (1e-300, 1e150),
            (f64::NAN, 1.0),
        ] {
            assert_eq!(ratio(&[a], &[b]).filter(|ratio| *ratio > 0.0), None);
        }
    }

    #[test]
    fn an_offset_does_not_change_how_many_standard_deviations_apart_two_groups_are() {
        let (a, b) = ([1.0, 2.0, 4.0], [2.0, 3.0, 7.0]);
        let far = cohens_d(&a.map(|value| value + 1e15), &b.map(|value| value + 1e15));
        assert_eq!(far, cohens_d(&a, &b));
    }

    proptest! {
        #[test]
        fn the_probabilities_of_superiority_of_both_directions_sum_to_one(a in vec(-5..5_i8, 1..12), b in vec(-5..5_i8, 1..12)) {
            let a: Vec<f64> = a.into_iter().map(f64::from).collect();
            let b: Vec<f64> = b.into_iter().map(f64::from).collect();
            let (there, back) = (a12(&a, &b).unwrap(), a12(&b, &a).unwrap());
            prop_assert!((there + back - 1.0).abs() < 1e-15);
            prop_assert_eq!(cliffs_delta(&a, &b).unwrap(), -cliffs_delta(&b, &a).unwrap());
            prop_assert!((cliffs_delta(&a, &b).unwrap() - (2.0 * there - 1.0)).abs() < 1e-15);
        }

        #[test]
        fn counting_every_pair_gives_the_same_delta(a in vec(-5..5_i8, 1..12), b in vec(-5..5_i8, 1..12)) {
            let a: Vec<f64> = a.into_iter().map(f64::from).collect();
            let b: Vec<f64> = b.into_iter().map(f64::from).collect();
            let signs = a.iter().flat_map(|x| b.iter().map(move |y| f64::from(i8::from(x > y) - i8::from(x < y))));
            let mean = signs.sum::<f64>() / (a.len() * b.len()) as f64;
            prop_assert!((cliffs_delta(&a, &b).unwrap() - mean).abs() < 1e-15);
        }

        #[test]
        fn dominance_ignores_the_unit(a in vec(-10.0..10.0_f64, 1..12), b in vec(-10.0..10.0_f64, 1..12)) {
            let cubed = |values: &[f64]| values.iter().map(|value| value * value * value).collect::<Vec<_>>();
            prop_assert_eq!(a12(&a, &b), a12(&cubed(&a), &cubed(&b)));
        }

        #[test]
        fn hedges_g_is_smaller_than_d_but_of_its_sign(a in vec(-10.0..10.0_f64, 2..12), b in vec(-10.0..10.0_f64, 2..12)) {
            let (d, g) = (cohens_d(&a, &b).unwrap(), hedges_g(&a, &b).unwrap());
            prop_assert!(g.abs() <= d.abs() && g * d >= 0.0);
        }
    }
}
