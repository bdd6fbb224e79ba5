//! Intervals that end where no run can score.
//!
//! An interval of few runs nearly always ends beyond the scores that were seen, and rightly: further runs would go there. It
//! misleads only where a task has a limit that runs have reached, such as the length of an episode or a rate of one. No file of
//! scores states its limits, so they are taken from the scores: an end of them that was met again and again; otherwise nought where
//! all scores lie on one side of it, and one where all lie between nought and one.

use std::collections::BTreeSet;

use super::method_scores::MethodScores;
use super::metric::Metric;
use super::score_table::Run;

/// Says so where the interval of a method ends beyond what seems to be a limit of the scores of its task.
pub fn note(methods: &[MethodScores], runs: &[&Run], metric: Metric) -> Option<String> {
    let limits = Limits::of(runs).filter(|_| metric.is_score())?;
    let scored = methods.iter().filter_map(|method| method.scored(metric));
    let intervals: Vec<_> = scored.filter_map(|scored| scored.iqm_interval).collect();
    let below = limits
        .low
        .filter(|low| intervals.iter().any(|ends| ends.low < *low));
    let above = limits
        .high
        .filter(|high| intervals.iter().any(|ends| ends.high > *high));
    let said = [("below", below), ("above", above)]
        .map(|(side, limit)| limit.map(|limit| format!("{side} {}", shown(limit))));
    let said: Vec<String> = said.into_iter().flatten().collect();
    (!said.is_empty()).then(|| {
        format!(
            "an interval ends {}, which no run passed and which seems to be a limit of the task: intervals do not know such limits, and an \
             end beyond one is no score that a run can have",
            said.join(" and ")
        )
    })
}

/// What scores of a task seem never to be below or above.
#[derive(Debug, PartialEq)]
struct Limits {
    low: Option<f64>,
    high: Option<f64>,
}

impl Limits {
    fn of(runs: &[&Run]) -> Option<Self> {
        let points = || {
            let known = runs
                .iter()
                .filter_map(|run| Some((run, run.curve.as_ref()?)));
            known.flat_map(|(run, curve)| curve.iter().map(|point| (run.seed.as_str(), *point)))
        };
        let scores = || points().map(|(_, (_, score))| score);
        let (least, most) = (scores().reduce(f64::min)?, scores().reduce(f64::max)?);
        let is_met_again = |end: f64| {
            let met = points().filter(|(_, (_, score))| *score == end);
            // Runs of one seed may begin as the same network, so that methods share their first score.
            let places: BTreeSet<(&str, u64)> = met.map(|(seed, (step, _))| (seed, step)).collect();
            // Two may meet by chance, as means of few short episodes do.
            places.len() > 2
        };
        let is_rate = least >= 0.0 && most <= 1.0;
        Some(Self {
            low: match least {
                least if is_met_again(least) => Some(least),
                least => (least >= 0.0).then_some(0.0),
            },
            high: match most {
                most if is_met_again(most) => Some(most),
                most if most <= 0.0 => Some(0.0),
                _ => is_rate.then_some(1.0),
            },
        })
    }
}

/// At most three decimals.
fn shown(limit: f64) -> String {
    let rounded = (1000.0 * limit).round() / 1000.0;
    // Nought has no sign for a reader.
    format!("{}", rounded + 0.0).replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Analysis, Settings, parse};

    fn said(runs: &[(&str, &[f64])]) -> Option<String> {
        let mut text = "method,task,seed,score\n".to_owned();
        for (method, scores) in runs {
            for (seed, score) in scores.iter().enumerate() {
                text.push_str(&format!("{method},t,{seed},{score}\n"));
            }
        }
        let table = parse("s.csv", text.as_bytes()).unwrap();
        let analysis = Analysis::of(&table, &Settings::default()).unwrap();
        let mut notes = analysis.blocks[0].notes.iter();
        notes
            .find(|note| note.contains("limit of the task"))
            .cloned()
    }

    #[test]
    fn an_interval_that_passes_a_score_which_runs_met_again_and_again_is_explained() {
        let said = said(&[
            ("a", &[672.3, 760.1, 1000.0, 1000.0, 1000.0]),
            ("b", &[400.5, 520.2, 610.9, 702.4]),
        ]);
        insta::assert_snapshot!(said.unwrap(), @"an interval ends above 1000, which no run passed and which seems to be a limit of the task: intervals do not know such limits, and an end beyond one is no score that a run can have");
    }

    #[test]
    fn an_interval_of_shares_or_costs_is_explained_where_it_passes_their_ends() {
        let shares = said(&[("a", &[0.9, 0.95, 0.99]), ("b", &[0.4, 0.5, 0.6])]);
        assert!(shares.unwrap().contains("ends above 1,"));
        let costs = said(&[
            ("a", &[-400.2, -150.1, -0.5]),
            ("b", &[-900.3, -800.2, -700.1]),
        ]);
        assert!(costs.unwrap().contains("ends above 0,"));
    }

    #[test]
    fn an_interval_that_only_passes_the_scores_that_were_seen_needs_no_words() {
        let free = said(&[
            ("a", &[3120.5, 3311.2, 3544.9]),
            ("b", &[2710.1, 2805.7, 2999.3]),
        ]);
        assert_eq!(free, None);
        let limits = |rows: &[&str]| {
            let text = format!("method,task,seed,step,score\n{}\n", rows.join("\n"));
            let table = parse("s.csv", text.as_bytes()).unwrap();
            let limits = Limits::of(&table.runs.iter().collect::<Vec<_>>()).unwrap();
            (limits.low, limits.high)
        };
        // Two scores may meet by chance.
        let twice = ["a,t,0,0,5", "a,t,0,9,8", "b,t,1,0,6", "b,t,1,9,8"];
        assert_eq!(limits(&twice), (Some(0.0), None));
        // Nor is the same first score of networks that begin alike a limit.
        let alike = [
            "a,t,0,0,5",
            "a,t,0,9,7",
            "b,t,0,0,5",
            "b,t,0,9,8",
            "c,t,0,0,5",
            "c,t,0,9,9",
        ];
        assert_eq!(limits(&alike), (Some(0.0), None));
    }
}
