//! The bootstrap: an interval for any statistic of one sample or of several groups.
//!
//! Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13. Following rliable (Agarwal et
//! al. 2021, arXiv:2108.13264), 50 000 resamples are drawn, and each group is resampled by itself.
//!
//! # The algorithm, to the byte
//!
//! 1. The sample is sorted in ascending order, so that the order of the runs is not part of the input.
//! 2. The generator is xoshiro256++, its state filled by four outputs of SplitMix64 started at the seed (Blackman and
//!    Vigna; `Xoshiro256PlusPlus::seed_from_u64`).
//! 3. A resample consists of n consecutive draws. A draw takes the next 64-bit output x and forms the 128-bit product
//!    x·n: its upper half is the index, unless its lower half is below 2⁶⁴ mod n, in which case x is discarded and the
//!    next output is taken. That is exactly uniform (Lemire, "Fast Random Integer Generation in an Interval", ACM
//!    TOMACS 29, 2019).
//! 4. Several groups are resampled one after the other, each by itself.
//! 5. The percentile interval ends at the quantiles of type 7, at α/2 and 1 − α/2, of the statistic over all resamples;
//!    that of [`bca`](super::bca) ends at other quantiles.
//!
//! From [`MANY_RUNS`] runs on, [fewer resamples](Bootstrap::resamples_of) are drawn; for interquartile means,
//! probabilities of improvement and profiles they are also drawn in blocks of
//! `BLOCK`, each from a stream of its own, so that they do not depend on the number of
//! threads.
//!
//! # What it is worth with few runs
//!
//! A resample holds nothing that the sample does not, so with few runs the interval is too narrow: at five runs a
//! nominal 95 % covers the mean in some 86 % of experiments, at ten in about 91 % (`results/calibration`), and constant
//! runs give an interval of no width. The [expanded](super::expanded_percentile) interval makes up for that; for a
//! difference of means take Welch's interval, which goes with [`welch`](super::welch)'s test.

use rand_core::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::describe;
use super::interval::{Interval, Level};

/// How many resamples are drawn by default.
pub const RESAMPLES: u32 = 50_000;

/// From this many runs on, over all groups, fewer resamples are drawn; see [`Bootstrap::resamples_of`].
pub const MANY_RUNS: usize = 1_000;

/// From [`MANY_RUNS`] on, resamples are limited to this many draws of a run in all.
const MOST_DRAWS: usize = 10_000_000;

/// The fewest resamples of many runs, unless fewer are asked for.
const LEAST_RESAMPLES: u32 = 500;

/// How to resample.
///
/// ```
/// use spikebench_stats::bootstrap::Bootstrap;
/// use spikebench_stats::describe;
///
/// let runs = [480.0, 500.0, 455.0, 500.0, 91.0];
/// let interval = Bootstrap::seeded(1).interval(&runs, describe::iqm).unwrap();
/// assert!(interval.contains(describe::iqm(&runs).unwrap()));
/// assert_eq!(Bootstrap::seeded(1).interval(&[480.0], describe::iqm), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// The seed of the generator. Intervals of several samples with the same seed share their draws, which does no harm
    /// to any one of them.
    pub seed: u64,
    /// How many resamples are drawn, below [`MANY_RUNS`] runs.
    pub resamples: u32,
    /// The confidence level of the interval.
    pub level: Level,
}

impl Bootstrap {
    /// [`RESAMPLES`] resamples from `seed`, for an interval of 95 %.
    pub fn seeded(seed: u64) -> Self {
        Self {
            seed,
            resamples: RESAMPLES,
            level: Level::P95,
        }
    }

