//! Adding runs until the comparison is decided: a group-sequential permutation test.
//!
//! Source: Mathieu, Della Vecchia, Shilova, Centa de Medeiros, Kohler, Maillard and Preux, "AdaStop: Adaptive
//! Statistical Testing for Sound Comparisons of Deep RL Agents" (2023, arXiv:2306.10882), here for two methods; to
//! compare several with one baseline, divide alpha among them.
//!
//! To test again after every few runs, and stop at the first p below alpha, finds a difference far too often. Here at
//! most `looks` looks are planned in advance, each after equally many further runs of both methods. After k looks, at
//! most the share k / `looks` of alpha has been spent. The statistic is the absolute difference of the sums so far. Under
//! the null hypothesis the labels could have been otherwise within each look, so random relabelling, from a seed, gives
//! its distribution. The observed labelling counts as one of them, so the error is never above alpha.

use rand_core::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::bootstrap::index;
use super::describe;
use super::test_error::TestError;

/// The number of random relabellings.
pub const RELABELLINGS: u32 = 9_999;

/// A plan for looking at two methods, made before the first run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The largest number of looks.
    pub looks: usize,
    /// The accepted probability of a false alarm over all looks.
    pub alpha: f64,
    /// Where the relabellings start.
    pub seed: u64,
}

/// What to do after the looks so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The methods differ, as this look found, counted from 1: no more runs are needed.
    Different(usize),
    /// It is not decided yet: make the runs of the next look.
    GoOn,
    /// All planned looks are over, and no difference was found. That is no evidence that there is none.
    NotFound,
}

impl Plan {
    /// Decides from the looks so far, each of which holds the scores of its further runs of both methods.
    ///
    /// # Errors
    ///
    /// A look without runs of a method or with more of one than of the other, or a score that is NaN, infinite or beyond `LARGEST`.
    pub fn decide(&self, looks: &[(Vec<f64>, Vec<f64>)]) -> Result<Decision, TestError> {
        for (a, b) in looks {
            if a.len() != b.len() {
                return Err(TestError::Unpaired {
                    first: a.len(),
                    second: b.len(),
                });
            }
            if a.is_empty() {
                return Err(TestError::Empty {
                    first: 0,
                    second: 0,
                });
            }
            if !describe::is_sample(a) || !describe::is_sample(b) {
                return Err(TestError::NotANumber);
            }
        }
        let looks = &looks[..looks.len().min(self.looks)];
        let observed = distances(
            looks
                .iter()
                .map(|(a, b)| a.iter().sum::<f64>() - b.iter().sum::<f64>()),
        );
        let others = self.relabelled(looks);
        let all = others.len() as f64 + 1.0;
        // The relabellings in which no earlier look found a difference.
        let mut quiet: Vec<&Vec<f64>> = others.iter().collect();
        let mut spent = 0.0;
        for (look, &distance) in observed.iter().enumerate() {
            let budget = self.alpha * (look + 1) as f64 / self.looks as f64 * all - spent;
            let mut reached: Vec<f64> = quiet.iter().map(|path| path[look]).collect();
            reached.sort_unstable_by(|one, other| other.total_cmp(one));
            // The budget pays for the relabellings with the largest distances. Those tied with the first that it does not
            // pay for stay.
            let affordable = (budget.floor().max(0.0) as usize).min(reached.len());
            let boundary = reached
                .get(affordable)
                .copied()
                .unwrap_or(f64::NEG_INFINITY);
            let rounding = boundary.abs() * 1e-12;
            if affordable > 0 && distance > boundary + rounding {
                return Ok(Decision::Different(look + 1));
            }
            let before = quiet.len();
            quiet.retain(|path| path[look] <= boundary + rounding);
            spent += (before - quiet.len()) as f64;
        }
        Ok(if looks.len() >= self.looks {
            Decision::NotFound
        } else {
            Decision::GoOn
        })
    }

    /// For each random relabelling, the distance after each look.
    fn relabelled(&self, looks: &[(Vec<f64>, Vec<f64>)]) -> Vec<Vec<f64>> {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let mut pools: Vec<Vec<f64>> = looks
            .iter()
            .map(|(a, b)| [a.as_slice(), b].concat())
            .collect();
        (0..RELABELLINGS)
            .map(|_| {
                let differences = pools.iter_mut().map(|pool| {
                    let half = pool.len() / 2;
                    for place in 0..half {
                        let other = place + index(pool.len() - place, || generator.next_u64());
                        pool.swap(place, other);
                    }
                    pool[..half].iter().sum::<f64>() - pool[half..].iter().sum::<f64>()
                });
                distances(differences)
            })
            .collect()
    }
}

/// The magnitudes of the running sums.
fn distances(differences: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    differences
        .map(|difference| {
            sum += difference;
            f64::abs(sum)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rand_distr::{Distribution, StandardNormal};

    use super::*;

    fn look(generator: &mut Xoshiro256PlusPlus, runs: usize, lead: f64) -> (Vec<f64>, Vec<f64>) {
        let mut draw = |mean: f64| -> Vec<f64> {
            let normal = |_| -> f64 { StandardNormal.sample(generator) };
            (0..runs).map(normal).map(|value| value + mean).collect()
        };
        (draw(lead), draw(0.0))
    }

    fn share_found(lead: f64, experiments: u32) -> f64 {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(7);
        let found = (0..experiments).filter(|&seed| {
            let looks: Vec<_> = (0..4).map(|_| look(&mut generator, 4, lead)).collect();
            let plan = Plan {
                looks: 4,
                alpha: 0.1,
                seed: u64::from(seed),
            };
            matches!(plan.decide(&looks).unwrap(), Decision::Different(_))
        });
        found.count() as f64 / f64::from(experiments)
    }

    #[test]
    fn without_a_difference_one_is_found_no_more_often_than_alpha_allows() {
        // Three standard errors of 300 experiments above 0.1.
        let share = share_found(0.0, 300);
        assert!(share < 0.152, "{share}");
        assert!(share > 0.03, "{share}");
    }

    #[test]
    fn a_large_difference_is_found_at_once_and_a_smaller_one_after_more_runs() {
        assert!(share_found(1.0, 100) > 0.7);
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(1);
        let looks: Vec<_> = (0..3).map(|_| look(&mut generator, 5, 9.0)).collect();
        let plan = Plan {
            looks: 3,
            alpha: 0.05,
            seed: 0,
        };
        assert_eq!(plan.decide(&looks).unwrap(), Decision::Different(1));
        assert_eq!(plan.decide(&[]).unwrap(), Decision::GoOn);
    }

    #[test]
    fn runs_that_all_score_the_same_are_never_found_different() {
        let same = (vec![500.0; 5], vec![500.0; 5]);
        let plan = Plan {
            looks: 2,
            alpha: 0.05,
            seed: 0,
        };
        assert_eq!(
            plan.decide(std::slice::from_ref(&same)).unwrap(),
            Decision::GoOn
        );
        assert_eq!(
            plan.decide(&[same.clone(), same]).unwrap(),
            Decision::NotFound
        );
    }

    #[test]
    fn looks_that_cannot_be_relabelled_are_refused() {
        let plan = Plan {
            looks: 2,
            alpha: 0.05,
            seed: 0,
        };
        assert!(plan.decide(&[(vec![1.0], vec![])]).is_err());
        assert!(plan.decide(&[(vec![], vec![])]).is_err());
        assert!(plan.decide(&[(vec![f64::NAN], vec![1.0])]).is_err());
    }
}
