//! The scores of one run, as they are read.

use super::super::score_table::Run;
use super::options::SameStep;

/// A run of which more scores may follow. Most files have one score a run, and some have a million runs: it is small.
pub struct OpenRun {
    /// The places of its method, task, context and seed.
    pub place: [u32; 4],
    pub points: Vec<Point>,
}

#[derive(Clone, Copy)]
pub struct Point {
    pub step: u64,
    /// NaN where it is missing.
    pub score: f64,
    pub line: u32,
    pub file: u32,
    pub episode: u32,
}

/// In the place of an episode where there are none.
pub const NO_EPISODE: u32 = u32::MAX;

/// A score that says again what another one said.
pub struct Repetition {
    /// The places of method, task, context and seed.
    pub place: [u32; 4],
    pub one: Point,
    pub again: Point,
}

impl Repetition {
    /// Whether it comes earlier in the files.
    pub fn is_before(&self, other: &Self) -> bool {
        (self.again.file, self.again.line) < (other.again.file, other.again.line)
    }
}

impl OpenRun {
    /// The first score of a run that stands at the same step as another, and is no other episode; the points are sorted.
    pub fn repetition(&self, same_step: SameStep) -> Option<Repetition> {
        let is_again = |pair: &&[Point]| {
            let (one, again) = (pair[0], pair[1]);
            let is_same_episode = one.episode == again.episode;
            let is_refused = same_step == SameStep::Refuse || one.episode != NO_EPISODE;
            one.step == again.step && is_same_episode && is_refused
        };
        let pairs = self.points.windows(2).filter(is_again);
        let first = pairs.min_by_key(|pair| (pair[1].file, pair[1].line))?;
        Some(Repetition {
            place: self.place,
            one: first[0],
            again: first[1],
        })
    }

    /// The run; its points are sorted, one for each step. A score that is missing within it is passed over; without a last
    /// score the run has failed.
    pub fn closed(self, seeds: &[String]) -> Run {
        let first_step = self.points.first().map_or(0, |point| point.step);
        let last_step = self.points.last().map_or(0, |point| point.step);
        // Of its final size: a million runs that grew would take four times as much.
        let mut known = Vec::with_capacity(self.points.len());
        let scored = self.points.iter().filter(|point| !point.score.is_nan());
        known.extend(scored.map(|point| (point.step, point.score)));
        let has_failed = known
            .last()
            .is_none_or(|point: &(u64, f64)| point.0 < last_step);
        let (curve, partial) = match has_failed {
            false => (Some(known), None),
            true => (None, Some(known).filter(|known| !known.is_empty())),
        };
        let [method, task, context, seed] = self.place.map(|place| place as usize);
        Run {
            method,
            task,
            context,
            seed: seeds[seed].clone(),
            curve,
            partial,
            first_step,
            last_step,
            ..Run::default()
        }
    }
}

/// One point for each step.
pub fn joined(points: &[Point], same_step: SameStep) -> Vec<Point> {
    let join = |points: &[Point]| {
        let is_last = points[0].episode == NO_EPISODE && same_step == SameStep::Last;
        let last = points
            .iter()
            .max_by_key(|point| (point.file, point.line))
            .filter(|_| is_last);
        let sum: f64 = points.iter().map(|point| point.score).sum();
        Point {
            score: last.map_or(sum / points.len() as f64, |last| last.score),
            ..points[0]
        }
    };
    points
        .chunk_by(|one, next| one.step == next.step)
        .map(join)
        .collect()
}
