//! Resamples as counts: how often each run was drawn, not the values that were drawn.
//!
//! A statistic of sorted values needs a sort or a selection of every resample if it is given values. If it is given how
//! often each of the sorted runs was drawn, one pass over these counts is enough.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use rand_core::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bootstrap::{Bootstrap, MANY_RUNS, index};
use super::parallel;

/// How many resamples of many runs share a stream of random numbers.
const BLOCK: u32 = 64;

/// Resamples with at most this many counts in all are kept for the next statistic of samples of the same sizes: 8 MB.
const MOST_KEPT: usize = 1 << 22;

/// Sets of resamples that a thread keeps. A method of a report is resampled in three ways.
const KEPT: usize = 4;

thread_local! {
    /// The resamples that were used last, the latest ones in front. Drawing takes longer than most statistics.
    static LAST_USED: RefCell<VecDeque<Drawn>> = const { RefCell::new(VecDeque::new()) };
}

/// The counts of all resamples of few runs.
#[derive(Clone)]
struct Drawn {
    seed: u64,
    resamples: u32,
    sizes: Vec<usize>,
    counts: Rc<[u16]>,
}

impl Drawn {
    /// Draws these resamples, unless they are among the last ones.
    fn of(bootstrap: &Bootstrap, sizes: &[usize]) -> Self {
        LAST_USED.with_borrow_mut(|last_used| {
            let known = last_used.iter().position(|drawn| {
                drawn.seed == bootstrap.seed
                    && drawn.resamples == bootstrap.resamples
                    && drawn.sizes == sizes
            });
            let drawn = known.and_then(|place| last_used.remove(place));
            let drawn = drawn.unwrap_or_else(|| Self::anew(bootstrap, sizes));
            last_used.truncate(KEPT - 1);
            last_used.push_front(drawn.clone());
            drawn
        })
    }

    fn anew(bootstrap: &Bootstrap, sizes: &[usize]) -> Self {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(bootstrap.seed);
        let runs: usize = sizes.iter().sum();
        let mut counts = vec![0; runs * bootstrap.resamples as usize];
        for resample in counts.chunks_exact_mut(runs) {
            draw_groups(resample, sizes, draw_few, &mut generator);
        }
        Self {
            seed: bootstrap.seed,
            resamples: bootstrap.resamples,
            sizes: sizes.to_vec(),
            counts: counts.into(),
        }
    }
}

impl Bootstrap {
    /// Calls `statistic` with the counts of every resample of groups of these sizes, one group after the other, and with
    /// the place for its `width` answers. Returns the answers of all resamples, one list for each place; `None` if no
    /// resamples are asked for, or no answers.
    ///
    /// The resamples of few runs are those of [`bootstrap`](super::bootstrap). Those of [`MANY_RUNS`] or more come in
    /// blocks, whose generators are 2¹²⁸ outputs apart, and two draws are made from each 64-bit output: with the lower
    /// 32 bits first, in the way of step 3 there.
    ///
    /// A count has 16 bits, so that the counts of ten thousand runs fit the nearest cache. Fewer than 2¹⁶ runs cannot
    /// exceed it, and with more it is out of reach of chance.
    pub(super) fn counted(
        &self,
        sizes: &[usize],
        width: usize,
        statistic: impl Fn(&[u16], &mut [f64]) + Sync,
    ) -> Option<Vec<Vec<f64>>> {
        let runs: usize = sizes.iter().sum();
        let resamples = self.resamples_of(runs);
        if resamples == 0 || width == 0 {
            return None;
        }
        let few = runs < MANY_RUNS;
        if few && (1..=MOST_KEPT).contains(&(runs * resamples as usize)) {
            let drawn = Drawn::of(self, sizes);
            let mut answers = vec![0.0; width * resamples as usize];
            let counts = drawn.counts.chunks_exact(runs);
            for (counts, answer) in counts.zip(answers.chunks_exact_mut(width)) {
                statistic(counts, answer);
            }
            return Some(by_place(&[answers], width));
        }
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let block = |mut generator: Xoshiro256PlusPlus, resamples: u32, draw: Draw| {
            let mut counts = vec![0; runs];
            let mut answers = vec![0.0; width * resamples as usize];
            for answer in answers.chunks_exact_mut(width) {
                counts.fill(0);
                draw_groups(&mut counts, sizes, draw, &mut generator);
                statistic(&counts, answer);
            }
            answers
        };
        let answers = if few {
            vec![block(generator, resamples, draw_few)]
        } else {
            let blocks: Vec<(Xoshiro256PlusPlus, u32)> = (0..resamples.div_ceil(BLOCK))
                .map(|number| {
                    let own = generator.clone();
                    generator.jump();
                    (own, BLOCK.min(resamples - number * BLOCK))
                })
                .collect();
            parallel::map(blocks.len(), |number| {
                let (generator, resamples) = &blocks[number];
                block(generator.clone(), *resamples, draw_many)
            })
        };
        Some(by_place(&answers, width))
    }
}

