//! How often each test finds a difference where there is none, by simulation.
//!
//! Both groups are drawn from the same distribution, so every finding is false: a test at level 0.05 should make one in
//! one experiment of twenty, and never more than that but for the error of the simulation. Exact tests of few runs make
//! fewer, because their p values come in steps. The shapes are those that returns of reinforcement learning have:
//! normal; bimodal, where some seeds fail to learn; and saturated, where many score the maximum.

use rand_core::{RngCore, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bootstrap::{Bootstrap, Groups};
use super::describe;
use super::friedman::Friedman;
use super::interval::{Interval, Level};
use super::several;
use super::signed_rank::Zeros;
use super::two_groups::{Question, Test};
use super::welch;

/// A distribution of scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Mean 400, standard deviation 60.
    Normal,
    /// Half of the runs around 100, half around 450.
    Bimodal,
    /// Normal around 470, but never above 500: three in ten score just that.
    Saturated,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Bimodal, Self::Saturated];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Bimodal => "bimodal",
            Self::Saturated => "saturated",
        }
    }

    fn sample(self, n: usize, generator: &mut Xoshiro256PlusPlus) -> Vec<f64> {
        let mut one = |_| {
            let normal: f64 = StandardNormal.sample(generator);
            match self {
                Self::Normal => 400.0 + 60.0 * normal,
                Self::Bimodal if generator.next_u64() & 1 == 0 => 100.0 + 40.0 * normal,
                Self::Bimodal => 450.0 + 20.0 * normal,
                Self::Saturated => (470.0 + 60.0 * normal).min(500.0),
            }
        };
        (0..n).map(&mut one).collect()
    }

    /// The mean of the distribution, which an interval should cover.
    fn mean(self) -> f64 {
        match self {
            Self::Normal => 400.0,
            Self::Bimodal => 275.0,
            // 470 + 60 E[min(Z, 1/2)], where E[min(Z, c)] = c P(Z >= c) − φ(c).
            Self::Saturated => {
                470.0 + 60.0 * (0.5 * super::tail::normal(0.5) - super::tail::normal_density(0.5))
            }
        }
    }
}

/// How often something happened that should not.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// What was tried.
    pub procedure: String,
    /// On which scores.
    pub shape: Shape,
    /// Runs in each group; tasks, for Friedman's test.
    pub n: usize,
    /// How often it was tried.
    pub experiments: u32,
    /// The share of false findings, or of intervals that missed.
    pub share: f64,
}

impl Rate {
    /// The standard error of a share of `level`.
    pub fn error(&self, level: f64) -> f64 {
        (level * (1.0 - level) / f64::from(self.experiments)).sqrt()
    }
}

/// The share of false findings of a test of two groups at `alpha`.
pub fn of_test(test: Test, shape: Shape, n: usize, alpha: f64, experiments: u32) -> Rate {
    let question = Question {
        test,
        level: Level::P95,
        zeros: Zeros::Wilcox,
        margin: None,
        seed: 1,
    };
    rate(test.name(), shape, n, experiments, |generator| {
        let (a, b) = (shape.sample(n, generator), shape.sample(n, generator));
        question
            .verdict(&a, &b)
            .is_ok_and(|verdict| verdict.p <= alpha)
    })
}

/// The shares of false findings of the tests of three groups at `alpha`, and of three methods on `n` tasks.
pub fn of_several(shape: Shape, n: usize, alpha: f64, experiments: u32) -> Vec<Rate> {
    type Tester = fn(&[&[f64]]) -> Option<f64>;
    let tests: [(&str, Tester); 5] = [
        ("Kruskal–Wallis, 3 groups", |groups| {
            several::kruskal_wallis(groups)
                .ok()
                .map(|verdict| verdict.p)
        }),
        ("ANOVA, 3 groups", |groups| {
            several::anova(groups).ok().map(|verdict| verdict.p)
        }),
        ("Welch's ANOVA, 3 groups", |groups| {
            several::welch_anova(groups).ok().map(|verdict| verdict.p)
        }),
        ("Friedman, 3 methods, n tasks", |groups| {
            ranked(groups).map(|friedman| friedman.chi_squared.p)
        }),
        ("Iman–Davenport, 3 methods, n tasks", |groups| {
            ranked(groups).map(|friedman| friedman.iman_davenport.p)
        }),
    ];
    let one = |(name, test): (&str, Tester)| {
        rate(name, shape, n, experiments, |generator| {
            let groups: Vec<Vec<f64>> = (0..3).map(|_| shape.sample(n, generator)).collect();
            let groups: Vec<&[f64]> = groups.iter().map(Vec::as_slice).collect();
            test(&groups).is_some_and(|p| p <= alpha)
        })
    };
    tests.into_iter().map(one).collect()
}

