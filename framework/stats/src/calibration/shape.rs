//! The shapes that returns of reinforcement learning have: normal; bimodal, where some seeds fail to learn; and
//! saturated, where many score the maximum.

use rand_core::RngCore;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::distributions;

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

    pub(super) fn sample(self, n: usize, generator: &mut Xoshiro256PlusPlus) -> Vec<f64> {
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

    pub(super) fn samples<const GROUPS: usize>(
        self,
        n: usize,
        generator: &mut Xoshiro256PlusPlus,
    ) -> [Vec<f64>; GROUPS] {
        std::array::from_fn(|_| self.sample(n, generator))
    }

    /// The mean of the distribution, which an interval should cover.
    pub(super) fn mean(self) -> f64 {
        match self {
            Self::Normal => 400.0,
            Self::Bimodal => 275.0,
            // 470 + 60 E[min(Z, 1/2)], where E[min(Z, c)] = c P(Z >= c) − φ(c).
            Self::Saturated => {
                470.0
                    + 60.0 * (0.5 * distributions::normal(0.5) - distributions::normal_density(0.5))
            }
        }
    }

    /// The mean of the distribution between its quartiles.
    pub(super) fn iqm(self) -> f64 {
        match self {
            Self::Normal => 400.0,
            // The upper half of the lower mode, and the lower half of the upper one.
            Self::Bimodal => {
                let half = 2.0 * distributions::normal_density(0.0);
                (100.0 + 40.0 * half + 450.0 - 20.0 * half) / 2.0
            }
            // From the lower quartile to the cap, and the cap up to the upper quartile.
            Self::Saturated => {
                let quartile = distributions::normal_quantile(0.25);
                let below = 0.75 - distributions::normal(0.5);
                let drift =
                    distributions::normal_density(quartile) - distributions::normal_density(0.5);
                2.0 * (470.0 * below + 60.0 * drift + 500.0 * (0.5 - below))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_core::SeedableRng;

    use super::*;
    use crate::describe;

    #[test]
    fn the_shapes_have_the_means_that_they_say() {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(1);
        for shape in Shape::ALL {
            let sample = shape.sample(200_000, &mut generator);
            let error = describe::std_of(&sample) / 200_000_f64.sqrt();
            let off = (describe::mean_of(&sample) - shape.mean()).abs();
            assert!(off < 4.0 * error, "{shape:?}");
            // An interquartile mean of two modes moves with their shares: it varies more than the mean.
            let off = (describe::iqm(&sample).unwrap() - shape.iqm()).abs();
            assert!(off < 8.0 * error, "{shape:?} {off}");
        }
    }
}
