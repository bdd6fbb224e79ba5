//! How often a test finds a difference where there is none, and how often an interval misses the truth, by simulation.
//!
//! In the first place all groups are drawn from the same distribution, so every finding is false: a test at level 0.05
//! may make one in one experiment of twenty, and not more, up to the error of the simulation. Exact tests of few runs
//! make fewer, because their p values come in steps. [`false_positives`] lists the tests and [`coverage`] the intervals.
//!
//! In the second place one group differs from the others in form, but not in what the test asks about: its mean, or its
//! chance of winning against a run of another group. There the t tests and all other tests of means find too much:
//! Welch's finds a difference of equal means in 54 % of experiments with five runs, 35 % with ten and 12 % with twenty,
//! if one method is normal and one run in ten of the other fails ([`Form::Failing`]).
//!
//! **No test of means with a useful power keeps its level there.** Of samples of five runs 59 % contain no failure, of
//! ten 35 %, of twenty 12 %. Such a sample is one of a method that is 100 better, by 2.6 standard deviations. A test that
//! finds a difference in at most 5 % of all experiments therefore finds that real one in at most 5/0.59 = 8.5 % with five
//! runs, 14 % with ten and 41 % with twenty; only from 29 runs on does this set no limit. That holds for permutation tests,
//! for bootstraps and for bounds that hold for all bounded scores. What keeps its level is another question: whether a run
//! of one method more often beats one of the other than the reverse, by Brunner and Munzel's test by permutation. It says
//! nothing about means: a method whose failures cost more than its successes gain may win most of the time.
//!
//! In the third place three runs in ten fail in every group. No interval of few runs covers its truth there, for the same
//! reason: it misses wherever no run of the sample has failed.

pub mod coverage;
pub mod false_positives;
pub mod page;
pub mod shape;

use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

pub use shape::{Equal, Form, Shape};

/// The level of every test; every interval has the confidence 95 %.
pub const ALPHA: f64 = 0.05;

/// The seed of every simulation.
const SEED: u64 = 2_024;

/// When a procedure is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// By default.
    Default,
    /// On request.
    Option,
}

/// Draws this many runs of each group of a shape, and tells whether an error was made.
type Experiment = dyn Fn(Shape, usize, &mut Xoshiro256PlusPlus) -> bool + Send + Sync;

/// A test or an interval, and how it is tried.
pub struct Procedure {
    /// The name in the table.
    pub name: String,
    /// When it is used.
    pub standing: Standing,
    /// Only one experiment in this many is run, because each takes long.
    pub one_in: u32,
    /// The shapes, the same for all groups, on which its promise holds.
    pub shapes: &'static [Shape],
    /// The shapes of unequal form on which it is tried, by what it asks about; none for a test that asks about any
    /// difference of the distributions.
    pub unequal: &'static [Shape],
    /// Whether it is also tried where three runs in ten failed.
    pub failing: bool,
    happens: Box<Experiment>,
}

impl Procedure {
    fn new(
        name: impl Into<String>,
        standing: Standing,
        happens: impl Fn(Shape, usize, &mut Xoshiro256PlusPlus) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            standing,
            one_in: 1,
            shapes: &Shape::ALL,
            unequal: &[],
            failing: false,
            happens: Box::new(happens),
        }
    }

    fn one_in(self, one_in: u32) -> Self {
        Self { one_in, ..self }
    }

    fn on_equal(self, equal: Equal) -> Self {
        let unequal = match equal {
            Equal::Means => &Shape::EQUAL_MEANS,
            Equal::Chances => &Shape::EQUAL_CHANCES,
        };
        Self { unequal, ..self }
    }

    fn with_failures(self) -> Self {
        Self {
            failing: true,
            ..self
        }
    }

    /// How often an error is made in this many experiments with `n` runs a group.
    pub fn rate(&self, shape: Shape, n: usize, experiments: u32) -> Rate {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(SEED);
        let happened = (0..experiments)
            .filter(|_| (self.happens)(shape, n, &mut generator))
            .count();
        Rate {
            experiments,
            share: happened as f64 / f64::from(experiments),
        }
    }
}

/// How often an error was made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The number of experiments.
    pub experiments: u32,
    /// The share of false findings, or of intervals that missed the truth.
    pub share: f64,
}

impl Rate {
    /// The standard error of a share of [`ALPHA`].
    pub fn error(&self) -> f64 {
        (ALPHA * (1.0 - ALPHA) / f64::from(self.experiments)).sqrt()
    }