fn ranked(groups: &[&[f64]]) -> Option<Friedman> {
    let blocks: Vec<Vec<f64>> = (0..groups[0].len())
        .map(|task| groups.iter().map(|group| group[task]).collect())
        .collect();
    Friedman::of(&blocks).ok()
}

/// How often 95 % intervals miss: of the difference of means by Welch, BCa and percentile bootstrap, and of one mean by
/// the percentile bootstrap.
pub fn of_intervals(shape: Shape, n: usize, experiments: u32) -> Vec<Rate> {
    let bootstrap = Bootstrap {
        resamples: 2_000,
        ..Bootstrap::seeded(1)
    };
    let difference = |groups: &mut Groups<'_>| {
        Some(describe::mean_of(groups.group(0)) - describe::mean_of(groups.group(1)))
    };
    type Maker<'m> = &'m dyn Fn(&[f64], &[f64]) -> Option<Interval>;
    let welch: Maker<'_> = &|a, b| welch::test(a, b, Level::P95).ok()?.interval;
    let bca: Maker<'_> = &|a, b| bootstrap.bca(&[a, b], difference);
    let percentile: Maker<'_> = &|a, b| bootstrap.percentile(&[a, b], difference);
    let single: Maker<'_> = &|a, _| bootstrap.interval(a, describe::mean);
    let makers = [
        ("Welch's interval", welch, 0.0),
        ("BCa interval of the difference", bca, 0.0),
        ("percentile interval of the difference", percentile, 0.0),
        ("percentile interval of one mean", single, shape.mean()),
    ];
    let one = |(name, maker, truth): (&str, Maker<'_>, f64)| {
        rate(name, shape, n, experiments, |generator| {
            let (a, b) = (shape.sample(n, generator), shape.sample(n, generator));
            maker(&a, &b).is_some_and(|interval| !interval.contains(truth))
        })
    };
    makers.into_iter().map(one).collect()
}

fn rate(
    procedure: &str,
    shape: Shape,
    n: usize,
    experiments: u32,
    mut happens: impl FnMut(&mut Xoshiro256PlusPlus) -> bool,
) -> Rate {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(2_024);
    let count = (0..experiments).filter(|_| happens(&mut generator)).count();
    Rate {
        procedure: procedure.to_owned(),
        shape,
        n,
        experiments,
        share: count as f64 / f64::from(experiments),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_tests_find_no_more_than_they_may() {
        for shape in Shape::ALL {
            for test in [Test::Welch, Test::MannWhitney, Test::Wilcoxon] {
                let rate = of_test(test, shape, 10, 0.05, 1_000);
                assert!(rate.share <= 0.05 + 3.0 * rate.error(0.05), "{rate:?}");
            }
            for rate in of_several(shape, 10, 0.05, 1_000) {
                assert!(rate.share <= 0.05 + 3.5 * rate.error(0.05), "{rate:?}");
            }
        }
    }

    #[test]
    fn a_test_that_assumes_what_is_so_finds_just_as_much_as_it_may() {
        for test in [Test::Welch, Test::Student, Test::PairedT] {
            let rate = of_test(test, Shape::Normal, 20, 0.05, 2_000);
            assert!(
                (rate.share - 0.05).abs() < 3.0 * rate.error(0.05),
                "{rate:?}"
            );
        }
    }

    #[test]
    fn the_shapes_have_the_means_that_they_say() {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(1);
        for shape in Shape::ALL {
            let sample = shape.sample(100_000, &mut generator);
            let error = describe::std_of(&sample) / 100_000_f64.sqrt();
            assert!(
                (describe::mean_of(&sample) - shape.mean()).abs() < 4.0 * error,
                "{shape:?}"
            );
        }
    }

    #[test]
    fn the_percentile_bootstrap_of_few_runs_is_too_narrow() {
        let rates = of_intervals(Shape::Normal, 5, 400);
        let single = rates
            .iter()
            .find(|rate| rate.procedure.contains("one mean"))
            .unwrap();
        assert!(single.share > 0.08, "{single:?}");
        assert!(
            (rates[0].share - 0.05).abs() < 3.0 * rates[0].error(0.05),
            "{:?}",
            rates[0]
        );
    }
}
