//! The tables of an analysis, and what they mean.

use std::iter::repeat;

use crate::report::numbers::{NONE, interval, or_dash, p, score, signed};
use crate::report::table::{Cell, Column, Kind, Table, slug};
use crate::scores::{Analysis, Contrast, Failed, Learning, LearningMethod, Method, Task};

/// Every table, in the order of reading.
pub fn all(analysis: &Analysis) -> Vec<Table> {
    let mut tables = Vec::new();
    for task in &analysis.tasks {
        tables.push(scores(task));
        tables.extend(contrasts(task, analysis));
        tables.extend(
            task.learning
                .as_ref()
                .map(|learning| curves(task, learning)),
        );
    }
    tables.extend(aggregate(analysis));
    tables.extend(across(analysis));
    tables
}

fn table(title: String, head: &[&str], rows: Vec<Vec<String>>) -> Table {
    let kinds = [Kind::Label].into_iter().chain(repeat(Kind::Number));
    Table {
        id: slug(&title),
        title,
        subject: None,
        columns: head
            .iter()
            .zip(kinds)
            .map(|(&name, kind)| Column::new(name, kind))
            .collect(),
        rows: rows
            .into_iter()
            .map(|row| row.into_iter().map(Cell::text).collect())
            .collect(),
    }
}

fn scores(task: &Task) -> Table {
    let row = |method: &Method| {
        let lost = if method.finished < method.planned {
            "†"
        } else {
            ""
        };
        let summary = method.summary;
        vec![
            method.name.clone(),
            format!("{}/{}{lost}", method.finished, method.planned),
            or_dash(summary, |summary| {
                format!("{} ± {}", score(summary.mean), or_dash(summary.std, score))
            }),
            or_dash(summary, |summary| score(summary.median)),
            or_dash(summary, |summary| {
                let ends = method
                    .iqm_interval
                    .as_ref()
                    .map_or(String::new(), |ends| format!(" {}", interval(ends)));
                format!("{}{ends}", score(summary.iqm))
            }),
        ]
    };
    let head = ["method", "runs", "mean ± std", "median", "IQM [95 % CI]"];
    table(
        task.name.clone(),
        &head,
        task.methods.iter().map(row).collect(),
    )
}

fn contrasts(task: &Task, analysis: &Analysis) -> Vec<Table> {
    let mut baselines: Vec<&String> = task
        .contrasts
        .iter()
        .map(|contrast| &contrast.baseline)
        .collect();
    baselines.dedup();
    let row = |contrast: &Contrast| {
        let significant = contrast
            .p_adjusted
            .is_some_and(|p| p < analysis.settings.alpha);
        let delta = |delta: f64| format!("{delta:+.2}").replace('-', "−");
        vec![
            contrast.method.clone(),
            or_dash(contrast.mean_difference, signed),
            or_dash(contrast.interval.as_ref(), interval),
            or_dash(contrast.p, p),
            or_dash(contrast.p_adjusted, |value| {
                p(value) + if significant { "*" } else { "" }
            }),
            or_dash(contrast.hedges_g, |g| delta(g)),
            or_dash(contrast.cliff_delta, delta),
        ]
    };
    let adjusted = format!("p {}", analysis.settings.correction);
    let one = |baseline: &&String| {
        let rows = task
            .contrasts
            .iter()
            .filter(|contrast| contrast.baseline == **baseline)
            .map(row)
            .collect();
        let head = ["", "difference", "95 % CI", "p", &adjusted, "g", "Cliff δ"];
        table(format!("{} against {baseline}", task.name), &head, rows)
    };
    baselines.iter().map(one).collect()
}

fn curves(task: &Task, learning: &Learning) -> Table {
    let row = |method: &LearningMethod| {
        let steady = method.stability;
        vec![
            method.name.clone(),
            or_dash(method.auc, score),
            or_dash(method.reached, |reached| {
                format!("{reached}/{}", method.runs)
            }),
            or_dash(method.median_steps, |step| step.to_string()),
            or_dash(steady, |steady| score(steady.dispersion)),
            or_dash(steady, |steady| score(steady.max_drawdown)),
            or_dash(method.dispersion_across_runs, score),
        ]
    };
    let goal = learning
        .threshold
        .map_or(String::new(), |goal| format!(" (goal {})", score(goal)));
    let head = [
        "method",
        "AUC",
        "reached",
        "steps",
        "IQR of Δ",
        "drawdown",
        "IQR of runs",
    ];
    table(
        format!("{}: curves{goal}", task.name),
        &head,
        learning.methods.iter().map(row).collect(),
    )
}

fn aggregate(analysis: &Analysis) -> Option<Table> {
    let aggregate = &analysis.aggregate;
    if aggregate.tasks.is_empty() {
        return None;
    }
    let rows = aggregate.methods.iter().map(|method| {
        vec![
            method.name.clone(),
            or_dash(method.iqm, |iqm| {
                let ends = method
                    .iqm_interval
                    .as_ref()
                    .map_or(String::new(), |ends| format!(" {}", interval(ends)));
                format!("{}{ends}", score(iqm))
            }),
            or_dash(method.mean, score),
            or_dash(method.median, score),
            or_dash(method.optimality_gap, score),
            or_dash(method.probability_of_improvement, |chance| {
                format!("{chance:.2}")
            }),
        ]
    });
    let head = [
        "method",
        "IQM [95 % CI]",
        "mean",
        "median",
        "gap",
        "P(better)",
    ];
    let title = format!("Normalised scores over {} tasks", aggregate.tasks.len());
    Some(table(title, &head, rows.collect()))
}

