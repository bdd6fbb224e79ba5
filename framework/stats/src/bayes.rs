//! The Bayesian signed-rank test: how probable is it that one method is better than another over tasks, by more than is
//! negligible?
//!
//! Source: Benavoli et al., "A Bayesian Wilcoxon Signed-Rank Test Based on the Dirichlet Process", ICML 2014, with the
//! region of practical equivalence (ROPE) of Benavoli, Corani, Demšar and Zaffalon, "Time for a Change", JMLR 18 (2017);
//! the package `baycomp`. The prior is one pseudo-task with difference 0 and weight 1/2. Each draw of Dirichlet weights
//! gives the mass of pairs whose mean difference lies below, within and above the ROPE; what is reported is how often
//! each of the three is the largest.

use rand_core::{RngCore, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::describe;

/// The number of times that weights are drawn.
pub const DRAWS: u32 = 50_000;

/// The probabilities of the three possible answers, which add up to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Beliefs {
    /// The probability that most differences lie below −rope.
    pub worse: f64,
    /// The probability that most lie within ±rope; 0 if rope is 0.
    pub equivalent: f64,
    /// The probability that most lie above rope.
    pub better: f64,
}

/// The beliefs that `differences` of scores, one for each task, justify. `None` if they are not a [sample](super), or if
/// `rope` is negative or no number. If all differences are 0 and rope is 0, neither side is favoured.
pub fn signed_rank(differences: &[f64], rope: f64, seed: u64) -> Option<Beliefs> {
    if !describe::is_sample(differences) || !(0.0..=describe::LARGEST).contains(&rope) {
        return None;
    }
    let values: Vec<f64> = [0.0]
        .into_iter()
        .chain(differences.iter().copied())
        .collect();
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut weights = vec![0.0; values.len()];
    let (mut worse, mut equivalent, mut better) = (0.0, 0.0, 0.0);
    for _ in 0..DRAWS {
        // A Gamma(1/2) variable is half of a squared normal one, and a Gamma(1) variable is exponential. Dirichlet weights
        // would be divided by their sum, which changes no comparison.
        let normal: f64 = StandardNormal.sample(&mut generator);
        weights[0] = 0.5 * normal * normal;
        for weight in &mut weights[1..] {
            let uniform = (generator.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64);
            *weight = -(1.0 - uniform).ln();
        }
        let masses = masses(&values, &weights, rope);
        let largest = masses.0.max(masses.1).max(masses.2);
        let winners =
            [masses.0, masses.1, masses.2].map(|mass| f64::from(u8::from(mass == largest)));
        let all: f64 = winners.iter().sum();
        worse += winners[0] / all;
        equivalent += winners[1] / all;
        better += winners[2] / all;
    }
    let draws = f64::from(DRAWS);
    Some(Beliefs {
        worse: worse / draws,
        equivalent: equivalent / draws,
        better: better / draws,
    })
}

/// The mass of the pairs below, within and above the ROPE. Where the ROPE is 0, pairs without a difference are shared
/// between both sides.
fn masses(values: &[f64], weights: &[f64], rope: f64) -> (f64, f64, f64) {
    let (mut below, mut within, mut above) = (0.0, 0.0, 0.0);
    for (place, (value, weight)) in values.iter().zip(weights).enumerate() {
        for (earlier, (other, other_weight)) in values[..=place].iter().zip(weights).enumerate() {
            // Each pair of two different tasks stands for two.
            let count = if earlier == place { 1.0 } else { 2.0 };
            let mass = count * weight * other_weight;
            let sum = value + other;
            if sum > 2.0 * rope {
                above += mass;
            } else if sum < -2.0 * rope {
                below += mass;
            } else {
                within += mass;
            }
        }
    }
    if rope == 0.0 {
        (below + within / 2.0, 0.0, above + within / 2.0)
    } else {
        (below, within, above)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::golden;

    #[derive(Deserialize)]
    struct Case {
        differences: Vec<f64>,
        rope: f64,
        worse: f64,
        equivalent: f64,
        better: f64,
    }

    #[test]
    fn beliefs_agree_with_baycomp_to_the_error_of_the_draws() {
        for case in golden::cases::<Case>("bayes") {
            let beliefs = signed_rank(&case.differences, case.rope, 1).unwrap();
            for (actual, expected) in [
                (beliefs.worse, case.worse),
                (beliefs.equivalent, case.equivalent),
                (beliefs.better, case.better),
            ] {
                // Three standard errors of both sets of 50 000 draws.
                assert!(
                    (actual - expected).abs() < 0.01,
                    "{beliefs:?} {} {} {}",
                    case.worse,
                    case.equivalent,
                    case.better
                );
            }
        }
    }

    #[test]
    fn negating_every_difference_swaps_the_beliefs() {
        let differences = [0.3, -0.1, 0.5, 0.2, 0.0];
        let turned = differences.map(|difference: f64| -difference);
        let (one, other) = (
            signed_rank(&differences, 0.1, 3).unwrap(),
            signed_rank(&turned, 0.1, 3).unwrap(),
        );
        assert_eq!(
            (one.worse, one.equivalent, one.better),
            (other.better, other.equivalent, other.worse)
        );
        assert!((one.worse + one.equivalent + one.better - 1.0).abs() < 1e-12);
    }

    #[test]
    fn no_difference_favours_neither_side() {
        let none = signed_rank(&[0.0; 5], 0.0, 1).unwrap();
        assert!((none.worse - 0.5).abs() < 1e-12 && (none.better - 0.5).abs() < 1e-12);
        assert_eq!(signed_rank(&[0.0; 5], 0.1, 1).unwrap().equivalent, 1.0);
        assert_eq!(signed_rank(&[], 0.1, 1), None);
        assert_eq!(signed_rank(&[f64::NAN], 0.1, 1), None);
        assert_eq!(signed_rank(&[1.0], -0.1, 1), None);
    }
}
