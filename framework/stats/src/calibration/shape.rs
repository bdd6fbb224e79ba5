//! The distributions that returns of reinforcement learning have.
//!
//! Where all groups have the same distribution it is normal; bimodal, where half of the seeds fail to learn; saturated,
//! where many seeds score the maximum; or failing, where three seeds in ten fail. Where the [`Form`]s differ, one group
//! differs from the others in form, but not in what a test asks about.

use rand_core::RngCore;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::distributions;

/// A distribution of scores, the same for all groups or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Mean 400, standard deviation 60.
    Normal,
    /// Half of the runs around 100, half around 450.
    Bimodal,
    /// Normal around 470, but never above 500: three in ten score just that.
    Saturated,
    /// Three in ten runs around 100, the others around 900, both with a standard deviation of 20.
    Failing,
    /// The first group has a form of its own. The others are normal, with a mean of 900 and a standard deviation of 50
    /// (of 30 beside [`Form::Skewed`]). All groups are equal in one respect.
    Unequal(Form, Equal),
}

/// The form of a group that differs from normal others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One run in ten scores 0; the others are normal with a standard deviation of 20.
    Failing,
    /// 60 times a lognormal variable, whose logarithm is standard normal, to the right of some score.
    Skewed,
    /// Normal, with a standard deviation of 200.
    Wide,
}

/// The respect in which groups of different form are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Equal {
    /// Their means.
    Means,
    /// Their chances of winning: a run of the first group scores more than one of another with a probability of 1/2.
    Chances,
}

impl Shape {
    /// The shapes in which all groups have the same distribution, and on which all promises must hold.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Bimodal, Self::Saturated];

    /// The shapes of equal means and different form.
    pub const EQUAL_MEANS: [Self; 3] = [
        Self::Unequal(Form::Failing, Equal::Means),
        Self::Unequal(Form::Skewed, Equal::Means),
        Self::Unequal(Form::Wide, Equal::Means),
    ];

    /// The shapes of equal chances and different form.
    pub const EQUAL_CHANCES: [Self; 3] = [
        Self::Unequal(Form::Failing, Equal::Chances),
        Self::Unequal(Form::Skewed, Equal::Chances),
        Self::Unequal(Form::Wide, Equal::Chances),
    ];