fn across(analysis: &Analysis) -> Option<Table> {
    let across = &analysis.across;
    if across.tasks.len() < 2 {
        return None;
    }
    let rows = analysis.methods.iter().enumerate().map(|(place, method)| {
        let rank = across
            .ranking
            .as_ref()
            .map(|ranking| ranking.mean_ranks[place]);
        let signed = across
            .signed_ranks
            .iter()
            .find(|signed| signed.method == *method);
        let belief = |share: f64| format!("{share:.2}");
        let beliefs = signed.and_then(|signed| signed.beliefs);
        vec![
            method.clone(),
            or_dash(rank, score),
            or_dash(signed.and_then(|signed| signed.p), p),
            or_dash(signed.and_then(|signed| signed.p_adjusted), p),
            beliefs.map_or(NONE.into(), |beliefs| belief(beliefs.worse)),
            beliefs.map_or(NONE.into(), |beliefs| belief(beliefs.equivalent)),
            beliefs.map_or(NONE.into(), |beliefs| belief(beliefs.better)),
        ]
    });
    let adjusted = format!("p {}", analysis.settings.correction);
    let head = [
        "method",
        "mean rank",
        "p signed rank",
        &adjusted,
        "worse",
        "same",
        "better",
    ];
    Some(table(
        format!(
            "Over {} tasks, against {}",
            across.tasks.len(),
            analysis.baseline
        ),
        &head,
        rows.collect(),
    ))
}

/// What the numbers mean, in words.
pub fn notes(analysis: &Analysis) -> Vec<String> {
    let settings = &analysis.settings;
    let mut notes = vec![format!(
        "Test: {}, two-sided, each method against {}. Family: {}; correction within it: {}. * marks p below alpha = {}. \
         ±: standard deviation over runs (n − 1). IQM: interquartile mean, with a percentile bootstrap interval. g: \
         Hedges' g. Cliff δ: the chance that a run beats one of the baseline, less the reverse.",
        settings.test.title(),
        if settings.all_pairs {
            "every other"
        } else {
            &analysis.baseline
        },
        settings.family.title(),
        settings.correction,
        settings.alpha
    )];
    let lost: usize = analysis
        .tasks
        .iter()
        .flat_map(|task| &task.methods)
        .map(|method| method.planned - method.finished)
        .sum();
    if lost > 0 {
        let policy = match settings.failed {
            Failed::Refuse => "What they belong to is not tested.",
            Failed::Exclude => "They are left out, which may flatter what they belong to.",
            Failed::Worst => "They count as the worst score of any run on their task.",
        };
        notes.push(format!("† {lost} runs have no usable score. {policy}"));
    }
    for task in &analysis.tasks {
        notes.extend(
            task.note
                .as_ref()
                .map(|note| format!("{}: {note}.", task.name)),
        );
        let of_method = |method: &Method| {
            Some(format!(
                "{}, {}: {}.",
                task.name,
                method.name,
                method.note.as_ref()?
            ))
        };
        notes.extend(task.methods.iter().filter_map(of_method));
        notes.extend(task.contrasts.iter().filter_map(|contrast| {
            let note = contrast.note.as_ref()?;
            Some(format!(
                "{}, {} against {}: {note}.",
                task.name, contrast.method, contrast.baseline
            ))
        }));
    }
    if analysis.tasks.iter().any(|task| task.learning.is_some()) {
        notes.push(
            "Curves: AUC, the score averaged over the steps; reached, runs that reached the goal; steps, by which half of \
             them had (Kaplan–Meier, runs that did not are censored); IQR of Δ, interquartile range of the changes between \
             evaluations, and drawdown, the largest fall from the best so far, medians over runs; IQR of runs, averaged \
             over the steps."
                .into(),
        );
        for task in &analysis.tasks {
            let learning = task
                .learning
                .as_ref()
                .and_then(|learning| learning.log_rank_p);
            notes.extend(learning.map(|value| {
                format!(
                    "{}: log-rank test of the steps to the goal: p {}.",
                    task.name,
                    p(value)
                )
            }));
        }
    }
    let across = &analysis.across;
    if let Some(ranking) = &across.ranking {
        notes.push(format!(
            "Friedman, tie-corrected: p {}; Iman–Davenport: p {}; mean rank 1 is the best; Nemenyi's critical difference \
             of mean ranks: {}.",
            p(ranking.p),
            p(ranking.iman_davenport_p),
            or_dash(ranking.critical_difference, score)
        ));
    }
    if across.tasks.len() > 1 {
        notes.push(format!(
            "worse, same, better: Bayesian signed-rank test over tasks, differences within ±{} count as the same.",
            settings.rope
        ));
        notes.extend(
            across
                .note
                .as_ref()
                .map(|note| format!("Over tasks: {note}.")),
        );
        let of_method = |signed: &crate::scores::SignedRank| {
            Some(format!(
                "Over tasks, {}: {}.",
                signed.method,
                signed.note.as_ref()?
            ))
        };
        notes.extend(across.signed_ranks.iter().filter_map(of_method));
    }
    notes.extend(
        analysis
            .aggregate
            .note
            .as_ref()
            .map(|note| format!("Normalised scores: {note}.")),
    );
    notes.extend(analysis.notes.iter().map(|note| format!("{note}.")));
    notes
}
