//! The bootstrap interval of an interquartile mean, of one sample or of several, in linear time for each resample.

use super::bca;
use super::bootstrap::{Bootstrap, MANY_RUNS, sorted};
use super::describe;
use super::interval::Interval;
use super::interval_method::{IntervalMethod, Resampled};
use super::parallel;

/// Samples share their resamples if these hold at most this many runs in all, which takes some 40 MB.
const MOST_SHARED: usize = 1 << 21;

/// A table of runs, in which a place needs no check of its bounds.
const TABLE: usize = MANY_RUNS.next_power_of_two();

impl Bootstrap {
    /// The interval of the interquartile mean of all runs of `groups`, each group resampled by itself.
    ///
    /// `None` as for [`by`](Self::by). It is what [`by`](Self::by) gives for that statistic, to rounding; but the time
    /// of a resample grows no faster than the number of runs, and resamples of many runs share the cores.
    pub fn iqm(&self, method: IntervalMethod, groups: &[&[f64]]) -> Option<Interval> {
        let pool = Pool::of(&sorted(groups)?)?;
        let iqm = |counts: &[u16], answer: &mut [f64]| answer[0] = pool.iqm_of(counts);
        let answers = self.counted(&pool.sizes(), 1, iqm)?.pop()?;
        pool.interval(method, self, answers)
    }

    /// [`iqm`](Self::iqm) of several samples of the same size, each by itself. They share their resamples, as all
    /// intervals of one seed do.
    pub(super) fn iqm_of_each(
        &self,
        method: IntervalMethod,
        samples: &[Vec<f64>],
    ) -> Vec<Option<Interval>> {
        let size = samples.first().map_or(0, Vec::len);
        let entries = size * self.resamples as usize;
        if !(2..MANY_RUNS).contains(&size) || entries > MOST_SHARED {
            return parallel::map(samples.len(), |place| self.iqm(method, &[&samples[place]]));
        }
        let middles = self.middles(size);
        let kept = size - 2 * (size / 4);
        let interval = |place: usize| {
            let pool = Pool::of(&sorted(&[&samples[place]])?)?;
            let mut table = [0.0; TABLE];
            table[..size].copy_from_slice(&pool.moved);
            let answers = middles.chunks_exact(kept).map(|middle| {
                let sum: f64 = middle
                    .iter()
                    .map(|&run| table[usize::from(run) % TABLE])
                    .sum();
                pool.moved_back(sum / kept as f64)
            });
            pool.interval(method, self, answers.collect())
        };
        parallel::map(samples.len(), interval)
    }

    /// Which of `size` ascending runs are in the middle of every resample.
    fn middles(&self, size: usize) -> Vec<u16> {
        let cut = size / 4;
        let middle = |counts: &[u16], answer: &mut [f64]| {
            let runs = (0_u16..).zip(counts);
            let drawn = runs.flat_map(|(run, &count)| std::iter::repeat_n(run, count.into()));
            for (place, run) in answer.iter_mut().zip(drawn.skip(cut)) {
                *place = f64::from(run);
            }
        };
        let places = self.counted(&[size], size - 2 * cut, middle);
        let places = places.unwrap_or_default();
        let resamples = places.first().map_or(0, Vec::len);
        let of_resample = |resample: usize| places.iter().map(move |place| place[resample] as u16);
        (0..resamples).flat_map(of_resample).collect()
    }
}

/// The runs of several groups in ascending order.
struct Pool {
    sorted: Vec<f64>,
    /// The runs less `origin`.
    moved: Vec<f64>,
    /// Where each of these runs stands if the groups, each in ascending order, are put one after the other. Empty for a
    /// single group, whose runs stand where they are.
    order: Vec<u32>,
    /// For each group, the places of its runs among `sorted`.
    places: Vec<Vec<usize>>,
    /// The interquartile mean: sums of what is counted from there cost no digits.
    origin: f64,
}