/// The answers of blocks of resamples, `width` of each resample, as a list for each place.
fn by_place(answers: &[Vec<f64>], width: usize) -> Vec<Vec<f64>> {
    let place = |place: usize| {
        let own = |block: &Vec<f64>| {
            let own = block[place..].iter().step_by(width);
            own.copied().collect::<Vec<_>>()
        };
        answers.iter().flat_map(own).collect()
    };
    (0..width).map(place).collect()
}

/// Draws one resample of each group, one group after the other, and counts the runs.
fn draw_groups(
    counts: &mut [u16],
    sizes: &[usize],
    draw: Draw,
    generator: &mut Xoshiro256PlusPlus,
) {
    let mut rest = counts;
    for &size in sizes {
        let (group, others) = rest.split_at_mut(size);
        draw(group, generator);
        rest = others;
    }
}

/// Draws as many runs as the group has, and counts them.
type Draw = fn(&mut [u16], &mut Xoshiro256PlusPlus);

fn draw_few(counts: &mut [u16], generator: &mut Xoshiro256PlusPlus) {
    for _ in 0..counts.len() {
        counts[index(counts.len(), || generator.next_u64())] += 1;
    }
}

fn draw_many(counts: &mut [u16], generator: &mut Xoshiro256PlusPlus) {
    let Ok(n) = u32::try_from(counts.len()) else {
        return draw_few(counts, generator);
    };
    let rejected = n.wrapping_neg() % n;
    let mut count = |half: u32| {
        let product = u64::from(half) * u64::from(n);
        let accepted = product as u32 >= rejected;
        if accepted {
            let drawn = &mut counts[(product >> 32) as usize];
            *drawn = drawn.wrapping_add(1);
        }
        u32::from(accepted)
    };
    let mut drawn = 0;
    while drawn + 1 < n {
        let output = generator.next_u64();
        drawn += count(output as u32);
        drawn += count((output >> 32) as u32);
    }
    while drawn < n {
        drawn += count((generator.next_u64() >> 32) as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bootstrap::Groups;
    use crate::describe;

    #[test]
    fn the_counts_are_those_of_the_values_that_are_drawn() {
        let groups = [vec![0.0, 1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0]];
        let bootstrap = Bootstrap {
            resamples: 200,
            ..Bootstrap::seeded(7)
        };
        // Both encode which values a resample holds.
        let values = |groups: &mut Groups<'_>| {
            Some(groups.all().iter().map(|value| 8.0_f64.powf(*value)).sum())
        };
        let counts = |counts: &[u16], answer: &mut [f64]| {
            let place = (0..).zip(counts);
            answer[0] = place
                .map(|(k, &count)| f64::from(count) * 8.0_f64.powi(k))
                .sum();
        };
        let expected = bootstrap.answers(&groups, values).unwrap();
        let actual = bootstrap.counted(&[4, 3], 1, counts).unwrap();
        assert_eq!(actual, [expected]);
    }

    #[test]
    fn resamples_that_were_kept_are_those_that_would_be_drawn() {
        let places = |counts: &[u16], answer: &mut [f64]| {
            let place = (0..).zip(counts);
            answer[0] = place
                .map(|(k, &count)| f64::from(count) * 8.0_f64.powi(k))
                .sum();
        };
        let kinds: Vec<(Bootstrap, Vec<usize>)> = (0..3)
            .flat_map(|seed| [vec![4, 3], vec![7], vec![3, 4]].map(|sizes| (seed, sizes)))
            .map(|(seed, sizes)| {
                let resamples = 50 + seed as u32;
                (
                    Bootstrap {
                        resamples,
                        ..Bootstrap::seeded(seed)
                    },
                    sizes,
                )
            })
            .collect();
        // Each of them once, on threads that keep nothing yet.
        let fresh: Vec<_> = kinds
            .iter()
            .map(|(bootstrap, sizes)| {
                std::thread::scope(|scope| {
                    scope
                        .spawn(|| bootstrap.counted(sizes, 1, places))
                        .join()
                        .unwrap()
                })
            })
            .collect();
        for _ in 0..2 {
            for ((bootstrap, sizes), fresh) in kinds.iter().zip(&fresh) {
                assert_eq!(bootstrap.counted(sizes, 1, places), *fresh);
                assert_eq!(bootstrap.counted(sizes, 1, places), *fresh);
            }
        }
    }

    #[test]
    fn resamples_of_many_runs_are_as_large_as_the_sample_and_all_different() {
        let bootstrap = Bootstrap {
            resamples: 300,
            ..Bootstrap::seeded(3)
        };
        let sum = |counts: &[u16]| counts.iter().copied().map(f64::from).sum();
        let answers = bootstrap
            .counted(&[1_501, 2], 3, |counts, answer| {
                answer[0] = sum(&counts[..1_501]);
                answer[1] = sum(&counts[1_501..]);
                let place = (0..).zip(&counts[..1_501]);
                answer[2] = place
                    .map(|(k, &count)| f64::from(count) * f64::from(k))
                    .sum();
            })
            .unwrap();
        assert_eq!(answers[0], vec![1_501.0; 300]);
        assert_eq!(answers[1], vec![2.0; 300]);
        let sums = describe::sorted(&answers[2]).unwrap();
        let same = sums.windows(2).filter(|pair| pair[0] == pair[1]).count();
        assert!(same < 10, "{same}");
        // The sum of n uniform places below n.
        let n = 1_501.0_f64;
        let (mean, std) = (n * (n - 1.0) / 2.0, (n * (n * n - 1.0) / 12.0).sqrt());
        let off = describe::mean_of(&sums) - mean;
        assert!(off.abs() < 4.0 * std / 300_f64.sqrt(), "{off}");
        assert!((describe::std_of(&sums) / std - 1.0).abs() < 0.16);
    }

    #[test]
    fn the_resamples_of_many_runs_do_not_depend_on_the_number_of_threads() {
        let bootstrap = Bootstrap {
            resamples: 200,
            ..Bootstrap::seeded(5)
        };
        let first = |counts: &[u16], answer: &mut [f64]| answer[0] = f64::from(counts[0]);
        let on_all = bootstrap.counted(&[2_000], 1, first);
        // Within a parallel piece of work everything runs on one thread.
        let on_one = parallel::map(2, |_| bootstrap.counted(&[2_000], 1, first));
        assert!(on_one.iter().all(|on_one| *on_one == on_all));
    }

    #[test]
    fn every_run_of_many_is_drawn_equally_often() {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(5);
        let mut counts = [0; 7];
        for _ in 0..9_000 {
            draw_many(&mut counts, &mut generator);
        }
        let counts = counts.map(f64::from);
        assert_eq!(counts.iter().sum::<f64>(), 63_000.0);
        // The chi-squared statistic with 6 degrees of freedom stays below 22.46 with a probability of 0.999.
        let square = |count: &f64| (count - 9e3).powi(2) / 9e3;
        assert!(counts.iter().map(square).sum::<f64>() < 22.46, "{counts:?}");
    }
}
