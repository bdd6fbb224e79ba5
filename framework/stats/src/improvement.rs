//! The probability of improvement over several tasks, and its bootstrap interval.
//!
//! Source: rliable, `metrics.py` (Agarwal et al. 2021, arXiv:2108.13264). On each task it is the share of pairs of runs,
//! one of either method, in which that of the first scores more; ties count half.

use super::bca;
use super::bootstrap::{Bootstrap, sorted};
use super::interval::Interval;
use super::interval_method::{IntervalMethod, Resampled};

/// The interval of the probability of improvement of `a` over `b`, which hold the runs of the same tasks; within 0 and 1.
pub(super) fn interval(
    a: &[&[f64]],
    b: &[&[f64]],
    bootstrap: &Bootstrap,
    method: IntervalMethod,
) -> Option<Interval> {
    if a.len() != b.len() {
        return None;
    }
    let (a, b) = (sorted(a)?, sorted(b)?);
    let duels = Duels::of(&a, &b)?;
    let sizes: Vec<usize> = a.iter().chain(&b).map(Vec::len).collect();
    let runs: usize = sizes.iter().sum();
    let observed = duels.won(&vec![1; runs]);
    let improvement = |counts: &[u16], answer: &mut [f64]| answer[0] = duels.won(counts);
    let answers = bootstrap.counted(&sizes, 1, improvement)?.pop()?;
    let resampled = Resampled {
        observed,
        answers,
        sizes,
        rounding: 8.0 * f64::EPSILON,
    };
    let interval = method.interval(resampled, bootstrap.level, || {
        bca::acceleration(&duels.left_out())
    })?;
    Some(Interval {
        low: interval.low.max(0.0),
        high: interval.high.min(1.0),
    })
}

/// Two methods on several tasks.
struct Duels {
    tasks: Vec<Task>,
}

/// The runs of two methods on one task.
struct Task {
    /// For each run of the second method, in ascending order, how many of the first method score less, and how many
    /// score no more.
    beaten: Vec<(u32, u32)>,
    /// The same for each run of the first method and those of the second.
    beats: Vec<(u32, u32)>,
    /// Where the runs of the first method stand among all.
    first: usize,
    /// Where those of the second method stand.
    second: usize,
}

impl Duels {
    /// `None` for more runs than 32 bits can count.
    fn of(a: &[Vec<f64>], b: &[Vec<f64>]) -> Option<Self> {
        let (mut first, mut second) = (0, a.iter().map(Vec::len).sum());
        let mut tasks = Vec::with_capacity(a.len());
        for (a, b) in a.iter().zip(b) {
            u32::try_from(a.len().max(b.len())).ok()?;
            tasks.push(Task {
                beaten: ranks(b, a),
                beats: ranks(a, b),
                first,
                second,
            });
            first += a.len();
            second += b.len();
        }
        Some(Self { tasks })
    }

    /// The probability of improvement of a resample.
    fn won(&self, counts: &[u16]) -> f64 {
        let shares = self.tasks.iter().map(|task| task.won(counts));
        shares.sum::<f64>() / self.tasks.len() as f64
    }

    /// The probability of improvement without each run in turn, group by group.
    fn left_out(&self) -> Vec<Vec<f64>> {
        let shares: Vec<f64> = self.tasks.iter().map(Task::share).collect();
        let all: f64 = shares.iter().sum();
        let mean = |share: f64, other: f64| (all - share + other) / shares.len() as f64;
        let firsts = self.tasks.iter().zip(&shares).map(|(task, &share)| {
            let (doubled, others) = (task.doubled(), task.beaten.len());
            let pairs = (task.beats.len() - 1) * others;
            let without = |&(less, most): &(u32, u32)| {
                let left = doubled - u64::from(less) - u64::from(most);
                mean(share, left as f64 / (2 * pairs) as f64)
            };
            task.beats.iter().map(without).collect()
        });
        let seconds = self.tasks.iter().zip(&shares).map(|(task, &share)| {
            let (doubled, others) = (task.doubled(), task.beats.len());
            let pairs = (task.beaten.len() - 1) * others;
            let without = |&(less, most): &(u32, u32)| {
                let left = doubled + u64::from(less) + u64::from(most) - 2 * others as u64;
                mean(share, left as f64 / (2 * pairs) as f64)
            };
            task.beaten.iter().map(without).collect()
        });
        firsts.chain(seconds).collect()
    }
}

