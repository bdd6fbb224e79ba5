//! Several groups by permutation: how often would runs handed to the groups by lot differ as much?
//!
//! Sources: Fisher, "The Design of Experiments" (1935); for scores of log-rank, Peto and Peto, "Asymptotically Efficient
//! Rank Invariant Test Procedures", JRSS A 135 (1972). Every run has a score, and the statistic is the sum over groups
//! of (sum of scores)²/size, of scores counted from their mean. Of the scores of runs it orders as the F of the analysis
//! of variance does, of ranks as the H of Kruskal and Wallis, of [`survival`](super::survival)'s excesses as the
//! log-rank statistic.
//!
//! Up to [`MOST_ARRANGEMENTS`] arrangements are all counted; beyond, [`DRAWS`] random ones from a seed, the observed one
//! among them, so that p is never 0.

use rand_core::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bootstrap::index;
use super::describe;
use super::permutation::{Tails, labellings};
use super::verdict::Basis;

/// The most arrangements that are all counted.
const MOST_ARRANGEMENTS: f64 = 100_000.0;

/// How many random arrangements are counted otherwise.
const DRAWS: u32 = 9_999;

/// p of groups of these scores, and what it rests on. The scores of a group are not empty; 1 if none differs.
pub(super) fn p(groups: &[Vec<f64>], seed: u64) -> (f64, Basis) {
    let all = groups.concat();
    let mean = describe::mean_of(&all);
    let scores: Vec<f64> = all.iter().map(|score| score - mean).collect();
    let widest = scores
        .iter()
        .fold(0.0, |most: f64, score| most.max(score.abs()));
    if widest <= describe::rounding_of(&all, &[]) {
        return (1.0, Basis::ConstantEqual);
    }
    let scores: Vec<f64> = scores.iter().map(|score| score / widest).collect();
    let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
    let observed = between(&scores, &sizes);
    let mut tails = Tails::around(observed, 1e-11 * all.len() as f64);
    if arrangements(&sizes) <= MOST_ARRANGEMENTS {
        let hands = Hands {
            left: sizes.clone(),
            sums: vec![0.0; sizes.len()],
            sizes: &sizes,
        };
        hands.every(&scores, &mut tails);
        return (tails.above(), Basis::Exact);
    }
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut shuffled = scores;
    tails.count(observed, 1);
    for _ in 0..DRAWS {
        for place in 0..shuffled.len() - 1 {
            let other = place + index(shuffled.len() - place, || generator.next_u64());
            shuffled.swap(place, other);
        }
        tails.count(between(&shuffled, &sizes), 1);
    }
    (tails.above(), Basis::MonteCarlo)
}

/// In how many ways runs can be handed to groups of these sizes.
fn arrangements(sizes: &[usize]) -> f64 {
    let mut before = 0;
    let ways = sizes.iter().map(|&size| {
        before += size;
        labellings(before - size, size)
    });
    ways.product()
}

fn between(scores: &[f64], sizes: &[usize]) -> f64 {
    let mut rest = scores;
    let shares = sizes.iter().map(|&size| {
        let (own, others) = rest.split_at(size);
        rest = others;
        own.iter().sum::<f64>().powi(2) / size as f64
    });
    shares.sum()
}

/// What has been handed out, and how many places are left.
struct Hands<'a> {
    left: Vec<usize>,
    sums: Vec<f64>,
    sizes: &'a [usize],
}

impl Hands<'_> {
    fn every(mut self, scores: &[f64], tails: &mut Tails) {
        self.deal(scores, tails);
    }

    fn deal(&mut self, scores: &[f64], tails: &mut Tails) {
        let Some((first, rest)) = scores.split_first() else {
            let shares = self.sums.iter().zip(self.sizes);
            tails.count(shares.map(|(sum, &size)| sum * sum / size as f64).sum(), 1);
            return;
        };
        for group in 0..self.left.len() {
            if self.left[group] > 0 {
                let before = self.sums[group];
                self.left[group] -= 1;
                self.sums[group] += first;
                self.deal(rest, tails);
                self.sums[group] = before;
                self.left[group] += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Case {
        groups: Vec<Vec<f64>>,
        p: f64,
    }

    #[test]
    fn p_is_that_of_scipys_f_over_every_arrangement() {
        for case in golden::cases::<Case>("permuted_anova") {
            let (p, basis) = p(&case.groups, 0);
            assert_eq!(basis, Basis::Exact);
            assert_close(p, case.p, 1e-12);
        }
    }

    #[test]
    fn random_arrangements_approach_all_of_them() {
        let group = |shift: f64| -> Vec<f64> { (0..5).map(|k| f64::from(k * k) + shift).collect() };
        let small = [group(0.0), group(2.0), group(7.0)];
        let (exact, _) = p(&small, 0);
        // One run more makes too many to count them all.
        let mut large = small.clone();
        large[0].push(3.0);
        let (drawn, basis) = p(&large, 1);
        assert_eq!(basis, Basis::MonteCarlo);
        assert!(
            (drawn - exact).abs() < 0.1 && drawn != exact,
            "{drawn} {exact}"
        );
        assert_ne!(p(&large, 1).0, p(&large, 2).0);
    }

    #[test]
    fn nothing_differs_where_every_run_scored_the_same() {
        let (p, basis) = p(&[vec![500.0; 5], vec![500.0; 3]], 0);
        assert_eq!((p, basis), (1.0, Basis::ConstantEqual));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn neither_the_order_nor_the_unit_counts(
            a in vec(-9..9_i32, 1..5), b in vec(-9..9_i32, 1..5), c in vec(-9..9_i32, 1..4), shift in -99..99_i32,
        ) {
            let moved = |group: &[i32]| group.iter().map(|&score| f64::from(3 * (score + shift))).collect::<Vec<_>>();
            let plain = |group: &[i32]| group.iter().map(|&score| f64::from(score)).collect::<Vec<_>>();
            let one = p(&[plain(&a), plain(&b), plain(&c)], 0).0;
            let other = p(&[moved(&c), moved(&a), moved(&b)], 0).0;
            prop_assert!((one - other).abs() < 1e-12 && one > 0.0 && one <= 1.0);
        }
    }
}