impl Pool {
    /// `None` for more runs than 32 bits can count.
    fn of(groups: &[Vec<f64>]) -> Option<Self> {
        let mut standing = 0_u32..;
        let mut all: Vec<(f64, u32, usize)> = Vec::new();
        for (number, group) in groups.iter().enumerate() {
            let runs = group.iter().zip(&mut standing);
            all.extend(runs.map(|(&run, standing)| (run, standing, number)));
        }
        u32::try_from(all.len()).ok()?;
        if groups.len() > 1 {
            all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        let sorted: Vec<f64> = all.iter().map(|run| run.0).collect();
        let origin = describe::iqm_of(&sorted);
        let mut places = vec![Vec::new(); groups.len()];
        for (place, run) in all.iter().enumerate() {
            places[run.2].push(place);
        }
        let order = match groups.len() {
            1 => Vec::new(),
            _ => all.iter().map(|run| run.1).collect(),
        };
        Some(Self {
            moved: sorted.iter().map(|run| run - origin).collect(),
            sorted,
            order,
            places,
            origin,
        })
    }

    fn sizes(&self) -> Vec<usize> {
        self.places.iter().map(Vec::len).collect()
    }

    /// The interquartile mean of a resample.
    fn iqm_of(&self, counts: &[u16]) -> f64 {
        if self.order.is_empty() {
            self.iqm(|place| counts[place])
        } else {
            self.iqm(|place| counts[self.order[place] as usize])
        }
    }

    /// The interquartile mean of a resample in which the run at each place occurs so often.
    fn iqm(&self, count: impl Fn(usize) -> u16) -> f64 {
        let runs = self.moved.len();
        let cut = runs / 4;
        let beyond = |places: &mut dyn Iterator<Item = usize>| {
            let mut sum = 0;
            for place in places {
                sum += usize::from(count(place));
                if sum > cut {
                    return (place, (sum - cut) as f64);
                }
            }
            (0, 0.0)
        };
        let (low, from_low) = beyond(&mut (0..runs));
        let (high, from_high) = beyond(&mut (0..runs).rev());
        if low == high {
            return self.moved_back(self.moved[low]);
        }
        // Four sums in turn do not wait for each other.
        let mut sums = [
            from_low * self.moved[low],
            from_high * self.moved[high],
            0.0,
            0.0,
        ];
        let (fours, rest) = self.moved[low + 1..high].as_chunks::<4>();
        let mut place = low + 1;
        for four in fours {
            for (offset, (sum, run)) in sums.iter_mut().zip(four).enumerate() {
                *sum += f64::from(count(place + offset)) * run;
            }
            place += 4;
        }
        for (offset, run) in rest.iter().enumerate() {
            sums[0] += f64::from(count(place + offset)) * run;
        }
        self.moved_back(sums.iter().sum::<f64>() / (runs - 2 * cut) as f64)
    }

    fn moved_back(&self, average: f64) -> f64 {
        let (low, high) = (self.sorted[0], self.sorted[self.sorted.len() - 1]);
        (self.origin + average).clamp(low, high)
    }

    fn interval(
        &self,
        method: IntervalMethod,
        bootstrap: &Bootstrap,
        answers: Vec<f64>,
    ) -> Option<Interval> {
        let resampled = Resampled {
            observed: self.origin,
            sizes: self.sizes(),
            rounding: describe::rounding_of(&answers, &self.sorted),
            answers,
        };
        method.interval(resampled, bootstrap.level, || {
            bca::acceleration(&self.left_out())
        })
    }

    /// The interquartile mean without each run in turn, group by group.
    fn left_out(&self) -> Vec<Vec<f64>> {
        let mut sums = vec![0.0];
        sums.extend(self.moved.iter().scan(0.0, |sum, run| {
            *sum += run;
            Some(*sum)
        }));
        let runs = self.sorted.len() - 1;
        let (low, high) = (runs / 4, runs - runs / 4);
        let sum = |from: usize, to: usize| sums[to] - sums[from];
        let without = |&place: &usize| {
            let sum = match place {
                _ if place < low => sum(low + 1, high + 1),
                _ if place >= high => sum(low, high),
                _ => sum(low, high + 1) - self.moved[place],
            };
            self.moved_back(sum / (high - low) as f64)
        };
        let of_group = |places: &Vec<usize>| places.iter().map(without).collect();
        self.places.iter().map(of_group).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::bootstrap::Groups;

    const METHODS: [IntervalMethod; 3] = [
        IntervalMethod::Percentile,
        IntervalMethod::Bca,
        IntervalMethod::Expanded,
    ];

    fn iqm(groups: &mut Groups<'_>) -> Option<f64> {
        describe::iqm(groups.all())
    }

    #[track_caller]
    fn assert_equal(actual: Option<Interval>, expected: Option<Interval>) {
        assert_eq!(actual.is_some(), expected.is_some());
        if let (Some(actual), Some(expected)) = (actual, expected) {
            for (actual, expected) in [(actual.low, expected.low), (actual.high, expected.high)] {
                assert!(
                    (actual - expected).abs() <= 1e-11,
                    "{actual} is not {expected}"
                );
            }
        }
    }

    #[test]
    fn an_interval_of_ten_thousand_runs_is_that_of_the_normal_approximation() {
        let runs: Vec<f64> = (0..10_000).map(|k| f64::from(k * 7_919 % 10_007)).collect();
        let bootstrap = Bootstrap::seeded(1);
        let interval = bootstrap.iqm(IntervalMethod::Percentile, &[&runs]).unwrap();
        // Of uniform scores the influence function is linear between the quartiles and constant beyond: its variance is
        // (1/4)² · (1/3 · 1/2 + 1/2) / (1/2)² = 1/6 of the squared range.
        let error = 10_007.0 * (1.0_f64 / 6.0 / 10_000.0).sqrt();
        let (half, middle) = (
            (interval.high - interval.low) / 2.0,
            (interval.high + interval.low) / 2.0,
        );
        assert!((half / (1.96 * error) - 1.0).abs() < 0.08, "{half} {error}");
        assert!((middle - describe::iqm(&runs).unwrap()).abs() < 0.2 * error);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn counting_gives_the_interval_of_selecting(
            groups in vec(vec(-9..9_i32, 1..12), 1..4), seed in any::<u64>(), method in 0..3_usize,
        ) {
            let groups: Vec<Vec<f64>> =
                groups.iter().map(|group| group.iter().map(|&run| f64::from(run) * 0.1).collect()).collect();
            let groups: Vec<&[f64]> = groups.iter().map(Vec::as_slice).collect();
            let bootstrap = Bootstrap { resamples: 300, ..Bootstrap::seeded(seed) };
            let method = METHODS[method];
            assert_equal(bootstrap.iqm(method, &groups), bootstrap.by(method, &groups, iqm));
        }

        #[test]
        fn samples_that_share_their_resamples_have_the_intervals_that_each_has_alone(
            samples in vec(vec(-9..9_i32, 7), 1..5), method in 0..3_usize,
        ) {
            let samples: Vec<Vec<f64>> =
                samples.iter().map(|group| group.iter().map(|&run| f64::from(run) * 0.1).collect()).collect();
            let bootstrap = Bootstrap { resamples: 300, ..Bootstrap::seeded(1) };
            let method = METHODS[method];
            for (sample, together) in samples.iter().zip(bootstrap.iqm_of_each(method, &samples)) {
                assert_equal(together, bootstrap.iqm(method, &[sample]));
            }
        }
    }
}
