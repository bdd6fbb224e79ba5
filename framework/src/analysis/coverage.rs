//! Which runs cover the steps that those of their task do. One that ends before the others has no final score: it counts as
//! failed, whatever becomes of such runs, and the others are compared where they end. One that begins after the others has a
//! final score, but no number that needs its whole curve.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::stats::grid::{self, Range};

use super::score_table::{Run, ScoreTable};
use super::settings::Settings;

/// The table with every run that ends early as one that failed; cut at a step, if that was asked for.
pub fn covered<'t>(table: &'t ScoreTable, settings: &Settings) -> Cow<'t, ScoreTable> {
    if !table.has_steps {
        return Cow::Borrowed(table);
    }
    let mut table = Cow::Borrowed(table);
    if let Some(until) = settings.until {
        let runs = table.to_mut().runs.iter_mut();
        runs.for_each(|run| cut(run, until));
    }
    let mut groups: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (place, run) in table.runs.iter().enumerate() {
        let group = groups.entry((run.task, run.context)).or_default();
        group.push(place);
    }
    for places in groups.values() {
        let runs: Vec<&Run> = places.iter().map(|&place| &table.runs[place]).collect();
        let (faults, late) = (faults(&runs, settings), late(&runs));
        for (&place, (fault, late)) in places.iter().zip(faults.into_iter().zip(late)) {
            if let Some(fault) = fault {
                let run = &mut table.to_mut().runs[place];
                run.partial = run.curve.take();
                run.fault = Some(fault);
            } else if late.is_some() {
                table.to_mut().runs[place].late = late;
            }
        }
    }
    table
}

/// Takes away what comes after a step. Between two evaluations a run is a straight line.
fn cut(run: &mut Run, until: u64) {
    run.last_step = run.last_step.min(until);
    let reached = |curve: &Vec<(u64, f64)>| curve.last().is_some_and(|last| last.0 >= until);
    if run.curve.is_none() && run.partial.as_ref().is_some_and(reached) {
        // It failed after that step.
        run.curve = run.partial.take();
    }
    for curve in [&mut run.curve, &mut run.partial].into_iter().flatten() {
        let from = curve.first().map_or(0, |first| first.0);
        let range = Range {
            from,
            to: until,
            cuts: true,
        };
        match grid::within(curve, range) {
            Some(cut) if from <= until => *curve = cut,
            _ => curve.retain(|point| point.0 <= until),
        }
    }
    let clock = run.clock.as_mut().zip(run.curve.as_ref());
    if let Some((clock, curve)) = clock {
        clock.truncate(curve.len());
    }
    run.curve.take_if(|curve| curve.is_empty());
    run.partial.take_if(|curve| curve.is_empty());
}

/// Why each run of one task is incomplete; `None` for those that are not.
fn faults(runs: &[&Run], settings: &Settings) -> Vec<Option<String>> {
    let last = runs
        .iter()
        .map(|run| run.last_step)
        .max()
        .unwrap_or_default();
    let told = settings.until.or(settings.steps);
    let wanted = told.unwrap_or(last);
    let curves = || runs.iter().filter_map(|run| run.curve.as_deref());
    let Some(longest) =
        curves().max_by_key(|curve| (curve.last().map(|point| point.0), curve.len()))
    else {
        return vec![None; runs.len()];
    };
    let first = curves()
        .filter_map(|curve| curve.first())
        .map(|point| point.0)
        .min();
    let most = curves().map(<[_]>::len).max().unwrap_or_default();
    let begin = first.filter(|_| most > 1).unwrap_or_default();
    let length = wanted - begin.min(wanted);
    let fault = |run: &&Run| {
        let curve = run.curve.as_deref()?;
        let end = curve.last()?.0;
        // Runs of as many episodes as the others were meant to have no more.
        // Nor do those of one score each tell that they are whole by their number.
        let is_short = (told.is_some() || curve.len() < most || most == 1)
            && wanted.saturating_sub(end) > slack(curve, length);
        let misses = end < last.min(wanted) && shares_steps(curve, longest);
        (misses || is_short).then(|| format!("ends at step {end} of {wanted}"))
    };
    runs.iter().map(fault).collect()
}

/// Why the beginning of each run of one task is missing; `None` for those that have it. Methods may be evaluated first at steps
/// of their own, a usual distance apart; runs of one method that share their steps may not.
fn late(runs: &[&Run]) -> Vec<Option<String>> {
    // A single score is the last one, and says nothing of the beginning.
    let has_curve = |run: &&Run| run.curve.as_ref().is_some_and(|curve| curve.len() > 1);
    if !runs.iter().any(has_curve) {
        return vec![None; runs.len()];
    }
    let begins = |run: &&Run| run.curve.as_ref().map(|_| run.first_step);
    let Some(first) = runs.iter().filter_map(begins).min() else {
        return vec![None; runs.len()];
    };
    let mut of_method: BTreeMap<usize, &Run> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.curve.is_some()) {
        let earliest = of_method.entry(run.method).or_insert(run);
        if run.first_step < earliest.first_step {
            *earliest = run;
        }
    }
    let late = |run: &&Run| {
        let curve = run.curve.as_deref()?;
        let own = *of_method.get(&run.method)?;
        let length = run.last_step - first.min(run.last_step);
        let allowed = usual_gap(curve).max(length / 20);
        let misses = own.first_step < run.first_step
            && shares_steps(curve, own.curve.as_deref().unwrap_or_default());
        let is_late = misses || run.first_step - first > allowed;
        let others = if misses { own.first_step } else { first };
        is_late.then(|| format!("begins at step {}, the others at {others}", run.first_step))
    };
    runs.iter().map(late).collect()
}

