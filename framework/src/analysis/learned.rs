//! Whether anybody learned: without that, a comparison compares noise.

use crate::stats::signed_rank::{self, Zeros};

use super::direction::Direction;
use super::score_table::Run;
use super::settings::Settings;

/// Fewer runs cannot give a significant signed rank.
const FEWEST: usize = 6;

/// What a reader must be told before any comparison if the runs of a task do not end better than they began; `None` if they do,
/// or if no run has two evaluations.
pub fn unlearned(runs: &[&Run], settings: &Settings) -> Option<String> {
    let better = settings.better;
    let ends = |run: &&Run| {
        let curve = run
            .curve
            .as_ref()
            .filter(|curve| curve.len() > 1 && run.late.is_none())?;
        Some((
            curve[0].0,
            better.orient(curve[0].1),
            better.orient(curve[curve.len() - 1].1),
        ))
    };
    let ends: Vec<(u64, f64, f64)> = runs.iter().filter_map(ends).collect();
    let step = ends.iter().map(|end| end.0).min()?;
    let (first, last): (Vec<f64>, Vec<f64>) = ends.iter().map(|end| (end.1, end.2)).unzip();
    let improved = first
        .iter()
        .zip(&last)
        .filter(|(first, last)| last > first)
        .count();
    let count = ends.len();
    let since = format!("at step {step}");
    if improved == 0 {
        return Some(format!(
            "nobody learned: {} than its first evaluation {since}",
            none_ends_better(count, better)
        ));
    }
    let rises = last.iter().sum::<f64>() > first.iter().sum::<f64>();
    let p = signed_rank::exact(&last, &first, Zeros::Wilcox).ok()?.p;
    (count >= FEWEST && !(rises && p < settings.alpha)).then(|| {
        format!(
            "it is not shown that anybody learned: {improved} of {count} runs end {} than their first evaluation {since}, which is not \
             significantly more than chance gives (signed ranks, p {p:.4})",
            word(better)
        )
    })
}

/// `none of 3 runs ends higher`
pub(super) fn none_ends_better(runs: usize, better: Direction) -> String {
    match runs {
        1 => format!("the only run does not end {}", word(better)),
        _ => format!("none of {runs} runs ends {}", word(better)),
    }
}

fn word(better: Direction) -> &'static str {
    match better {
        Direction::Higher => "higher",
        Direction::Lower => "lower",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(ends: &[(f64, f64)], better: Direction) -> Option<String> {
        let run = |&(first, last): &(f64, f64)| Run {
            curve: Some(vec![(100, first), (200, last)]),
            ..Run::default()
        };
        let runs: Vec<Run> = ends.iter().map(run).collect();
        let settings = Settings {
            better,
            ..Settings::default()
        };
        unlearned(&runs.iter().collect::<Vec<_>>(), &settings)
    }

    #[test]
    fn where_no_run_ends_better_than_it_began_nobody_learned() {
        let flat = [(5.0, 5.0), (6.0, 4.0), (7.0, 7.0)];
        assert_eq!(
            said(&flat, Direction::Higher).unwrap(),
            "nobody learned: none of 3 runs ends higher than its first evaluation at step 100"
        );
        assert_eq!(said(&flat, Direction::Lower), None);
        assert_eq!(said(&[(5.0, 9.0), (6.0, 4.0)], Direction::Higher), None);
        assert_eq!(said(&[], Direction::Higher), None);
    }

    #[test]
    fn runs_that_wander_are_not_shown_to_have_learned() {
        let wandering: Vec<(f64, f64)> = (0..8)
            .map(|run| (10.0, 10.0 + f64::from(run) - 3.6))
            .collect();
        let text = said(&wandering, Direction::Higher).unwrap();
        assert!(
            text.starts_with("it is not shown that anybody learned: 4 of 8 runs end higher"),
            "{text}"
        );
        let rising: Vec<(f64, f64)> = (0..8).map(|run| (10.0, 11.0 + f64::from(run))).collect();
        assert_eq!(said(&rising, Direction::Higher), None);
    }
}
