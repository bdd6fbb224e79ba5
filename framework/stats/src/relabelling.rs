//! Permutation of several groups: how often would runs handed to the groups by lot differ as much as they do?
//!
//! Sources: Fisher, "The Design of Experiments" (1935); for scores of log-rank, Peto and Peto, "Asymptotically Efficient
//! Rank Invariant Test Procedures", JRSS A 135 (1972). Every run has a score, and the statistic is the sum over groups
//! of (sum of scores)²/size. For the scores of runs it orders arrangements as the F of the analysis of variance does,
//! for ranks as the H of Kruskal and Wallis, for the excesses of [`survival`](super::survival) as the log-rank
//! statistic. There is one tail: the more the groups differ, in whatever direction, the larger the statistic.
//!
//! Up to [`MOST_ARRANGEMENTS`] arrangements are all counted; beyond, [`DRAWS`] random ones from a seed, and the observed
//! one with them, so that p is never 0.
//!
//! An arrangement is compared with the observed one by the scores that change group, so that one huge score does not
//! drown the others.

use rand_core::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bootstrap::index;
use super::describe;
use super::permutation::{Tails, labellings};
use super::test_result::Basis;
use super::ties;

/// The most arrangements that are all counted.
const MOST_ARRANGEMENTS: f64 = 100_000.0;

/// The number of random arrangements that are counted where there are more.
const DRAWS: u32 = 9_999;

/// The p value of groups with these scores, and what it rests on; 1 if no score differs. No group may be empty.
///
/// `least_magnitude` is that of the numbers which the scores were computed from, where they are differences of larger
/// numbers; 0 for scores of runs.
pub(super) fn p(groups: &[&[f64]], least_magnitude: f64, seed: u64) -> (f64, Basis) {
    let observed = Arrangement::of(groups, least_magnitude);
    if observed.scores.len() == 1 {
        return (1.0, Basis::ConstantEqual);
    }
    let sizes: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let mut tails = Tails::around(0.0, 0.0);
    if arrangements(&sizes) <= MOST_ARRANGEMENTS {
        let mut hands = Hands {
            left: sizes,
            counts: vec![vec![0; observed.scores.len()]; groups.len()],
        };
        hands.deal(&observed.level_of, &mut |counts| {
            tails.count(observed.change_to(counts), 1);
        });
        return (tails.above(), Basis::Exact);
    }
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut shuffled = observed.level_of.clone();
    tails.count(0.0, 1);
    let mut counts = vec![vec![0; observed.scores.len()]; groups.len()];
    for _ in 0..DRAWS {
        for place in 0..shuffled.len() - 1 {
            let other = place + index(shuffled.len() - place, || generator.next_u64());
            shuffled.swap(place, other);
        }
        counts.iter_mut().for_each(|counts| counts.fill(0));
        let group_of = sizes
            .iter()
            .enumerate()
            .flat_map(|(group, &size)| std::iter::repeat_n(group, size));
        for (group, &level) in group_of.zip(&shuffled) {
            counts[group][level] += 1;
        }
        tails.count(observed.change_to(&counts), 1);
    }
    (tails.above(), Basis::MonteCarlo)
}

/// The number of ways in which runs can be handed to groups of these sizes.
fn arrangements(sizes: &[usize]) -> f64 {
    let mut before = 0;
    let ways = sizes.iter().map(|&size| {
        before += size;
        labellings(before - size, size)
    });
    ways.product()
}

/// For each group and each distinct score, the number of runs. The scores that lie furthest from the median come first.
type Counts = Vec<Vec<i64>>;

/// The groups as they are.
struct Arrangement {
    /// For each run the index of its score among the distinct ones.
    level_of: Vec<usize>,
    /// The distinct scores, counted from their median, and the magnitude that limits their precision; both in a unit in
    /// which squares stay finite.
    scores: Vec<(f64, f64)>,
    /// The counts, with groups of equal size [sorted](sorted).
    counts: Counts,
    groups: Vec<Group>,
}