/// How far from the end a run may stop that is evaluated at steps of its own, as at the ends of episodes.
fn slack(curve: &[(u64, f64)], length: u64) -> u64 {
    (usual_gap(curve) / 4 * 3).max(length / 20)
}

/// The median number of steps between two evaluations.
fn usual_gap(curve: &[(u64, f64)]) -> u64 {
    let mut gaps: Vec<u64> = curve.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or_default()
}

/// Whether runs are evaluated at the same steps: nine in ten of those of one are steps of the longest.
fn shares_steps(curve: &[(u64, f64)], longest: &[(u64, f64)]) -> bool {
    let is_shared = |point: &&(u64, f64)| {
        longest
            .binary_search_by_key(&point.0, |other| other.0)
            .is_ok()
    };
    10 * curve.iter().filter(is_shared).count() >= 9 * curve.len()
}

#[cfg(test)]
mod tests {
    use super::super::reading::parse;
    use super::*;

    /// The faults of runs with these steps, one method each.
    fn found(runs: &[&[u64]], settings: &Settings) -> Vec<Option<String>> {
        let mut text = "method,task,seed,step,score\n".to_owned();
        for (seed, steps) in runs.iter().enumerate() {
            steps
                .iter()
                .for_each(|step| text += &format!("a,t,{seed},{step},1\n"));
        }
        let table = parse("s.csv", text.as_bytes()).unwrap();
        let table = covered(&table, settings);
        table.runs.iter().map(|run| run.fault.clone()).collect()
    }

    #[test]
    fn a_run_that_ends_before_others_of_the_same_steps_is_incomplete() {
        let usual = Settings::default();
        let faults = found(
            &[&[100, 200, 300], &[100, 200], &[100, 200, 300], &[300]],
            &usual,
        );
        assert_eq!(
            faults,
            [None, Some("ends at step 200 of 300".into()), None, None]
        );
        let lone = found(&[&[10, 20], &[10]], &usual);
        assert_eq!(lone[1].as_deref(), Some("ends at step 10 of 20"));
        // Of runs with a single score each, those that are as long as the longest but for a twentieth are whole.
        let single = found(&[&[1000], &[10], &[990]], &usual);
        assert_eq!(single, [None, Some("ends at step 10 of 1000".into()), None]);
    }

    /// Why the beginnings of runs of one method are missing, or of one method each.
    fn missing(runs: &[&[u64]], is_one_method: bool) -> Vec<Option<String>> {
        let mut text = "method,task,seed,step,score\n".to_owned();
        for (seed, steps) in runs.iter().enumerate() {
            let method = if is_one_method { 0 } else { seed };
            steps
                .iter()
                .for_each(|step| text += &format!("m{method},t,{seed},{step},1\n"));
        }
        let table = parse("s.csv", text.as_bytes()).unwrap();
        let table = covered(&table, &Settings::default());
        table.runs.iter().map(|run| run.late.clone()).collect()
    }

    #[test]
    fn a_run_begins_late_if_it_misses_steps_of_its_own_method_or_much_of_the_others() {
        let short = missing(&[&[10, 20, 30, 40], &[20, 30, 40]], true);
        assert_eq!(
            short,
            [None, Some("begins at step 20, the others at 10".into())]
        );
        // One program evaluates before training, the other one after the first steps.
        assert_eq!(
            missing(&[&[0, 10, 20, 30], &[10, 20, 30]], false),
            [None, None]
        );
        let half = missing(&[&[10, 20, 30, 40], &[30, 40]], false);
        assert_eq!(
            half,
            [None, Some("begins at step 30, the others at 10".into())]
        );
        // First episodes that end at steps of their own.
        let episodes = |offset: u64| (0..50).map(|k| offset + 20 * k).collect::<Vec<u64>>();
        assert_eq!(missing(&[&episodes(3), &episodes(21)], true), [None, None]);
    }

    #[test]
    fn runs_that_end_with_episodes_of_their_own_are_complete_unless_they_end_far_before() {
        let usual = Settings::default();
        let steps =
            |pace: u64, count: u64| -> Vec<u64> { (1..=count).map(|k| k * pace + k % 7).collect() };
        let (one, other, early) = (steps(97, 100), steps(101, 96), steps(99, 60));
        let faults = found(&[&one, &other, &early], &usual);
        assert_eq!(faults[..2], [None, None]);
        assert!(faults[2].as_ref().unwrap().starts_with("ends at step 59"));
        // As many episodes each, and so as many as were meant.
        let (short, long) = (steps(80, 100), steps(101, 100));
        assert_eq!(found(&[&short, &long], &usual), [None, None]);
    }

    #[test]
    fn the_wanted_number_of_steps_can_be_said_and_a_common_step_be_compared() {
        let steps = Settings {
            steps: Some(400),
            ..Settings::default()
        };
        let faults = found(&[&[100, 200, 300], &[100, 200, 400]], &steps);
        assert_eq!(faults, [Some("ends at step 300 of 400".into()), None]);
        let until = Settings {
            until: Some(150),
            ..Settings::default()
        };
        assert_eq!(
            found(&[&[100, 200, 300], &[100, 200], &[100]], &until)[..2],
            [None, None]
        );
        let table = parse(
            "s.csv",
            b"method,task,seed,step,score\na,t,0,100,1\na,t,0,200,3\n",
        )
        .unwrap();
        assert_eq!(
            covered(&table, &until).runs[0].curve,
            Some(vec![(100, 1.0), (150, 2.0)])
        );
    }
}
