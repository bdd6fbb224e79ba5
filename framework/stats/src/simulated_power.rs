//! The power of tests that have no formula for it, by simulation.
//!
//! Both groups are drawn from normal distributions of variance 1 whose means differ, from a fixed seed, and what is
//! counted is how often the test's p value is below alpha. Up to [`MOST_EXPERIMENTS`] experiments are made, fewer with
//! many runs (but at least [`FEWEST_EXPERIMENTS`]) or for the tests that permute scores
//! ([`PERMUTED_EXPERIMENTS`]); the answer says its standard error.
//!
//! No test is made anew in every experiment. Without ties the distribution of a rank statistic is the same for all data,
//! so its critical values are found once. Three things are approximate:
//!
//! - a test that permutes scores of more than a few runs is trusted to agree with the t test where the p value of that is
//!   off alpha by a factor of four, and where there are too many arrangements to try all, tries random ones until it is
//!   clear on which side of alpha the experiment lies, and [`MOST_DRAWS`] at most;
//! - beyond [`ASYMPTOTIC_PERMUTATION`] runs a side such a test is taken to decide as the t test that it approaches, and
//!   beyond [`ASYMPTOTIC`] runs Brunner and Munzel's as its approximation, and Mann and Whitney's as its normal
//!   approximation;
//! - beyond [`LARGEST`] runs a side as many are simulated, with a difference that is larger by as much as the standard
//!   error is: by Pitman's theory of local alternatives the power depends on their ratio.

