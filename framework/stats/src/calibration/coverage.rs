//! How often intervals miss the truth that they are said to cover.

use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Equal, Procedure, Shape, Standing};
use crate::bootstrap::{Bootstrap, Groups};
use crate::interval::{Interval, Level};
use crate::interval_method::IntervalMethod;
use crate::{aggregate, describe, means, welch};

/// Fewer resamples than a report takes: what matters here is the method, not the last digit of an end.
const RESAMPLES: u32 = 1_000;

/// The number of tasks that are aggregated.
const TASKS: usize = 5;

/// Every interval. Of bootstrap intervals the [expanded](IntervalMethod::Expanded) one is the default; over tasks it is
/// rliable's, so that it can be set beside published ones.
pub fn all() -> Vec<Procedure> {
    let t = [
        interval(
            "Welch's interval of the difference",
            Standing::Default,
            |a, b, _| Some((welch::test(a, b, Level::P95).ok()?.interval?, 0.0)),
        ),
        interval(
            "Student's interval of a mean",
            Standing::Option,
            |a, _, shape| {
                let zero = vec![0.0; a.len()];
                Some((
                    means::paired(a, &zero, Level::P95).ok()?.interval?,
                    shape.mean(),
                ))
            },
        )
        .with_failures(),
    ]
    .map(|procedure| procedure.on_equal(Equal::Means));
    let resampled = [
        IntervalMethod::Expanded,
        IntervalMethod::Percentile,
        IntervalMethod::Bca,
    ]
    .into_iter();
    t.into_iter()
        .chain(resampled.flat_map(by))
        .chain(
            [IntervalMethod::Expanded, IntervalMethod::Percentile]
                .into_iter()
                .flat_map(over_tasks),
        )
        .collect()
}

fn bootstrap() -> Bootstrap {
    Bootstrap {
        resamples: RESAMPLES,
        ..Bootstrap::seeded(1)
    }
}

fn word(method: IntervalMethod) -> &'static str {
    match method {
        IntervalMethod::Percentile => "percentile",
        IntervalMethod::Bca => "BCa",
        IntervalMethod::Expanded => "expanded",
    }
}

/// An interval from two groups of a shape, with the truth that it should cover. Where there is none, it misses.
fn interval(
    name: impl Into<String>,
    standing: Standing,
    make: impl Fn(&[f64], &[f64], Shape) -> Option<(Interval, f64)> + Send + Sync + 'static,
) -> Procedure {
    let missed = move |shape: Shape, n: usize, generator: &mut Xoshiro256PlusPlus| {
        let [a, b] = shape.samples(n, generator);
        make(&a, &b, shape).is_none_or(|(interval, truth)| !interval.contains(truth))
    };
    Procedure::new(name, standing, missed)
}

fn by(method: IntervalMethod) -> [Procedure; 3] {
    let standing = if method == IntervalMethod::Expanded {
        Standing::Default
    } else {
        Standing::Option
    };
    let word = word(method);
    let iqm = move |a: &[f64], _: &[f64], shape: Shape| {
        let interval = aggregate::iqm_interval(&[a], &bootstrap(), method)?;
        Some((interval, shape.iqm()?))
    };
    let mean = move |a: &[f64], _: &[f64], shape: Shape| {
        let mean = |groups: &mut Groups<'_>| Some(describe::mean_of(groups.all()));
        Some((bootstrap().by(method, &[a], mean)?, shape.mean()))
    };
    let difference = move |a: &[f64], b: &[f64], _: Shape| {
        let difference = |groups: &mut Groups<'_>| {
            Some(describe::mean_of(groups.group(0)) - describe::mean_of(groups.group(1)))
        };
        Some((bootstrap().by(method, &[a, b], difference)?, 0.0))
    };
    [
        interval(format!("{word} interval of an IQM"), standing, iqm).with_failures(),
        interval(format!("{word} interval of a mean"), Standing::Option, mean)
            .on_equal(Equal::Means)
            .with_failures(),
        interval(
            format!("{word} interval of the difference"),
            Standing::Option,
            difference,
        )
        .on_equal(Equal::Means),
    ]
}

/// Intervals over tasks of the same shape.
fn over_tasks(method: IntervalMethod) -> [Procedure; 2] {
    let word = word(method);
    // A default that does not hold its level, for the sake of being comparable; the report says so.
    let note = match method {
        IntervalMethod::Percentile => ", rliable's and the default",
        _ => "",
    };
    let iqm = move |shape: Shape, n: usize, generator: &mut Xoshiro256PlusPlus| {
        let tasks: [Vec<f64>; TASKS] = shape.samples(n, generator);
        aggregate::iqm_interval(&tasks, &bootstrap(), method)
            .zip(shape.iqm())
            .is_none_or(|(interval, iqm)| !interval.contains(iqm))
    };
    let improvement = move |shape: Shape, n: usize, generator: &mut Xoshiro256PlusPlus| {
        let [a, b]: [[Vec<f64>; TASKS]; 2] =
            [shape.samples(n, generator), shape.samples(n, generator)];
        aggregate::improvement_interval(&a, &b, &bootstrap(), method)
            .is_none_or(|interval| !interval.contains(0.5))
    };
    [
        Procedure::new(
            format!("{word} interval of the IQM over {TASKS} tasks{note}"),
            Standing::Option,
            iqm,
        )
        .with_failures(),
        Procedure::new(
            format!("{word} interval of P(improvement) over {TASKS} tasks{note}"),
            Standing::Option,
            improvement,
        )
        .with_failures(),
    ]
}
