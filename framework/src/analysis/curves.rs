//! Learning curves: the interquartile mean over runs with a band, along steps or along the time of training.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::stats::bootstrap::Bootstrap;
use crate::stats::grid::{self, Place, Range};
use crate::stats::interval::Interval;

use super::score_table::{Run, ScoreTable};
use super::settings::Settings;

/// The curve of one method.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// The name of the method.
    pub name: String,
    /// In ascending order.
    pub points: Vec<Point>,
}

/// A place on a curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Seconds of training, environment steps, or the share of training.
    pub at: f64,
    /// The interquartile mean over runs of the score there.
    pub iqm: f64,
    /// Its bootstrap interval, for this place alone; `None` for a single run.
    pub interval: Option<Interval>,
}

/// Enough for two digits of a band's ends; as many as rliable takes for its profiles.
const RESAMPLES: u32 = 2_000;

/// A curve of more places than this is looked at evenly: more cannot be seen, and each costs a bootstrap.
const MOST_PLACES: usize = 200;

/// The places of a curve over time, where no two runs are evaluated at the same moment.
const MOMENTS: u64 = 64;

/// Milliseconds in a second, the units of clocks and of curves.
const MILLISECONDS: f64 = 1000.0;

fn bootstrap(settings: &Settings) -> Bootstrap {
    Bootstrap {
        resamples: RESAMPLES,
        ..settings.bootstrap()
    }
}

/// The interquartile mean with its band at every step at which some run was evaluated, or at evenly spaced ones if there are
/// too many of them.
pub fn band(runs: &[Vec<(u64, f64)>], settings: &Settings) -> Vec<Place> {
    if grid::steps(runs).len() <= MOST_PLACES {
        return grid::band(runs, &bootstrap(settings));
    }
    match evenly(runs, MOST_PLACES as u64 - 1) {
        None => Vec::new(),
        Some(runs) => grid::band(&runs, &bootstrap(settings)),
    }
}

/// The curve of every method against seconds of training, each from its slowest run's first evaluation to its fastest run's
/// last one. A method with a run that does not tell its times has none.
pub fn over_time(
    table: &ScoreTable,
    by_method: &BTreeMap<usize, Vec<&Run>>,
    settings: &Settings,
) -> Vec<Curve> {
    let curve = |(&method, runs): (&usize, &Vec<&Run>)| {
        let finished = runs.iter().filter(|run| run.curve.is_some());
        let clocked: Vec<Vec<(u64, f64)>> =
            finished.map(|run| clocked(run)).collect::<Option<_>>()?;
        let places = grid::band(&evenly(&clocked, MOMENTS)?, &bootstrap(settings));
        let point = |place: Place| Point {
            at: place.step as f64 / MILLISECONDS,
            iqm: place.iqm,
            interval: place.interval,
        };
        let points: Vec<Point> = places.into_iter().map(point).collect();
        let name = table.methods[method].clone();
        (!points.is_empty()).then_some(Curve { name, points })
    };
    by_method.iter().filter_map(curve).collect()
}

/// The firing rate of every method along steps; a method with a run of which it is not known has none.
pub fn firing_rates(
    table: &ScoreTable,
    by_method: &BTreeMap<usize, Vec<&Run>>,
    settings: &Settings,
) -> Vec<Curve> {
    let rates = |run: &&&Run| -> Option<Vec<(u64, f64)>> {
        let known = run.activity.iter();
        let rates: Vec<(u64, f64)> = known
            .map(|at| Some((at.step, at.firing_rate?)))
            .collect::<Option<_>>()?;
        (!rates.is_empty()).then_some(rates)
    };
    let curve = |(&method, runs): (&usize, &Vec<&Run>)| {
        let finished = runs.iter().filter(|run| run.curve.is_some());
        let runs: Vec<Vec<(u64, f64)>> = finished.map(|run| rates(&run)).collect::<Option<_>>()?;
        let point = |place: Place| Point {
            at: place.step as f64,
            iqm: place.iqm,
            interval: place.interval,
        };
        let points: Vec<Point> = band(&runs, settings).into_iter().map(point).collect();
        let name = table.methods[method].clone();
        (!points.is_empty()).then_some(Curve { name, points })
    };
    by_method.iter().filter_map(curve).collect()
}

/// The curve of a run against milliseconds; `None` if they are not known, or two evaluations lie within one millisecond.
fn clocked(run: &Run) -> Option<Vec<(u64, f64)>> {
    let (curve, clock) = (run.curve.as_ref()?, run.clock.as_ref()?);
    let scores = curve.iter().map(|point| point.1);
    let clocked: Vec<(u64, f64)> = clock.iter().copied().zip(scores).collect();
    clocked
        .is_sorted_by(|one, next| one.0 < next.0)
        .then_some(clocked)
}

/// Every run at the same places, which divide what all of them cover into `parts` equal parts; between two evaluations a run
/// is a straight line. `None` if they have nothing in common.
pub(super) fn evenly(runs: &[Vec<(u64, f64)>], parts: u64) -> Option<Vec<Vec<(u64, f64)>>> {
    let Range { from, to, .. } = Range::of(runs)?;
    let length = u128::from(to - from);
    let mut places: Vec<u64> = (0..=parts)
        .map(|part| from + (length * u128::from(part) / u128::from(parts)) as u64)
        .collect();
    places.dedup();
    let run = |run: &Vec<(u64, f64)>| -> Option<Vec<(u64, f64)>> {
        let at = |&place: &u64| Some((place, grid::at(run, place)?));
        places.iter().map(at).collect()
    };
    runs.iter().map(run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_different_pace_meet_at_even_moments_of_the_time_that_all_cover() {
        let runs = [vec![(100, 0.0), (6500, 64.0)], vec![(50, 3.0), (9000, 3.0)]];
        let even = evenly(&runs, MOMENTS).unwrap();
        let moments: Vec<u64> = even[0].iter().map(|point| point.0).collect();
        assert_eq!(moments.len(), 65);
        assert_eq!((moments[0], moments[1], moments[64]), (100, 200, 6500));
        assert_eq!(even[0][10].0, 1100);
        assert!((even[0][10].1 - 10.0).abs() < 1e-12);
        assert!(even[1].iter().all(|point| (point.1 - 3.0).abs() < 1e-12));
        assert_eq!(evenly(&[vec![(0, 1.0)], vec![(5, 1.0)]], MOMENTS), None);
        assert_eq!(evenly(&[], MOMENTS), None);
    }

    #[test]
    fn curves_evaluated_at_steps_of_their_own_have_a_band_of_a_bounded_number_of_places() {
        let run = |offset: u64| {
            (0..5000)
                .map(|step| (3 * step + offset, step as f64))
                .collect()
        };
        let places = band(&[run(0), run(1), run(2)], &Settings::default());
        assert_eq!(places.len(), MOST_PLACES);
        assert_eq!((places[0].step, places[MOST_PLACES - 1].step), (2, 14997));
    }
}