use rand_core::{RngCore, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bootstrap::index;
use super::brunner_munzel::{self, Placements};
use super::interval::Level;
use super::kolmogorov_smirnov;
use super::mann_whitney;
use super::means;
use super::permutation::{self, labellings};
use super::power::{self, Power};
use super::signed_rank;
use super::test::{Sizes, Test};
use super::test_error::TestError;
use super::welch::MeanTest;

/// The most experiments of a simulation: at a power of 0.8 they leave a standard error of 0.004.
pub const MOST_EXPERIMENTS: usize = 10_000;

/// The fewest experiments of a simulation, with a standard error of 0.006.
pub const FEWEST_EXPERIMENTS: usize = 5_000;

/// The experiments with a test that permutes scores, with a standard error of 0.009.
pub const PERMUTED_EXPERIMENTS: usize = 2_000;

/// The most runs a side that are simulated.
pub const LARGEST: usize = 200;

/// Beyond this many runs a side a test that counts arrangements of ranks decides as its approximation does.
pub const ASYMPTOTIC: usize = 40;

/// Beyond this many runs a side a test that permutes scores decides as the t test does.
pub const ASYMPTOTIC_PERMUTATION: usize = 20;

/// The most random arrangements that an experiment is compared with.
pub const MOST_DRAWS: u32 = 9_999;

/// The most scores that all experiments of a simulation draw, before their number is reduced.
const MOST_SCORES: usize = 2_000_000;

const SEED: u64 = 1_935;

/// Whether the test finds a difference between two groups. The generator is for arrangements.
type Finds = dyn Fn(&[f64], &[f64], &mut Xoshiro256PlusPlus) -> bool;

/// The power of a test that is neither a t test nor one of equivalence; see [`power::of_test`].
pub(super) fn of_test(test: Test, d: f64, sizes: Sizes, alpha: f64) -> Option<Power> {
    let (n1, n2) = match sizes {
        Sizes::Groups(n1, n2) if !test.is_paired() => (n1, n2),
        Sizes::Pairs(pairs) if test.is_paired() => (pairs, pairs),
        _ => return None,
    };
    let is_brunner_munzel = matches!(test, Test::BrunnerMunzel | Test::BrunnerMunzelAsymptotic);
    if n1.min(n2) < if is_brunner_munzel { 2 } else { 1 } {
        return None;
    }
    if n1.min(n2) > ASYMPTOTIC_PERMUTATION {
        let t_test = match test {
            Test::Permutation => Some(Test::Student),
            Test::PairedPermutation => Some(Test::PairedT),
            _ => None,
        };
        if let Some(t_test) = t_test {
            return power::of_test(t_test, d, sizes, alpha);
        }
    }
    let (n1, n2, d) = scaled_down(n1, n2, d);
    let finds = decision(test, n1, n2, alpha);
    let experiments = match test {
        Test::Permutation | Test::PairedPermutation => PERMUTED_EXPERIMENTS,
        _ => (MOST_SCORES / (n1 + n2)).clamp(FEWEST_EXPERIMENTS, MOST_EXPERIMENTS),
    };
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let (mut a, mut b) = (vec![0.0; n1], vec![0.0; n2]);
    let mut found = 0;
    for _ in 0..experiments {
        for score in &mut a {
            let normal: f64 = StandardNormal.sample(&mut generator);
            *score = normal + d;
        }
        b.fill_with(|| StandardNormal.sample(&mut generator));
        found += usize::from(finds(&a, &b, &mut generator));
    }
    let value = found as f64 / experiments as f64;
    Some(Power {
        value,
        standard_error: Some((value * (1.0 - value) / experiments as f64).sqrt()),
    })
}

/// At most [`LARGEST`] runs a side, and the difference that is as many standard errors large as `d` was.
fn scaled_down(n1: usize, n2: usize, d: f64) -> (usize, usize, f64) {
    let most = n1.max(n2);
    if most <= LARGEST {
        return (n1, n2, d);
    }
    let fewer = |n: usize| ((n * LARGEST) as f64 / most as f64).round().max(2.0) as usize;
    let (few1, few2) = (fewer(n1), fewer(n2));
    let information = |n1: usize, n2: usize| n1 as f64 * n2 as f64 / (n1 + n2) as f64;
    let ratio = information(n1, n2) / information(few1, few2);
    (few1, few2, d * ratio.sqrt())
}

/// The rule by which a test of these sizes finds a difference at `alpha`, in scores without ties.
fn decision(test: Test, n1: usize, n2: usize, alpha: f64) -> Box<Finds> {
    let pairs = (n1 * n2) as f64;
    match test {
        Test::MannWhitney | Test::MannWhitneyAsymptotic => {
            let critical = if test == Test::MannWhitney && n1.max(n2) <= ASYMPTOTIC {
                let ranks: Vec<usize> = (1..=n1 + n2).collect();
                let counts = mann_whitney::sums_of_subsets(&ranks, n1);
                let least = n1 * (n1 + 1) / 2;
                let all: f64 = counts.iter().sum();
                largest_in_tail(counts[least..].iter().map(|count| count / all), alpha)
            } else {
                let p = |u: usize| mann_whitney::normal_p(u as f64, n1 as f64, n2 as f64, 0.0);
                let finds = (0..=n1 * n2 / 2).take_while(|&u| p(u) < alpha).count();
                finds.checked_sub(1)
            };
            Box::new(move |a, b, _| {
                let u = merged(a, b, 0_usize, |u, is_first, [_, second]| {
                    u + if is_first { second } else { 0 }
                }) as f64;
                critical.is_some_and(|critical| u.min(pairs - u) <= critical as f64)
            })
        }
        Test::Wilcoxon => {
            let ranks: Vec<u64> = (1..=n1 as u64).collect();
            let chances = signed_rank::sums_of_positive_ranks(&ranks);
            let critical = largest_in_tail(chances.iter().copied(), alpha);
            let all = chances.len() - 1;
            Box::new(move |a, b, _| {
                let mut differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
                differences.sort_unstable_by(|one, other| one.abs().total_cmp(&other.abs()));
                let signed = differences.iter().enumerate();
                let positive = signed.filter(|(_, difference)| **difference > 0.0);
                let sum: usize = positive.map(|(place, _)| place + 1).sum();
                critical.is_some_and(|critical| sum.min(all - sum) <= critical)
            })
        }
        Test::KolmogorovSmirnov => {
            let (n1, n2) = (n1 as u64, n2 as u64);
            let untied = vec![1; (n1 + n2) as usize];
            let p = |distance| kolmogorov_smirnov::chance_of_distance((n1, n2), &untied, distance);
            // The least distance that is found; beyond the largest possible one, none is.
            let (mut low, mut high) = (0, n1 * n2 + 1);
            while high - low > 1 {
                let middle = low.midpoint(high);
                if p(middle) < alpha {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            Box::new(move |a, b, _| {
                let furthest = merged(a, b, 0, |most: u64, is_first, [first, second]| {
                    let first = first as u64 + u64::from(is_first);
                    let second = second as u64 + u64::from(!is_first);
                    most.max((first * n2).abs_diff(second * n1))
                });
                furthest >= high
            })
        }
        Test::BrunnerMunzel if n1.max(n2) <= ASYMPTOTIC => {
            let statistics = null_of_brunner_munzel(n1, n2);
            Box::new(move |a, b, _| {
                let observed = placements(a, b).statistic((n1, n2));
                let rounding = 1e-12 * observed.abs().min(f64::MAX);
                let below = statistics.partition_point(|&other| other <= observed + rounding);
                let above = statistics.len()
                    - statistics.partition_point(|&other| other < observed - rounding);
                2.0 * below.min(above) as f64 / (statistics.len() as f64) < alpha
            })
        }
        Test::BrunnerMunzel | Test::BrunnerMunzelAsymptotic => {
            Box::new(move |a, b, _| placements(a, b).by_student((n1, n2)).p < alpha)
        }
        Test::PairedPermutation => {
            let arrangements = 2.0_f64.powi(n1 as i32);
            Box::new(move |a, b, generator| {
                let t_test = || means::paired(a, b, Level::P95);
                if let Some(found) = screened(arrangements, alpha, t_test) {
                    return found;
                }
                if arrangements <= MOST_TRIED {
                    let exact = permutation::paired(a, b, 0);
                    return exact.is_ok_and(|result| result.p < alpha);
                }
                let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
                is_extreme(alpha, differences.iter().sum(), || {
                    let mut bits = generator.next_u64();
                    let signed = differences.iter().map(|difference| {
                        bits = bits.rotate_left(1);
                        if bits & 1 == 1 {
                            *difference
                        } else {
                            -difference
                        }
                    });
                    signed.sum()
                })
            })
        }
        _ => {
            let arrangements = labellings(n1, n2);
            Box::new(move |a, b, generator| {
                let t_test = || means::student(a, b, Level::P95);
                if let Some(found) = screened(arrangements, alpha, t_test) {
                    return found;
                }
                if arrangements <= MOST_TRIED {
                    let exact = permutation::independent(a, b, 0);
                    return exact.is_ok_and(|result| result.p < alpha);
                }
                let mut scores = [a, b].concat();
                is_extreme(alpha, a.iter().sum(), || {
                    for place in 0..a.len() {
                        let other = place + index(scores.len() - place, || generator.next_u64());
                        scores.swap(place, other);
                    }
                    scores[..a.len()].iter().sum()
                })
            })
        }
    }
}

/// The most arrangements that are all tried in one experiment.
const MOST_TRIED: f64 = 20_000.0;

/// What the t test says of an experiment, if that is clear, and if there are enough arrangements for the permutation
/// test to agree with it.
fn screened(
    arrangements: f64,
    alpha: f64,
    t_test: impl Fn() -> Result<MeanTest, TestError>,
) -> Option<bool> {
    if alpha * arrangements < 20.0 {
        return None;
    }
    let p = t_test().ok()?.p;
    (p < alpha / 4.0 || p > alpha * 4.0).then_some(p < alpha)
}

/// The largest value whose lower tail, doubled, is below `alpha`; `chances` are those of 0, 1, 2, ….
fn largest_in_tail(chances: impl Iterator<Item = f64>, alpha: f64) -> Option<usize> {
    let mut tail = 0.0;
    let within = chances.take_while(|chance| {
        tail += chance;
        2.0 * tail < alpha
    });
    within.count().checked_sub(1)
}

/// Goes through both groups in ascending order of their scores: `step` is told whether the next one is of the first
/// group, and how many runs of each group are below it.
fn merged<T>(a: &[f64], b: &[f64], start: T, step: impl Fn(T, bool, [usize; 2]) -> T) -> T {
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    let (a, b) = (sorted(a), sorted(b));
    let mut so_far = start;
    let mut below = [0, 0];
    while below != [a.len(), b.len()] {
        let is_first = match (a.get(below[0]), b.get(below[1])) {
            (Some(first), Some(second)) => first <= second,
            (first, _) => first.is_some(),
        };
        so_far = step(so_far, is_first, below);
        below[usize::from(!is_first)] += 1;
    }
    so_far
}

fn placements(a: &[f64], b: &[f64]) -> Placements {
    merged(a, b, Placements::default(), |so_far, is_first, _| {
        so_far.with(usize::from(is_first), usize::from(!is_first))
    })
}

/// The statistics of all labellings of runs without ties in ascending order, or of random ones if there are many.
fn null_of_brunner_munzel(n1: usize, n2: usize) -> Vec<f64> {
    let untied = vec![1; n1 + n2];
    let mut statistics = Vec::new();
    if labellings(n1, n2) <= 20_000.0 {
        brunner_munzel::every_statistic(
            &untied,
            Placements::default(),
            (n1, n2),
            1,
            &mut |statistic, _| statistics.push(statistic),
        );
    } else {
        let draws = permutation::DRAWS;
        brunner_munzel::random_statistics(&untied, (n1, n2), SEED, draws, |statistic| {
            statistics.push(statistic);
        });
    }
    statistics.sort_unstable_by(f64::total_cmp);
    statistics
}

/// Whether the observed statistic lies so far out among those of random arrangements that twice the smaller tail is
/// below `alpha`. Stops as soon as that is clear by three standard errors.
fn is_extreme(alpha: f64, observed: f64, mut draw: impl FnMut() -> f64) -> bool {
    let (mut below, mut above) = (0, 0);
    for drawn in 1..=MOST_DRAWS {
        let statistic = draw();
        below += u32::from(statistic <= observed);
        above += u32::from(statistic >= observed);
        if drawn % 50 == 0 {
            let found = f64::from(below.min(above));
            let allowed = 0.5 * alpha * f64::from(drawn);
            let error = 3.0 * found.max(allowed).sqrt();
            if (found - allowed).abs() > error {
                return found < allowed;
            }
        }
    }
    2.0 * f64::from(below.min(above)) / f64::from(MOST_DRAWS) < alpha
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulated(test: Test, d: f64, sizes: Sizes, alpha: f64) -> f64 {
        of_test(test, d, sizes, alpha).unwrap().value
    }

    #[test]
    fn without_a_difference_no_test_finds_one_more_often_than_alpha() {
        for test in Test::ALL {
            if test == Test::Tost || test == Test::BrunnerMunzelAsymptotic {
                continue;
            }
            for n in [5, 12, 60] {
                let sizes = Sizes::planned(test, n, n);
                let Some(Power {
                    value,
                    standard_error: Some(_),
                }) = power::of_test(test, 0.0, sizes, 0.05)
                else {
                    continue;
                };
                // Three standard errors of 2000 experiments.
                assert!(value < 0.05 + 0.015, "{test} {n}: {value}");
            }
        }
    }

    #[test]
    fn a_permutation_test_of_many_runs_has_the_power_of_the_t_test() {
        for (n, d) in [(12, 1.2), (20, 0.9)] {
            let sizes = Sizes::Groups(n, n);
            let student = power::of_test(Test::Student, d, sizes, 0.05).unwrap().value;
            let permuted = simulated(Test::Permutation, d, sizes, 0.05);
            assert!((permuted - student).abs() < 0.03, "{permuted} {student}");
            let pairs = Sizes::Pairs(n);
            let student = power::of_test(Test::PairedT, d, pairs, 0.05).unwrap().value;
            let permuted = simulated(Test::PairedPermutation, d, pairs, 0.05);
            assert!((permuted - student).abs() < 0.03, "{permuted} {student}");
        }
    }

    #[test]
    fn the_rules_for_few_and_for_many_runs_meet() {
        let d = 0.65;
        for test in [Test::MannWhitney, Test::BrunnerMunzel] {
            let power = |n: usize| simulated(test, d, Sizes::Groups(n, n), 0.05);
            let step = power(ASYMPTOTIC + 1) - power(ASYMPTOTIC);
            assert!(step.abs() < 0.03, "{test}: {step}");
        }
        for test in [Test::MannWhitney, Test::KolmogorovSmirnov, Test::Wilcoxon] {
            let power = |n: usize| simulated(test, 0.3, Sizes::planned(test, n, n), 0.05);
            let step = power(LARGEST + 2) - power(LARGEST);
            assert!(step.abs() < 0.03, "{test}: {step}");
        }
    }

    #[test]
    fn the_standard_error_is_that_of_the_experiments() {
        let sizes = Sizes::Groups(10, 10);
        let power = of_test(Test::MannWhitney, 1.3, sizes, 0.05).unwrap();
        let expected = (power.value * (1.0 - power.value) / MOST_EXPERIMENTS as f64).sqrt();
        assert_eq!(power.standard_error, Some(expected));
        assert_eq!(of_test(Test::MannWhitney, 1.3, sizes, 0.05), Some(power));
    }
}
