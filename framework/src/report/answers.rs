//! The questions of a comparison with their answers, as one table and in words.

use crate::analysis::{Answer, Effect, Question};

use super::names::{correction_title, interval_title, short};
use super::study::{Study, Times};
use super::table::{Cell, Kind, Table, Value};

/// The name of the table.
pub const ID: &str = "answers";

/// Question → answer → effect with its interval → certainty; `None` where nothing is compared.
pub fn table(study: &Study, times: Times) -> Option<Table> {
    let answers = shown(study, times);
    if answers.is_empty() {
        return None;
    }
    let axes = context_axes(study);
    let row = |answer: &Answer| {
        let mut p = Cell::of(answer.p, Value::P);
        p.significant = answer.p.is_some_and(|p| p < study.settings().alpha);
        [
            Cell::text(question(answer)),
            Cell::text(answer.method.clone()),
        ]
        .into_iter()
        .chain(context_cells(study, &answer.context))
        .chain([
            Cell::text(verdict(study, answer)),
            Cell::of(answer.effect, effect),
            p,
        ])
        .collect()
    };
    let (interval, p) = (
        format!("effect [{}]", interval_title(study)),
        format!("p {}", correction_title(study.settings().correction)),
    );
    let mut columns = vec![
        ("question", Kind::Label),
        (study.noun.as_str(), Kind::Label),
    ];
    columns.extend(axes.iter().map(|axis| (*axis, Kind::Label)));
    columns.extend([
        ("answer", Kind::Label),
        (interval.as_str(), Kind::Effect),
        (p.as_str(), Kind::P),
    ]);
    Some(Table::new(
        ID.into(),
        format!("answers, against {}", study.analysis.baseline),
        &columns,
        answers.into_iter().map(row).collect(),
    ))
}

/// The answers without those about time, unless that is shown.
fn shown(study: &Study, times: Times) -> Vec<&Answer> {
    let answers = study.analysis.answers.iter();
    let is_shown =
        |answer: &&Answer| times == Times::Shown || answer.question != Question::RunningTime;
    answers.filter(is_shown).collect()
}

/// The names of the columns that tell the contexts apart; none where there is a single one.
fn context_axes(study: &Study) -> Vec<&str> {
    let axes = &study.table.context_axes;
    match study.analysis.across.len() {
        0 | 1 => Vec::new(),
        _ if axes.is_empty() => vec!["context"],
        _ => axes.iter().map(|axis| axis.name.as_str()).collect(),
    }
}

/// What stands in these columns.
fn context_cells(study: &Study, context: &str) -> Vec<Cell> {
    let parts = match study.analysis.across.len() {
        0 | 1 => Vec::new(),
        _ if study.table.context_axes.is_empty() => vec![context],
        _ => study.table.parts_of(context),
    };
    parts.into_iter().map(Cell::text).collect()
}

/// What is asked, with the metric that answers it.
fn question(answer: &Answer) -> String {
    let asked = match answer.question {
        Question::Speed => "learns faster?",
        Question::Return => "scores better?",
        Question::Steadiness => "trains more steadily?",
        Question::Energy => "takes less energy?",
        Question::RunningTime => "trains in less time?",
    };
    format!("{asked} ({})", short(answer.metric))
}

/// `yes`, `no: worse` or `not shown`, or on how many tasks.
fn verdict(study: &Study, answer: &Answer) -> String {
    if answer.tasks > 1 {
        let counts = [
            ("better", answer.wins),
            ("worse", answer.losses),
            ("untested", answer.untested),
        ];
        let some = counts.iter().filter(|(_, count)| *count > 0);
        let some: Vec<String> = some
            .map(|(word, count)| format!("{word} on {count}"))
            .collect();
        return match some.is_empty() {
            true => format!("shown on none of {}", answer.tasks),
            false => format!("{} of {}", some.join(", "), answer.tasks),
        };
    }
    match answer.p {
        None => "not tested".into(),
        Some(p) if p >= study.settings().alpha => "not shown".into(),
        Some(_) if answer.wins > 0 => "yes".into(),
        Some(_) => "no, the reverse".into(),
    }
}

fn effect(effect: Effect) -> Value {
    match effect {
        Effect::Difference {
            value, interval, ..
        } => Value::Estimate(value, interval),
        Effect::Chance { value, interval } => Value::Estimate(value, interval),
    }
}

/// What the table of answers means, in words.
pub fn note(study: &Study, times: Times) -> Option<String> {
    let answers = shown(study, times);
    let first = answers.first()?;
    let settings = study.settings();
    let one = answers.iter().any(|answer| answer.tasks == 1);
    let several = answers.iter().any(|answer| answer.tasks > 1);
    let mut text = format!(
        "Answers: each {} against {}; every question is a family of its own. ",
        study.noun, first.baseline
    );
    if one {
        text.push_str(&format!(
            "On one task the effect is the difference of the means in the unit of what stands in brackets, with the test of the \
             tables (steps to a threshold: the difference of the restricted means, log-rank test); yes: better, at p below {}; not \
             shown is no proof of equality. ",
            settings.alpha
        ));
    }
    if several {
        text.push_str(
            "Over several tasks the effect is the chance that a run beats one of the baseline on a random task (0.5: neither), with \
             a stratified bootstrap interval, and p that of signed ranks of the tasks' means; better and worse count the tasks on \
             which the test of runs found a difference. ",
        );
    }
    text.push_str(
        "Steadier: a smaller interquartile range of the changes from one evaluation to the next, within a run.",
    );
    let timed = answers
        .iter()
        .any(|answer| answer.question == Question::RunningTime);
    if timed {
        text.push_str(" Times depend on the machine and on its other load.");
    }
    Some(text)
}
