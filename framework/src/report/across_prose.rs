//! What the numbers about curves and about all tasks together mean, in words.

use crate::analysis::Across;
use crate::stats::two_sample::Test;

use super::numbers::{NONE, p, score};
use super::study::Study;

/// What the tables of curves mean.
pub fn curves(study: &Study) -> Vec<String> {
    let learning = || {
        let blocks = study.analysis.blocks.iter();
        blocks.filter_map(|block| Some((block, block.learning.as_ref()?)))
    };
    if learning().next().is_none() {
        return Vec::new();
    }
    let has_goal = learning().any(|(_, learning)| learning.threshold.is_some());
    let goal = if has_goal {
        "reached, runs that reached the goal; median steps, by which half of them had (Kaplan–Meier, runs that did not are censored); mean steps, to the goal or to the horizon (restricted mean); "
    } else {
        ""
    };
    let mut notes = vec![format!(
        "Curves: {goal}IQR of Δ, interquartile range of the changes between evaluations, drawdown, the largest fall from the best so \
         far, and worst of last 10, the mean of the worst 5 % (CVaR) of the last ten evaluations, medians over runs; IQR of runs, \
         averaged over the steps. Failed runs have no curve."
    )];
    for (block, learning) in learning() {
        if let Some(value) = learning.log_rank_p {
            notes.push(format!(
                "{}: log-rank test of the steps to the goal: p {}.",
                block.title(),
                p(value)
            ));
        }
        let note = learning.note.as_ref();
        notes.extend(note.map(|note| format!("{}: {note}.", block.title())));
    }
    notes
}

/// What the tables over all tasks of a context mean.
pub fn over_tasks(study: &Study, across: &Across) -> Vec<String> {
    let settings = study.settings();
    let place = if across.context.is_empty() {
        "Over tasks".to_owned()
    } else {
        format!("Over tasks, {}", across.context)
    };
    let mut notes = Vec::new();
    if across.tasks.len() > 1 {
        if let Some(friedman) = &across.ranking.friedman {
            notes.push(format!(
                "{place}: Friedman, tie-corrected: p {}; Iman–Davenport: p {}; mean rank 1 is the best; Nemenyi's critical \
                 difference of mean ranks: {}.",
                p(friedman.p),
                p(friedman.iman_davenport_p),
                friedman
                    .critical_difference
                    .map_or_else(|| NONE.to_owned(), score)
            ));
            let pairs: Vec<String> = friedman
                .post_hoc
                .iter()
                .map(|pair| {
                    format!(
                        "{} and {} p {}",
                        pair.method,
                        pair.other,
                        p(pair.p_adjusted)
                    )
                })
                .collect();
            if !pairs.is_empty() {
                notes.push(format!(
                    "{place}: after that, by {}, corrected for all pairs: {}.",
                    settings.post_hoc.title(),
                    pairs.join("; ")
                ));
            }
        }
        if across.is_normalised && !across.signed_ranks.is_empty() {
            notes.push(format!(
                "worse, same, better: Bayesian signed-rank test over tasks; differences within ±{} of the common scale count as \
                 the same.",
                settings.rope
            ));
        }
        notes.extend(across.signed_ranks.iter().filter_map(|signed| {
            let note = signed.note.as_ref()?;
            Some(format!("{place}, {}: {note}.", signed.method))
        }));
        let aggregate = across.aggregate.notes.iter();
        notes.extend(aggregate.map(|note| format!("Normalised scores: {note}.")));
        if !across.aggregate.tasks.is_empty() {
            notes.push(format!("Normalised scores: {}.", scale(across)));
        }
    }
    notes.extend(across.notes.iter().map(|note| format!("{place}: {note}.")));
    notes
}

/// What 0 and 1 stand for on the common scale of several tasks.
pub fn scale(across: &Across) -> String {
    let whole = |end: f64| end.to_string().replace('-', "−");
    let (mut declared, mut others) = (Vec::new(), Vec::new());
    for (task, scale) in across.tasks.iter().zip(&across.scales) {
        match scale {
            Some(scale) if scale.is_declared => declared.push(format!(
                "{task} {} to {}",
                whole(scale.bounds.low),
                whole(scale.bounds.high)
            )),
            Some(_) => others.push(task.as_str()),
            None => {}
        }
    }
    if declared.is_empty() {
        return "0: worst run of any method on that task, 1: best".into();
    }
    let mut text = format!("0 and 1 as declared: {}", declared.join(", "));
    if !others.is_empty() {
        text.push_str(&format!(
            "; on {}, without bounds, the worst and the best run of any method",
            others.join(", ")
        ));
    }
    text
}

/// The test that decides which methods of a context rank differently.
pub fn rank_test(across: &Across, test: Test) -> String {
    if across.tasks.len() == 1 {
        format!("{} on runs", test.title())
    } else {
        "Wilcoxon's signed-rank test on mean scores, one pair a task".into()
    }
}
