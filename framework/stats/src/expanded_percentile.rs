//! The expanded percentile interval: a bootstrap interval for few runs, by a factor of Hesterberg's.
//!
//! Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician 69 (2015), section 4, names
//! two reasons why the percentile interval of n runs is too narrow: a resample varies by (n − 1)/n of what it should,
//! and normal quantiles stand where Student's are due. Together they make it too narrow by the factor
//! t(α/2, ν)/z(α/2) · √(n/(n − 1)).
//!
//! **This is not the interval that he calls expanded percentile.** His applies the factor to the probability: it takes
//! the percentile interval at α′, where α′/2 = Φ(−√(n/(n − 1)) t(α/2, n − 1)). It cannot leave the range of the
//! resamples, and that is too little here: at five runs α′/2 is 0.00095, all but the smallest and the largest resample,
//! so that it misses whenever all five runs lie on one side of the truth, which is 1 experiment in 16 however far it is
//! expanded. Ours applies the factor to the distances: both arms of the percentile interval, from the statistic of the
//! sample to either end, are lengthened by it. Of a mean that is nearly Student's interval; of an interquartile mean it
//! keeps the skewness of the resamples. A test below holds that his covers less where ours covers what it says.
//!
//! n is the size of the smallest group, and ν the sum over groups of their size less one. `results/calibration` shows
//! the coverage. No interval can know of a kind of run that the sample does not contain: where half of the seeds fail to
//! learn, five runs are all of one kind once in sixteen experiments; where three in ten fail, five runs contain no
//! failure once in six.

use super::bootstrap::{Bootstrap, Groups, on, percentile, sorted};
use super::interval::{Interval, Level};
use super::{distributions, student};

impl Bootstrap {
    /// The percentile interval of `statistic` over several groups, each resampled by itself, with both arms lengthened
    /// for few runs. It contains the percentile interval and the statistic of the sample.
    ///
    /// `None` as for [`percentile`](Self::percentile).
    pub fn expanded(
        &self,
        groups: &[&[f64]],
        mut statistic: impl FnMut(&mut Groups<'_>) -> Option<f64>,
    ) -> Option<Interval> {
        let groups = sorted(groups)?;
        let observed = on(&groups, &mut statistic)?;
        let mut answers = self.answers(&groups, statistic)?;
        let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
        expanded(&mut answers, observed, &sizes, self.level)
    }
}

/// The expanded percentile interval from the statistic of every resample, whose order is lost, and the sizes of the
/// groups. `None` if one has fewer than two runs.
pub(super) fn expanded(
    answers: &mut [f64],
    observed: f64,
    sizes: &[usize],
    level: Level,
) -> Option<Interval> {
    let factor = factor(sizes, level)?;
    let Interval { low, high } = percentile(answers, level);
    Some(Interval {
        low: low.min(observed - factor * (observed - low)).min(observed),
        high: high
            .max(observed + factor * (high - observed))
            .max(observed),
    })
}

/// By how much the arms are longer than those of the percentile interval, for groups of these sizes.
fn factor(sizes: &[usize], level: Level) -> Option<f64> {
    let least = sizes.iter().copied().min().filter(|&least| least > 1)? as f64;
    let df: usize = sizes.iter().map(|size| size - 1).sum();
    let alpha = level.alpha();
    let normal = distributions::normal_quantile(1.0 - alpha / 2.0);
    let student = student::critical(alpha, df as f64)?;
    Some(student / normal * (least / (least - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use rand_core::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::golden::assert_close;
    use crate::interval::Level;
    use crate::{describe, means};

    fn mean(groups: &mut Groups<'_>) -> Option<f64> {
        describe::mean(groups.all())
    }

    #[test]
    fn the_factor_is_hesterbergs() {
        // qt(.975, 4) / qnorm(.975) * sqrt(5 / 4), and for two groups of five.
        let factor = |sizes: &[usize]| factor(sizes, Level::P95).unwrap();
        assert_close(factor(&[5]), 1.583_784_202_156_075, 1e-12);
        assert_close(factor(&[5, 5]), 1.315_427_743_413_913, 1e-12);
        assert!(factor(&[1_000]) < 1.003);
    }

    #[test]
    fn of_a_mean_it_is_nearly_students_interval() {
        let runs: Vec<f64> = (0..12).map(|k| f64::from(k * k % 17)).collect();
        let expanded = Bootstrap::seeded(3).expanded(&[&runs], mean).unwrap();
        let student = means::paired(&runs, &[0.0; 12], Level::P95)
            .unwrap()
            .interval
            .unwrap();
        let width = student.high - student.low;
        assert!((expanded.low - student.low).abs() < 0.05 * width);
        assert!((expanded.high - student.high).abs() < 0.05 * width);
    }

    #[test]
    fn hesterbergs_own_interval_of_five_runs_misses_more_often_than_ours_and_than_it_says() {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(1);
        // pnorm(-sqrt(5 / 4) * qt(.975, 4)), twice.
        let his_level = Level::of(1.0 - 0.001_910_5);
        let (mut ours, mut his) = (0, 0);
        for seed in 0..2_000 {
            let runs: Vec<f64> = (0..5)
                .map(|_| StandardNormal.sample(&mut generator))
                .collect();
            let bootstrap = Bootstrap {
                resamples: 2_000,
                ..Bootstrap::seeded(seed)
            };
            let missed = |interval: Option<Interval>| u32::from(!interval.unwrap().contains(0.0));
            ours += missed(bootstrap.expanded(&[&runs], mean));
            his += missed(bootstrap.at(his_level).percentile(&[&runs], mean));
        }
        let most = 100.0 + 3.0 * 95.0_f64.sqrt();
        assert!(f64::from(ours) < most, "{ours}");
        assert!(f64::from(his) > most, "{his}");
    }

    #[test]
    fn what_cannot_be_resampled_has_no_interval_and_constant_runs_one_without_width() {
        let bootstrap = Bootstrap::seeded(0);
        assert_eq!(bootstrap.expanded(&[], mean), None);
        assert_eq!(bootstrap.expanded(&[&[1.0]], mean), None);
        assert_eq!(bootstrap.expanded(&[&[1.0, f64::NAN]], mean), None);
        let (low, high) = (500.0, 500.0);
        assert_eq!(
            bootstrap.expanded(&[&[500.0; 5]], mean),
            Some(Interval { low, high })
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn it_holds_the_percentile_interval_and_the_statistic(runs in vec(-1e6..1e6_f64, 2..20), seed in any::<u64>()) {
            let bootstrap = Bootstrap { resamples: 500, ..Bootstrap::seeded(seed) };
            let iqm = |groups: &mut Groups<'_>| describe::iqm(groups.all());
            let expanded = bootstrap.expanded(&[&runs], iqm).unwrap();
            let percentile = bootstrap.percentile(&[&runs], iqm).unwrap();
            prop_assert!(expanded.low <= percentile.low && percentile.high <= expanded.high);
            prop_assert!(expanded.contains(describe::iqm(&runs).unwrap()));
        }
    }
}