    /// The name in a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Bimodal => "bimodal",
            Self::Saturated => "saturated",
            Self::Failing => "30 % failed",
            Self::Unequal(Form::Failing, _) => "10 % failed",
            Self::Unequal(Form::Skewed, _) => "lognormal",
            Self::Unequal(Form::Wide, _) => "wide",
        }
    }

    /// `n` scores of the first group.
    pub(super) fn sample(self, n: usize, generator: &mut Xoshiro256PlusPlus) -> Vec<f64> {
        (0..n).map(|_| self.first(generator)).collect()
    }

    /// `n` scores of each group.
    pub(super) fn samples<const GROUPS: usize>(
        self,
        n: usize,
        generator: &mut Xoshiro256PlusPlus,
    ) -> [Vec<f64>; GROUPS] {
        std::array::from_fn(|group| match self {
            Self::Unequal(form, _) if group > 0 => {
                let std = if form == Form::Skewed { 30.0 } else { 50.0 };
                let mut one = |_| 900.0 + std * normal(generator);
                (0..n).map(&mut one).collect()
            }
            _ => self.sample(n, generator),
        })
    }

    fn first(self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        let normal = normal(generator);
        match self {
            Self::Normal => 400.0 + 60.0 * normal,
            Self::Bimodal if generator.next_u64() & 1 == 0 => 100.0 + 40.0 * normal,
            Self::Bimodal => 450.0 + 20.0 * normal,
            Self::Saturated => (470.0 + 60.0 * normal).min(500.0),
            Self::Failing if is_one_of_ten(generator, 3) => 100.0 + 20.0 * normal,
            Self::Failing => 900.0 + 20.0 * normal,
            Self::Unequal(Form::Failing, _) if is_one_of_ten(generator, 1) => 0.0,
            Self::Unequal(Form::Failing, equal) => {
                // P(win) = 0.9 Φ((m − 900)/√(20² + 50²)) = 1/2.
                let chances =
                    || 900.0 - 20.0_f64.hypot(50.0) * distributions::normal_quantile(4.0 / 9.0);
                let mean = match equal {
                    Equal::Means => 1_000.0,
                    Equal::Chances => chances(),
                };
                mean + 20.0 * normal
            }
            Self::Unequal(Form::Skewed, equal) => {
                let centre = match equal {
                    Equal::Means => 60.0 * 0.5_f64.exp(),
                    Equal::Chances => 60.0 * EVEN,
                };
                900.0 + 60.0 * normal.exp() - centre
            }
            Self::Unequal(Form::Wide, _) => 900.0 + 200.0 * normal,
        }
    }

    /// The mean of the distribution of the first group, which an interval should cover.
    pub(super) fn mean(self) -> f64 {
        match self {
            Self::Normal => 400.0,
            Self::Bimodal => 275.0,
            // 470 + 60 E[min(Z, 1/2)], where E[min(Z, c)] = c P(Z >= c) − φ(c).
            Self::Saturated => {
                470.0
                    + 60.0 * (0.5 * distributions::normal(0.5) - distributions::normal_density(0.5))
            }
            Self::Failing => 660.0,
            Self::Unequal(_, Equal::Means) | Self::Unequal(Form::Wide, _) => 900.0,
            Self::Unequal(Form::Failing, _) => {
                810.0 - 0.9 * 20.0_f64.hypot(50.0) * distributions::normal_quantile(4.0 / 9.0)
            }
            Self::Unequal(Form::Skewed, _) => 900.0 + 60.0 * (0.5_f64.exp() - EVEN),
        }
    }

    /// The mean of the distribution between its quartiles; `None` where no interval of it is tried.
    pub(super) fn iqm(self) -> Option<f64> {
        match self {
            Self::Normal => Some(400.0),
            // The upper half of the lower mode, and the lower half of the upper one.
            Self::Bimodal => {
                let half = 2.0 * distributions::normal_density(0.0);
                Some((100.0 + 40.0 * half + 450.0 - 20.0 * half) / 2.0)
            }
            // From the lower quartile to the cap, and the cap up to the upper quartile.
            Self::Saturated => {
                let quartile = distributions::normal_quantile(0.25);
                let below = 0.75 - distributions::normal(0.5);
                let drift =
                    distributions::normal_density(quartile) - distributions::normal_density(0.5);
                Some(2.0 * (470.0 * below + 60.0 * drift + 500.0 * (0.5 - below)))
            }
            // The upper sixth of the failed runs, and the lower nine fourteenths of the others.
            Self::Failing => {
                let failed =
                    distributions::normal_density(distributions::normal_quantile(5.0 / 6.0));
                let others =
                    distributions::normal_density(distributions::normal_quantile(9.0 / 14.0));
                let failed = 0.3 * (100.0 / 6.0 + 20.0 * failed);
                let others = 0.7 * (900.0 * 9.0 / 14.0 - 20.0 * others);
                Some(2.0 * (failed + others))
            }
            Self::Unequal(..) => None,
        }
    }
}

/// The c with P(exp(Z) − c > Y/2) = 1/2, for independent standard normal Z and Y: found by bisection, and held by a test.
const EVEN: f64 = 1.101944872554;

fn normal(generator: &mut Xoshiro256PlusPlus) -> f64 {
    StandardNormal.sample(generator)
}

fn is_one_of_ten(generator: &mut Xoshiro256PlusPlus, share: u64) -> bool {
    // 2⁶⁴ mod 10 = 6: the bias is far below anything that a simulation can see.
    generator.next_u64() % 10 < share
}

#[cfg(test)]
mod tests {
    use rand_core::SeedableRng;

    use super::*;
    use crate::describe;

    #[test]
    fn the_shapes_have_the_means_that_they_say() {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(1);
        let unequal = Shape::EQUAL_MEANS.into_iter().chain(Shape::EQUAL_CHANCES);
        for shape in Shape::ALL
            .into_iter()
            .chain([Shape::Failing])
            .chain(unequal)
        {
            let sample = shape.sample(200_000, &mut generator);
            let error = describe::std_of(&sample) / 200_000_f64.sqrt();
            let off = (describe::mean_of(&sample) - shape.mean()).abs();
            assert!(off < 4.0 * error, "{shape:?}");
            // An interquartile mean of two modes moves with their shares: it varies more than the mean.
            if let Some(iqm) = shape.iqm() {
                let off = (describe::iqm(&sample).unwrap() - iqm).abs();
                assert!(off < 8.0 * error, "{shape:?} {off}");
            }
        }
    }

    #[test]
    fn shapes_of_equal_means_have_equal_means_and_those_of_equal_chances_win_half_of_the_time() {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(2);
        for shape in Shape::EQUAL_MEANS {
            assert_eq!(shape.mean(), 900.0, "{shape:?}");
        }
        for shape in Shape::EQUAL_CHANCES {
            let [a, b] = shape.samples(400_000, &mut generator);
            let won = a.iter().zip(&b).filter(|(a, b)| a > b).count() as f64 / 400_000.0;
            assert!(
                (won - 0.5).abs() < 4.0 * 0.5 / 400_000_f64.sqrt(),
                "{shape:?} {won}"
            );
        }
    }
}