/// A group as it is.
struct Group {
    size: f64,
    /// The mean less that of the first group.
    lead: f64,
    /// The magnitude that limits the precision of `lead`.
    magnitude: f64,
}

impl Arrangement {
    fn of(groups: &[&[f64]], least_magnitude: f64) -> Self {
        let all = groups.concat();
        let magnitudes: Vec<f64> = all
            .iter()
            .map(|score| score.abs().max(least_magnitude))
            .collect();
        let level_of = ties::levels(&all, &magnitudes);
        let count = level_of.iter().max().map_or(0, |highest| highest + 1);
        let mut scores = vec![(f64::INFINITY, 0.0); count];
        for (&level, (&score, &magnitude)) in level_of.iter().zip(all.iter().zip(&magnitudes)) {
            let (least, largest) = scores[level];
            scores[level] = (score.min(least), magnitude.max(largest));
        }
        // The origin changes no order of arrangements, only how many digits are left.
        let origin = describe::median(&all).unwrap_or_default();
        let furthest = scores.iter().fold(0.0, |most: f64, (score, _)| {
            most.max((score - origin).abs())
        });
        let unit = if furthest > 0.0 { furthest } else { 1.0 };
        for (score, magnitude) in &mut scores {
            *score = (*score - origin) / unit;
            *magnitude /= unit;
        }
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&one, &other| scores[other].0.abs().total_cmp(&scores[one].0.abs()));
        let mut place_of = vec![0; order.len()];
        for (place, &level) in order.iter().enumerate() {
            place_of[level] = place;
        }
        let scores: Vec<(f64, f64)> = order.iter().map(|&level| scores[level]).collect();
        let level_of: Vec<usize> = level_of.iter().map(|&level| place_of[level]).collect();
        let mut counts = vec![vec![0; scores.len()]; groups.len()];
        let mut runs = level_of.iter();
        for (group, values) in groups.iter().enumerate() {
            for &level in runs.by_ref().take(values.len()) {
                counts[group][level] += 1;
            }
        }
        let counts = sorted(counts);
        let size_of = |counts: &[i64]| counts.iter().sum::<i64>() as f64;
        let of_group = |group: &Vec<i64>| {
            let (size, first) = (size_of(group), size_of(&counts[0]));
            let (mut lead, mut of_lead) = (0.0, 0.0);
            for (level, (score, of_score)) in scores.iter().enumerate() {
                let share = group[level] as f64 / size - counts[0][level] as f64 / first;
                lead += share * score;
                of_lead += share.abs() * of_score;
            }
            Group {
                size,
                lead,
                magnitude: of_lead,
            }
        };
        Self {
            groups: counts.iter().map(of_group).collect(),
            level_of,
            scores,
            counts,
        }
    }

    /// By how much the statistic of an arrangement exceeds the observed one; exactly 0 where that is rounding.
    ///
    /// If m of a group's sum s is exchanged, (s + m)²/n − s²/n = m (2s/n + m/n). As the exchanges of all groups add up
    /// to 0, the mean s/n may be counted from that of the first group.
    fn change_to(&self, counts: &Counts) -> f64 {
        let counts = sorted(counts.clone());
        let (mut change, mut magnitude) = (0.0, 0.0);
        for (place, group) in self.groups.iter().enumerate() {
            let (mut moved, mut of_moved) = (0.0, 0.0);
            for (level, (score, of_score)) in self.scores.iter().enumerate() {
                let difference = (counts[place][level] - self.counts[place][level]) as f64;
                moved += difference * score;
                of_moved += difference.abs() * of_score;
            }
            let factor = 2.0 * group.lead + moved / group.size;
            let of_factor = 2.0 * group.magnitude + of_moved / group.size;
            change += moved * factor;
            magnitude += of_moved * factor.abs() + moved.abs() * of_factor;
        }
        if change.abs() <= describe::rounding_of(&[magnitude], &[]) {
            0.0
        } else {
            change
        }
    }
}