impl Task {
    /// Twice the pairs that the first method won in the sample, where ties count once.
    fn doubled(&self) -> u64 {
        let doubled = self
            .beats
            .iter()
            .map(|&(less, most)| u64::from(less) + u64::from(most));
        doubled.sum()
    }

    /// The probability of improvement on this task in the sample.
    fn share(&self) -> f64 {
        self.doubled() as f64 / (2 * self.beats.len() * self.beaten.len()) as f64
    }

    /// The probability of improvement on this task in a resample.
    fn won(&self, counts: &[u16]) -> f64 {
        let a = &counts[self.first..self.first + self.beats.len()];
        let b = &counts[self.second..self.second + self.beaten.len()];
        // The runs of the second method that score less than the current run of the first, and those that score no more.
        let (mut less, mut most) = ((0, 0), (0, 0));
        let mut doubled = 0;
        for (&count, &(until_less, until_most)) in a.iter().zip(&self.beats) {
            for (so_far, until) in [(&mut less, until_less), (&mut most, until_most)] {
                let (place, sum) = so_far;
                let passed = &b[*place..until as usize];
                *sum += passed.iter().map(|&count| u64::from(count)).sum::<u64>();
                *place = until as usize;
            }
            doubled += u64::from(count) * (less.1 + most.1);
        }
        doubled as f64 / (2 * a.len() * b.len()) as f64
    }
}

/// For each of ascending `scores`, how many of ascending `others` are less, and how many are no more.
fn ranks(scores: &[f64], others: &[f64]) -> Vec<(u32, u32)> {
    let (mut less, mut most) = (0, 0);
    let rank = |score: &f64| {
        less += others[less..].partition_point(|other| other < score);
        most += others[most..].partition_point(|other| other <= score);
        (less as u32, most as u32)
    };
    scores.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::bootstrap::Groups;

    fn slices(tasks: &[Vec<f64>]) -> Vec<&[f64]> {
        tasks.iter().map(Vec::as_slice).collect()
    }

    fn by_every_pair(groups: &mut Groups<'_>) -> Option<f64> {
        let tasks = groups.count() / 2;
        let share = |task: usize| {
            let (a, b) = (groups.group(task), groups.group(tasks + task));
            let pairs = a.iter().flat_map(|a| b.iter().map(move |b| (a, b)));
            let won: u32 = pairs
                .map(|(a, b)| u32::from(a > b) + u32::from(a >= b))
                .sum();
            f64::from(won) / (2 * a.len() * b.len()) as f64
        };
        Some((0..tasks).map(share).sum::<f64>() / tasks as f64)
    }

    #[test]
    fn a_hundred_thousand_runs_a_side_do_not_overflow() {
        let low: Vec<f64> = (0..100_000).map(f64::from).collect();
        let high: Vec<f64> = low.iter().map(|score| score + 1e6).collect();
        let bootstrap = Bootstrap {
            resamples: 20,
            ..Bootstrap::seeded(1)
        };
        let of =
            |a: &[f64], b: &[f64]| interval(&[a], &[b], &bootstrap, IntervalMethod::Percentile);
        let (low, high) = (of(&low, &high).unwrap(), of(&high, &low).unwrap());
        assert_eq!(
            (low.low, low.high, high.low, high.high),
            (0.0, 0.0, 1.0, 1.0)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn counting_gives_the_interval_of_comparing_every_pair(
            tasks in vec((vec(-9..9_i8, 2..8), vec(-9..9_i8, 2..8)), 1..4), seed in any::<u64>(), method in 0..3_usize,
        ) {
            let floats = |values: &[i8]| values.iter().map(|&value| f64::from(value) / 4.0).collect::<Vec<_>>();
            let (a, b): (Vec<_>, Vec<_>) = tasks.iter().map(|(a, b)| (floats(a), floats(b))).unzip();
            let method = [IntervalMethod::Percentile, IntervalMethod::Bca, IntervalMethod::Expanded][method];
            let bootstrap = Bootstrap { resamples: 300, ..Bootstrap::seeded(seed) };
            let groups: Vec<&[f64]> = slices(&a).into_iter().chain(slices(&b)).collect();
            let expected = bootstrap.by(method, &groups, by_every_pair);
            let actual = interval(&slices(&a), &slices(&b), &bootstrap, method);
            prop_assert_eq!(actual.is_some(), expected.is_some());
            if let (Some(actual), Some(expected)) = (actual, expected) {
                prop_assert!((actual.low - expected.low.max(0.0)).abs() < 1e-12);
                prop_assert!((actual.high - expected.high.min(1.0)).abs() < 1e-12);
            }
        }
    }
}
