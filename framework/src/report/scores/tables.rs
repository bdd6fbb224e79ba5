//! The tables of an analysis, and what they mean.

use crate::report::numbers::{NONE, interval_title, p, score};
use crate::report::table::{Cell, Column, Kind, Runs, Table, Value, slug};
use crate::scores::{Analysis, Contrast, Failed, Learning, LearningMethod, Method, Metric, Task};
use crate::stats::ends::Ends;

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

/// The columns are given as name and kind.
fn table(title: String, columns: &[(&str, Kind)], rows: Vec<Vec<Cell>>) -> Table {
    Table {
        id: slug(&title),
        title,
        subject: None,
        columns: columns
            .iter()
            .map(|&(name, kind)| Column::new(name, kind))
            .collect(),
        rows,
    }
}

fn chance(value: f64) -> Value {
    Value::Text(format!("{value:.2}"))
}

fn scores(task: &Task) -> Table {
    let row = |method: &Method| {
        let runs = Runs {
            finished: method.finished,
            planned: method.planned,
        };
        let summary = method.summary;
        vec![
            Cell::text(method.name.clone()),
            Cell::new(Value::Runs(runs)),
            Cell::of(summary, |summary| Value::Spread(summary.mean, summary.std)),
            Cell::of(summary, |summary| Value::Number(summary.median)),
            Cell::of(summary, |summary| {
                Value::Estimate(summary.iqm, method.iqm_interval)
            }),
        ]
    };
    let columns = [
        ("method", Kind::Label),
        ("runs", Kind::Runs),
        ("mean ± std", Kind::Spread),
        ("median", Kind::Number),
        ("IQM [95 % CI]", Kind::Estimate),
    ];
    table(
        task.name.clone(),
        &columns,
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
        let mut adjusted = Cell::of(contrast.p_adjusted, Value::P);
        adjusted.significant = contrast
            .p_adjusted
            .is_some_and(|p| p < analysis.settings.alpha);
        vec![
            Cell::text(contrast.method.clone()),
            Cell::of(contrast.mean_difference, Value::Signed),
            Cell::of(contrast.interval, Value::Interval),
            Cell::of(contrast.p, Value::P),
            adjusted,
            Cell::of(contrast.hedges_g, Value::Delta),
            Cell::of(contrast.cliff_delta, Value::Delta),
        ]
    };
    let adjusted = format!("p {}", analysis.settings.correction);
    let interval = interval_title(analysis.settings.test, analysis.settings.alpha);
    let one = |baseline: &&String| {
        let rows = task
            .contrasts
            .iter()
            .filter(|contrast| contrast.baseline == **baseline)
            .map(row)
            .collect();
        let columns = [
            ("", Kind::Label),
            ("difference", Kind::Number),
            (&interval, Kind::Interval),
            ("p", Kind::P),
            (&adjusted, Kind::P),
            ("g", Kind::Number),
            ("Cliff δ", Kind::Number),
        ];
        table(format!("{} against {baseline}", task.name), &columns, rows)
    };
    baselines.iter().map(one).collect()
}

fn curves(task: &Task, learning: &Learning) -> Table {
    let row = |method: &LearningMethod| {
        let steady = method.stability;
        let reached = |finished: usize| Value::Text(format!("{finished}/{}", method.runs));
        vec![
            Cell::text(method.name.clone()),
            Cell::of(method.auc, Value::Number),
            Cell::of(method.reached, reached),
            Cell::of(method.median_steps, |step| Value::Text(step.to_string())),
            Cell::of(steady, |steady| Value::Number(steady.dispersion)),
            Cell::of(steady, |steady| Value::Number(steady.max_drawdown)),
            Cell::of(method.dispersion_across_runs, Value::Number),
        ]
    };
    let goal = learning
        .threshold
        .map_or(String::new(), |goal| format!(" (goal {})", score(goal)));
    let columns = [
        ("method", Kind::Label),
        ("AUC", Kind::Number),
        ("reached", Kind::Label),
        ("steps", Kind::Label),
        ("IQR of Δ", Kind::Number),
        ("drawdown", Kind::Number),
        ("IQR of runs", Kind::Number),
    ];
    table(
        format!("{}: curves{goal}", task.name),
        &columns,
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
            Cell::text(method.name.clone()),
            Cell::of(method.iqm, |iqm| Value::Estimate(iqm, method.iqm_interval)),
            Cell::of(method.mean, Value::Number),
            Cell::of(method.median, Value::Number),
            Cell::of(method.optimality_gap, Value::Number),
            Cell::of(method.probability_of_improvement, chance),
        ]
    });
    let columns = [
        ("method", Kind::Label),
        ("IQM [95 % CI]", Kind::Estimate),
        ("mean", Kind::Number),
        ("median", Kind::Number),
        ("gap", Kind::Number),
        ("P(better)", Kind::Label),
    ];
    let title = format!("Normalised scores over {}", count(aggregate.tasks.len()));
    Some(table(title, &columns, rows.collect()))
}