/// The groups by size, and those of equal size by their counts. Which of two groups of equal size is which does not
/// change the statistic; matched in this order, groups that hold the same extreme scores exchange none.
fn sorted(mut counts: Counts) -> Counts {
    let size = |counts: &[i64]| counts.iter().sum::<i64>();
    counts.sort_by(|one, other| size(one).cmp(&size(other)).then_with(|| other.cmp(one)));
    counts
}

/// The places that are left in each group while the runs are handed out.
struct Hands {
    left: Vec<usize>,
    counts: Counts,
}

impl Hands {
    fn deal(&mut self, levels: &[usize], visit: &mut impl FnMut(&Counts)) {
        let Some((&level, rest)) = levels.split_first() else {
            visit(&self.counts);
            return;
        };
        for group in 0..self.left.len() {
            if self.left[group] > 0 {
                self.left[group] -= 1;
                self.counts[group][level] += 1;
                self.deal(rest, visit);
                self.counts[group][level] -= 1;
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

    fn of_runs(groups: &[Vec<f64>], seed: u64) -> (f64, Basis) {
        let groups: Vec<&[f64]> = groups.iter().map(Vec::as_slice).collect();
        p(&groups, 0.0, seed)
    }

    #[test]
    fn p_agrees_with_scipys_f_over_every_arrangement() {
        for case in golden::cases::<Case>("permuted_anova") {
            let (p, basis) = of_runs(&case.groups, 0);
            assert_eq!(basis, Basis::Exact);
            assert_close(p, case.p, 1e-12);
        }
    }

    #[test]
    fn random_arrangements_approximate_the_exact_p() {
        let group = |shift: f64| -> Vec<f64> { (0..5).map(|k| f64::from(k * k) + shift).collect() };
        let small = [group(0.0), group(2.0), group(7.0)];
        let (exact, _) = of_runs(&small, 0);
        // One run more makes too many to count them all.
        let mut large = small.clone();
        large[0].push(3.0);
        let (drawn, basis) = of_runs(&large, 1);
        assert_eq!(basis, Basis::MonteCarlo);
        assert!(
            (drawn - exact).abs() < 0.1 && drawn != exact,
            "{drawn} {exact}"
        );
        assert_ne!(of_runs(&large, 1).0, of_runs(&large, 2).0);
    }

    #[test]
    fn one_diverged_run_does_not_drown_the_others() {
        // Counted by hand: of the 20 ways to part six runs, those that leave the diverged run with the two lowest are
        // the most extreme, and so are their mirror images.
        let diverged = [vec![-1e18, 1.0, 2.0], vec![3.0, 4.0, 5.0]];
        assert_eq!(of_runs(&diverged, 0).0, 2.0 / 20.0);
        // With one in each group, 8 of the 20 put both into one group, and of the 12 others 4 part the rest as here.
        let in_both = [vec![-1e18, 1.0, 2.0], vec![-1e18, 4.0, 5.0]];
        assert_eq!(of_runs(&in_both, 0).0, 12.0 / 20.0);
    }

    #[test]
    fn nothing_differs_where_every_run_scored_the_same() {
        let (p, basis) = of_runs(&[vec![500.0; 5], vec![500.0; 3]], 0);
        assert_eq!((p, basis), (1.0, Basis::ConstantEqual));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn neither_the_order_of_groups_nor_the_unit_matters(
            a in vec(-9..9_i32, 1..5), b in vec(-9..9_i32, 1..5), c in vec(-9..9_i32, 1..4), shift in -99..99_i32,
        ) {
            let moved = |group: &[i32]| group.iter().map(|&score| f64::from(3 * (score + shift))).collect::<Vec<_>>();
            let plain = |group: &[i32]| group.iter().map(|&score| f64::from(score)).collect::<Vec<_>>();
            let one = of_runs(&[plain(&a), plain(&b), plain(&c)], 0).0;
            let other = of_runs(&[moved(&c), moved(&a), moved(&b)], 0).0;
            prop_assert!((one - other).abs() < 1e-12 && one > 0.0 && one <= 1.0);
        }
    }
}