    /// Whether it is above [`ALPHA`] by more than three standard errors.
    pub fn is_too_high(&self) -> bool {
        self.share > ALPHA + 3.0 * self.error()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_test_of_five_ten_and_twenty_runs_of_every_shape_keeps_its_level() {
        for procedure in false_positives::all() {
            if procedure.standing == Standing::Option {
                continue;
            }
            let experiments = if procedure.one_in > 1 { 200 } else { 1_000 };
            for &shape in procedure.shapes {
                for n in [5, 10, 20] {
                    let rate = procedure.rate(shape, n, experiments);
                    let name = &procedure.name;
                    assert!(!rate.is_too_high(), "{name}, {shape:?} {n}: {rate:?}");
                }
            }
        }
    }

    #[test]
    fn the_default_intervals_of_five_and_ten_runs_cover_what_they_say() {
        let defaults = coverage::all()
            .into_iter()
            .filter(|procedure| procedure.standing == Standing::Default);
        for procedure in defaults {
            for &shape in procedure.shapes {
                for n in [5, 10] {
                    let rate = procedure.rate(shape, n, 500);
                    let name = &procedure.name;
                    assert!(!rate.is_too_high(), "{name}, {shape:?} {n}: {rate:?}");
                }
            }
        }
    }

    #[test]
    fn a_test_whose_assumptions_hold_finds_just_as_much_as_it_may() {
        for procedure in false_positives::all() {
            if ["welch", "student", "paired-t"].contains(&procedure.name.as_str()) {
                let rate = procedure.rate(Shape::Normal, 20, 2_000);
                let off = (rate.share - ALPHA).abs();
                assert!(off < 3.0 * rate.error(), "{}: {rate:?}", procedure.name);
            }
        }
    }

    #[test]
    fn the_percentile_bootstrap_of_few_runs_is_too_narrow_and_the_simulation_sees_it() {
        let all = coverage::all();
        for name in [
            "percentile interval of the difference",
            "percentile interval of a mean",
        ] {
            let procedure = all.iter().find(|found| found.name == name).unwrap();
            let rate = procedure.rate(Shape::Normal, 5, 400);
            assert!(rate.is_too_high(), "{name}: {rate:?}");
        }
    }

    /// The share of errors of the procedure with this name.
    #[track_caller]
    fn share(all: &[Procedure], name: &str, shape: Shape, n: usize, experiments: u32) -> f64 {
        let procedure = all.iter().find(|found| found.name == name);
        procedure.unwrap().rate(shape, n, experiments).share
    }

    #[test]
    fn welch_finds_a_difference_of_equal_means_whenever_the_method_that_sometimes_fails_does_not() {
        let all = false_positives::all();
        let welch = |form, n| share(&all, "welch", Shape::Unequal(form, Equal::Means), n, 2_000);
        for (n, expected) in [(5, 0.54), (10, 0.35), (20, 0.12)] {
            let found = welch(Form::Failing, n);
            assert!((found - expected).abs() < 0.04, "{n}: {found}");
        }
        assert!((welch(Form::Skewed, 10) - 0.14).abs() < 0.03);
        assert!(welch(Form::Wide, 10) < 0.07);
    }

    #[test]
    fn brunner_munzel_by_permutation_keeps_its_level_where_the_forms_differ_and_the_chances_do_not()
    {
        let all = false_positives::all();
        for (shape, most) in Shape::EQUAL_CHANCES.into_iter().zip([0.05, 0.05, 0.065]) {
            let found = share(&all, "brunner-munzel", shape, 5, 1_000);
            assert!(
                found < most + 3.0 * (0.05 * 0.95 / 1e3_f64).sqrt(),
                "{shape:?}: {found}"
            );
        }
    }

    #[test]
    fn no_interval_of_few_runs_covers_the_iqm_of_a_method_that_often_fails() {
        let all = coverage::all();
        let name = "expanded interval of an IQM";
        for (n, expected) in [(3, 0.36), (5, 0.18), (10, 0.04)] {
            let missed = share(&all, name, Shape::Failing, n, 500);
            assert!((missed - expected).abs() < 0.06, "{n}: {missed}");
        }
        let name = "expanded interval of the IQM over 5 tasks";
        let missed = share(&all, name, Shape::Failing, 2, 500);
        assert!((missed - 0.23).abs() < 0.06, "{missed}");
    }
}