fn count(tasks: usize) -> String {
    if tasks == 1 {
        "1 task".into()
    } else {
        format!("{tasks} tasks")
    }
}

fn across(analysis: &Analysis) -> Option<Table> {
    let across = &analysis.across;
    if across.tasks.len() < 2 || analysis.methods.len() < 2 {
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
        let beliefs = signed.and_then(|signed| signed.beliefs);
        vec![
            Cell::text(method.clone()),
            Cell::of(rank, Value::Number),
            Cell::of(signed.and_then(|signed| signed.p), Value::P),
            Cell::of(signed.and_then(|signed| signed.p_adjusted), Value::P),
            Cell::of(beliefs, |beliefs| chance(beliefs.worse)),
            Cell::of(beliefs, |beliefs| chance(beliefs.equivalent)),
            Cell::of(beliefs, |beliefs| chance(beliefs.better)),
        ]
    });
    let adjusted = format!("p {}", analysis.settings.correction);
    let columns = [
        ("method", Kind::Label),
        ("mean rank", Kind::Number),
        ("p signed rank", Kind::P),
        (&adjusted, Kind::P),
        ("worse", Kind::Label),
        ("same", Kind::Label),
        ("better", Kind::Label),
    ];
    let title = format!(
        "Over {}, against {}",
        count(across.tasks.len()),
        analysis.baseline
    );
    Some(table(title, &columns, rows.collect()))
}

/// The tests of all methods of a task.
fn tested_at_once(task: &Task) -> Vec<String> {
    let mut notes = Vec::new();
    let overall = &task.overall;
    if task.methods.len() > 2 {
        let found = overall.p.map(|value| format!("p {}", p(value)));
        let said: Vec<String> = found.into_iter().chain(overall.note.clone()).collect();
        notes.push(format!(
            "{}: all methods at once by {}: {}.",
            task.name,
            overall.test.title(),
            said.join("; ")
        ));
    }
    if let Some(dunnett) = &task.dunnett {
        let of = |(method, _, value): &(String, f64, f64)| format!("{method} p {}", p(*value));
        let found: Vec<String> = dunnett.methods.iter().map(of).collect();
        let said = dunnett.note.clone().unwrap_or_else(|| found.join(", "));
        notes.push(format!(
            "{}: Dunnett's test against {}, corrected for all of them: {said}.",
            task.name, dunnett.control
        ));
    }
    notes
}

/// What the numbers mean, in words.
pub fn notes(analysis: &Analysis) -> Vec<String> {
    let settings = &analysis.settings;
    let mut notes = vec![format!(
        "{}Test: {}, each method against {}. Family: {}; correction within it: {}. * marks p below alpha = {}. \
         Interval of the difference: {}. ±: standard deviation over runs (n − 1). IQM: interquartile mean, with the interval of a \
         {}. g: Hedges' g. Cliff δ: the chance that a run beats one of the baseline, less the reverse.",
        match settings.metric {
            Metric::Final => "",
            Metric::Best => "Scores: the best one of each run. ",
            Metric::Auc => "Scores: of each run the average over its steps. ",
        },
        match settings.margin {
            Some(margin) => format!(
                "{} within ±{margin} (a small p says equal)",
                settings.test.title()
            ),
            None => format!("{}, {}", settings.test.title(), settings.test.convention()),
        },
        if settings.all_pairs {
            "every other"
        } else {
            &analysis.baseline
        },
        settings.family.title(),
        settings.correction,
        settings.alpha,
        settings
            .interval
            .map_or(settings.test.interval_title(), Ends::title),
        settings.interval.unwrap_or(Ends::Stretched).title()
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
        let absent: Vec<&str> = analysis
            .methods
            .iter()
            .filter(|name| !task.methods.iter().any(|method| method.name == **name))
            .map(String::as_str)
            .collect();
        if !absent.is_empty() {
            let absent = absent.join(", ");
            notes.push(format!(
                "{}: no run of {absent}, so the task is in nothing that is said over all tasks.",
                task.name
            ));
        }
        notes.extend(tested_at_once(task));
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
            ranking.critical_difference.map_or_else(|| NONE.to_owned(), score)
        ));
    }
    let post_hoc = across.ranking.iter().flat_map(|ranking| &ranking.post_hoc);
    let pairs: Vec<String> = post_hoc
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
            "After that, by {}, corrected for all pairs: {}.",
            settings.post_hoc.title(),
            pairs.join("; ")
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