    /// The same resamples for an interval of another level.
    ///
    /// An end at `level` rests on the outermost `α/2 × resamples` of them. With 50 000 that is still 25 at a level of
    /// 99.9 %, which 50 simultaneous intervals of 95 % need.
    pub fn at(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// How many resamples are drawn of `runs` runs, over all groups.
    ///
    /// Below [`MANY_RUNS`] runs it is [`resamples`](Self::resamples). From there on it is at most 10 000 000 / `runs`,
    /// but not below 500 for that reason: 10 000 resamples of 1 000 runs, 1 000 of 10 000 runs.
    ///
    /// An end of a 95 % percentile interval from R resamples has a Monte Carlo standard error of 0.68/√R of the
    /// interval's width, for a nearly normal statistic: √(0.025 · 0.975 / R) divided by the normal density at its 97.5 %
    /// quantile and by twice that quantile. That is 0.3 % of the width with 50 000 resamples, 0.7 % with 10 000, 2.2 %
    /// with 1 000 and 3.0 % with 500. Of a mean of 1 000 runs the width is an eighth of the runs' standard deviation, of
    /// 10 000 a twenty-fifth, and of 100 000 an eightieth.
    pub fn resamples_of(&self, runs: usize) -> u32 {
        if runs < MANY_RUNS {
            return self.resamples;
        }
        let affordable = u32::try_from(MOST_DRAWS / runs).unwrap_or(u32::MAX);
        self.resamples.min(affordable.max(LEAST_RESAMPLES))
    }

    /// The percentile interval of `statistic` over `sample`.
    ///
    /// `None` for fewer than two values, values that are not a [sample](super), no resamples, or a statistic that is
    /// `None` or not finite on any resample: an interval over only those resamples that happen to have an answer would
    /// be an interval of something else. A resample is handed over unordered, and may repeat one value throughout.
    pub fn interval(
        &self,
        sample: &[f64],
        statistic: impl Fn(&[f64]) -> Option<f64>,
    ) -> Option<Interval> {
        self.percentile(&[sample], |groups| statistic(groups.all()))
    }

    /// The percentile interval of `statistic` over several groups, each resampled by itself.
    ///
    /// `None` as for [`interval`](Self::interval), where each group needs two values.
    pub fn percentile(
        &self,
        groups: &[&[f64]],
        statistic: impl FnMut(&mut Groups<'_>) -> Option<f64>,
    ) -> Option<Interval> {
        let mut answers = self.answers(&sorted(groups)?, statistic)?;
        Some(percentile(&mut answers, self.level))
    }

    /// The statistic of every resample.
    pub(super) fn answers(
        &self,
        groups: &[Vec<f64>],
        mut statistic: impl FnMut(&mut Groups<'_>) -> Option<f64>,
    ) -> Option<Vec<f64>> {
        let ends = ends(groups);
        let resamples = self.resamples_of(ends[groups.len()]);
        if resamples == 0 {
            return None;
        }
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let mut resample = vec![0.0; ends[groups.len()]];
        let mut answers = Vec::with_capacity(resamples as usize);
        for _ in 0..resamples {
            for (group, bounds) in groups.iter().zip(ends.windows(2)) {
                for slot in &mut resample[bounds[0]..bounds[1]] {
                    *slot = group[index(group.len(), || generator.next_u64())];
                }
            }
            let answer = statistic(&mut Groups {
                values: &mut resample,
                ends: &ends,
            });
            answers.push(answer.filter(|answer| answer.is_finite())?);
        }
        Some(answers)
    }
}

/// The percentile interval from the statistic of every resample, whose order is lost.
pub(super) fn percentile(answers: &mut [f64], level: Level) -> Interval {
    let tail = level.alpha() / 2.0;
    Interval {
        low: describe::quantile_of_unordered(answers, tail),
        high: describe::quantile_of_unordered(answers, 1.0 - tail),
    }
}

/// The groups of one resample, one after the other. A statistic may reorder them.
#[derive(Debug)]
pub struct Groups<'a> {
    pub(super) values: &'a mut [f64],
    pub(super) ends: &'a [usize],
}

impl Groups<'_> {
    /// Every value of every group.
    pub fn all(&mut self) -> &mut [f64] {
        self.values
    }

    /// The values of one group, counted from 0.
    pub fn group(&self, index: usize) -> &[f64] {
        &self.values[self.ends[index]..self.ends[index + 1]]
    }

    /// How many groups there are.
    pub fn count(&self) -> usize {
        self.ends.len() - 1
    }
}

/// Where each group begins among all values, followed by the number of values.
pub(super) fn ends(groups: &[Vec<f64>]) -> Vec<usize> {
    let mut end = 0;
    let ends = groups.iter().map(|group| {
        end += group.len();
        end
    });
    [0].into_iter().chain(ends).collect()
}

/// The statistic of the groups themselves.
pub(super) fn on(
    groups: &[Vec<f64>],
    mut statistic: impl FnMut(&mut Groups<'_>) -> Option<f64>,
) -> Option<f64> {
    let mut values = groups.concat();
    statistic(&mut Groups {
        values: &mut values,
        ends: &ends(groups),
    })
    .filter(|answer| answer.is_finite())
}

/// Each group in ascending order; `None` without groups, or if one cannot be resampled.
pub(super) fn sorted(groups: &[&[f64]]) -> Option<Vec<Vec<f64>>> {
    if groups.is_empty() || groups.iter().any(|group| group.len() < 2) {
        return None;
    }
    groups.iter().map(|group| describe::sorted(group)).collect()
}

/// A uniform index below `n`, from 64 random bits at a time; step 3 above.
pub(super) fn index(n: usize, mut bits: impl FnMut() -> u64) -> usize {
    let n = n as u64;
    loop {
        let product = u128::from(bits()) * u128::from(n);
        let (upper, lower) = ((product >> 64) as u64, product as u64);
        // 2⁶⁴ mod n is below n: the division is needed only when the lower half is, too.
        if lower >= n || lower >= n.wrapping_neg() % n {
            return upper as usize;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use rand_core::RngCore;
    use serde::Deserialize;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Draws {
        seed: u64,
        n: usize,
        indices: Vec<usize>,
    }

    #[derive(Deserialize)]
    struct Case {
        sample: Vec<f64>,
        statistic: String,
        seed: u64,
        resamples: u32,
        level: f64,
        low: f64,
        high: f64,
    }

    #[test]
    fn the_draws_are_those_of_the_same_algorithm_in_python() {
        for case in golden::cases::<Draws>("bootstrap_draws") {
            let mut generator = Xoshiro256PlusPlus::seed_from_u64(case.seed);
            for expected in case.indices {
                assert_eq!(index(case.n, || generator.next_u64()), expected);
            }
        }
    }

    #[test]
    fn the_interval_is_that_of_the_same_algorithm_in_python() {
        for case in golden::cases::<Case>("bootstrap") {
            let bootstrap = Bootstrap {
                seed: case.seed,
                resamples: case.resamples,
                level: Level::new(case.level).unwrap(),
            };
            let statistic = match case.statistic.as_str() {
                "mean" => describe::mean,
                "median" => describe::median,
                "iqm" => describe::iqm,
                other => panic!("no statistic {other}"),
            };
            let interval = bootstrap.interval(&case.sample, statistic).unwrap();
            assert_close(interval.low, case.low, 1e-14);
            assert_close(interval.high, case.high, 1e-14);
        }
    }

    #[test]
    fn a_draw_that_would_favour_some_index_is_thrown_away() {
        // 2⁶⁴ mod 3 = 1: of the outputs, only 0 has a lower half below it.
        let mut outputs = [0, u64::MAX].into_iter();
        assert_eq!(index(3, || outputs.next().unwrap()), 2);
        // A power of two divides 2⁶⁴, so nothing is thrown away.
        assert_eq!(index(4, || 0), 0);
        // The first output of the second third and of the last.
        let third = u64::MAX / 3;
        assert_eq!(index(3, || third), 0);
        assert_eq!(index(3, || third + 1), 1);
        assert_eq!(index(3, || 2 * third + 1), 2);
    }

    #[test]
    fn every_index_is_drawn_equally_often() {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(5);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[index(7, || generator.next_u64())] += 1;
        }
        // The chi-squared statistic with 6 degrees of freedom stays below 22.46 with a probability of 0.999.
        let squares: f64 = counts
            .iter()
            .map(|&count| (f64::from(count) - 1e4).powi(2) / 1e4)
            .sum();
        assert!(squares < 22.46, "{counts:?}");
    }

    #[test]
    fn the_interval_approaches_that_of_all_possible_resamples() {
        let sample = [1.0, 2.0, 4.0, 8.0];
        let mut all: Vec<f64> = (0..256_usize)
            .map(|code| {
                (0..4)
                    .map(|place| sample[code >> (2 * place) & 3])
                    .sum::<f64>()
                    / 4.0
            })
            .collect();
        all.sort_unstable_by(f64::total_cmp);
        let interval = Bootstrap::seeded(3)
            .interval(&sample, describe::mean)
            .unwrap();
        assert_eq!(interval.low, describe::quantile_of(&all, 0.025));
        assert_eq!(interval.high, describe::quantile_of(&all, 0.975));
    }

    #[test]
    fn the_interval_of_a_mean_agrees_with_r_boot() {
        // The percentile interval that `boot.ci` gives for these, as printed in scipy's tests of `bootstrap`.
        let sample = [
            10.0, 12.0, 12.5, 12.5, 13.9, 15.0, 21.0, 22.0, 23.0, 34.0, 50.0, 81.0, 89.0, 121.0,
            134.0, 213.0,
        ];
        let interval = Bootstrap {
            resamples: 200_000,
            ..Bootstrap::seeded(11)
        }
        .interval(&sample, describe::mean)
        .unwrap();
        assert_close(interval.low, 28.86, 0.01);
        assert_close(interval.high, 84.21, 0.01);
    }

    #[test]
    fn many_runs_are_resampled_less_often_and_few_as_often_as_asked() {
        let bootstrap = Bootstrap::seeded(0);
        let expected = [
            (2, 50_000),
            (999, 50_000),
            (1_000, 10_000),
            (10_000, 1_000),
            (1_000_000, 500),
        ];
        for (runs, resamples) in expected {
            assert_eq!(bootstrap.resamples_of(runs), resamples, "{runs}");
        }
        let few = Bootstrap {
            resamples: 100,
            ..bootstrap
        };
        assert_eq!(few.resamples_of(1_000_000), 100);
    }

    #[test]
    fn what_cannot_be_resampled_has_no_interval() {
        let bootstrap = Bootstrap {
            resamples: 100,
            ..Bootstrap::seeded(0)
        };
        assert_eq!(bootstrap.interval(&[], describe::mean), None);
        assert_eq!(bootstrap.interval(&[1.0], describe::mean), None);
        assert_eq!(bootstrap.interval(&[1.0, f64::NAN], describe::mean), None);
        assert_eq!(bootstrap.interval(&[1.0, 2.0], |_| None), None);
        assert_eq!(bootstrap.interval(&[1.0, 2.0], |_| Some(f64::NAN)), None);
        let none = Bootstrap {
            resamples: 0,
            ..bootstrap
        };
        assert_eq!(none.interval(&[1.0, 2.0], describe::mean), None);
    }

    #[test]
    fn a_higher_level_gives_a_wider_interval() {
        let sample = [1.0, 5.0, 2.0, 9.0, 4.0, 4.5];
        let narrow = Bootstrap::seeded(2).at(Level::of(0.5));
        let narrow = narrow.interval(&sample, describe::mean).unwrap();
        let wide = Bootstrap::seeded(2)
            .interval(&sample, describe::mean)
            .unwrap();
        assert!(wide.low < narrow.low && narrow.high < wide.high);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn the_interval_lies_within_the_values_and_holds_the_mean(
            sample in vec(-1e6..1e6_f64, 2..20),
            seed in any::<u64>(),
        ) {
            let bootstrap = Bootstrap { resamples: 2_000, ..Bootstrap::seeded(seed) };
            let interval = bootstrap.interval(&sample, describe::mean).unwrap();
            let summary = describe::Summary::of(&sample).unwrap();
            prop_assert!(summary.min <= interval.low && interval.high <= summary.max);
            prop_assert!(interval.contains(summary.mean));
        }

        #[test]
        fn the_same_seed_gives_the_same_interval_whatever_the_order(
            sample in vec(-1e6..1e6_f64, 2..20),
            seed in any::<u64>(),
        ) {
            let bootstrap = Bootstrap { resamples: 200, ..Bootstrap::seeded(seed) };
            let mut turned = sample.clone();
            turned.reverse();
            let (one, other) = (bootstrap.interval(&sample, describe::iqm), bootstrap.interval(&turned, describe::iqm));
            prop_assert_eq!(one, other);
        }

        #[test]
        fn constant_runs_give_an_interval_of_no_width(value in -1e6..1e6_f64, n in 2..20_usize) {
            let bootstrap = Bootstrap { resamples: 50, ..Bootstrap::seeded(0) };
            let interval = bootstrap.interval(&vec![value; n], describe::iqm);
            prop_assert_eq!(interval, Some(Interval { low: value, high: value }));
        }
    }
}
