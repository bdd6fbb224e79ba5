//! How often a test finds a difference where there is none, and an interval misses the truth, by simulation.
//!
//! All groups are drawn from the same distribution, so every finding is false: a test at level 0.05 should make one in
//! one experiment of twenty, and never more than that but for the error of the simulation. Exact tests of few runs make
//! fewer, because their p values come in steps. [`findings`] lists the tests, [`misses`] the intervals.

pub mod findings;
pub mod misses;
pub mod shape;

use rand_core::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

pub use shape::Shape;

/// The level of every test; every interval is one of 95 %.
pub const ALPHA: f64 = 0.05;

/// Where every simulation starts.
const SEED: u64 = 2_024;

/// When a procedure is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Unless something else is asked for.
    Default,
    /// If it is asked for.
    Option,
}

/// Runs in each group of a shape, drawn anew: is there an error?
type Experiment = dyn Fn(Shape, usize, &mut Xoshiro256PlusPlus) -> bool;

/// What is tried: may it do what it should not, on groups of so many runs of a shape?
pub struct Procedure {
    /// What it is called in the table.
    pub name: String,
    /// When it is used.
    pub standing: Standing,
    /// Whether it takes milliseconds a time, and not microseconds.
    pub slow: bool,
    /// On which scores its promise holds.
    pub shapes: &'static [Shape],
    happens: Box<Experiment>,
}

impl Procedure {
    fn new(
        name: impl Into<String>,
        standing: Standing,
        happens: impl Fn(Shape, usize, &mut Xoshiro256PlusPlus) -> bool + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            standing,
            slow: false,
            shapes: &Shape::ALL,
            happens: Box::new(happens),
        }
    }

    fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    /// How often it happens in so many experiments.
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

/// How often something happened that should not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// How often it was tried.
    pub experiments: u32,
    /// The share of false findings, or of intervals that missed.
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
        for procedure in findings::all() {
            if procedure.standing == Standing::Option {
                continue;
            }
            let experiments = if procedure.slow { 200 } else { 1_000 };
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
        let defaults = misses::all()
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
    fn a_test_that_assumes_what_is_so_finds_just_as_much_as_it_may() {
        for procedure in findings::all() {
            if ["welch", "student", "paired-t"].contains(&procedure.name.as_str()) {
                let rate = procedure.rate(Shape::Normal, 20, 2_000);
                let off = (rate.share - ALPHA).abs();
                assert!(off < 3.0 * rate.error(), "{}: {rate:?}", procedure.name);
            }
        }
    }

    #[test]
    fn the_percentile_bootstrap_of_few_runs_is_too_narrow_and_the_simulation_sees_it() {
        let all = misses::all();
        for name in [
            "percentile interval of the difference",
            "percentile interval of a mean",
        ] {
            let procedure = all.iter().find(|found| found.name == name).unwrap();
            let rate = procedure.rate(Shape::Normal, 5, 400);
            assert!(rate.is_too_high(), "{name}: {rate:?}");
        }
    }
}
