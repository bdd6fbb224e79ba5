//! The intervals: how often do they miss what they are said to cover?

use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Procedure, Shape, Standing};
use crate::bootstrap::{Bootstrap, Groups};
use crate::ends::Ends;
use crate::interval::{Interval, Level};
use crate::{aggregate, describe, means, welch};

/// Fewer than a report takes: what matters here is the rule, not the last digit of an end.
const RESAMPLES: u32 = 1_000;

/// Tasks that are aggregated.
const TASKS: usize = 5;

/// Every interval. Those of bootstraps are default where [`Ends::Stretched`] is; over tasks a report shows rliable's,
/// to be set beside published ones.
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
        ),
    ];
    let resampled = [Ends::Stretched, Ends::Percentile, Ends::Bca].into_iter();
    t.into_iter()
        .chain(resampled.flat_map(by))
        .chain(
            [Ends::Stretched, Ends::Percentile]
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

fn word(ends: Ends) -> &'static str {
    match ends {
        Ends::Percentile => "percentile",
        Ends::Bca => "BCa",
        Ends::Stretched => "stretched",
    }
}

/// An interval from two groups of a shape, with the truth that it should hold. Where there is none, it misses.
fn interval(
    name: impl Into<String>,
    standing: Standing,
    make: impl Fn(&[f64], &[f64], Shape) -> Option<(Interval, f64)> + 'static,
) -> Procedure {
    let missed = move |shape: Shape, n: usize, generator: &mut Xoshiro256PlusPlus| {
        let [a, b] = shape.samples(n, generator);
        make(&a, &b, shape).is_none_or(|(interval, truth)| !interval.contains(truth))
    };
    Procedure::new(name, standing, missed).slow()
}

fn by(ends: Ends) -> [Procedure; 3] {
    let standing = if ends == Ends::Stretched {
        Standing::Default
    } else {
        Standing::Option
    };
    let word = word(ends);
    let iqm = move |a: &[f64], _: &[f64], shape: Shape| {
        let interval = aggregate::iqm_interval(&[a], &bootstrap(), ends)?;
        Some((interval, shape.iqm()))
    };
    let mean = move |a: &[f64], _: &[f64], shape: Shape| {
        let mean = |groups: &mut Groups<'_>| Some(describe::mean_of(groups.all()));
        Some((bootstrap().by(ends, &[a], mean)?, shape.mean()))
    };
    let difference = move |a: &[f64], b: &[f64], _: Shape| {
        let difference = |groups: &mut Groups<'_>| {
            Some(describe::mean_of(groups.group(0)) - describe::mean_of(groups.group(1)))
        };
        Some((bootstrap().by(ends, &[a, b], difference)?, 0.0))
    };
    [
        interval(format!("{word} interval of an IQM"), standing, iqm),
        interval(format!("{word} interval of a mean"), Standing::Option, mean),
        interval(
            format!("{word} interval of the difference"),
            Standing::Option,
            difference,
        ),
    ]
}

/// Over tasks of the same shape.
fn over_tasks(ends: Ends) -> [Procedure; 2] {
    let word = word(ends);
    // A default that does not hold its level, for the sake of being comparable; the report says so.
    let whose = match ends {
        Ends::Percentile => ", rliable's and the default",
        _ => "",
    };
    let iqm = move |shape: Shape, n: usize, generator: &mut Xoshiro256PlusPlus| {
        let tasks: [Vec<f64>; TASKS] = shape.samples(n, generator);
        aggregate::iqm_interval(&tasks, &bootstrap(), ends)
            .is_none_or(|interval| !interval.contains(shape.iqm()))
    };
    let improvement = move |shape: Shape, n: usize, generator: &mut Xoshiro256PlusPlus| {
        let [a, b]: [[Vec<f64>; TASKS]; 2] =
            [shape.samples(n, generator), shape.samples(n, generator)];
        aggregate::improvement_interval(&a, &b, &bootstrap(), ends)
            .is_none_or(|interval| !interval.contains(0.5))
    };
    [
        Procedure::new(
            format!("{word} interval of the IQM over {TASKS} tasks{whose}"),
            Standing::Option,
            iqm,
        )
        .slow(),
        Procedure::new(
            format!("{word} interval of P(improvement) over {TASKS} tasks{whose}"),
            Standing::Option,
            improvement,
        )
        .slow(),
    ]
}
