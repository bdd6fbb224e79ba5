//! A report in sentences: what was done, in the words of a methods section, and what came of it.

use crate::analysis::{Block, Contrast, Direction, MethodScores, Metric};

use super::names::{difference_interval_title, name};
use super::numbers::{interval, p, score, signed};
use super::study::Study;

/// Who is better than the baseline by the main metric, in a sentence for each task.
pub fn sentence(study: &Study) -> String {
    let metric = study.settings().metric();
    let said = |block: &Block| {
        let warning = block.unlearned.as_ref();
        let warning = warning.map(|warning| format!("{}: {warning}.", block.title()));
        let found = [warning, verdict(study, block, metric)]
            .into_iter()
            .flatten();
        found.collect::<Vec<_>>()
    };
    let sentences: Vec<String> = study.analysis.blocks.iter().flat_map(said).collect();
    if sentences.is_empty() {
        return "Nothing can be compared yet.".into();
    }
    sentences.join(" ")
}

fn verdict(study: &Study, block: &Block, metric: Metric) -> Option<String> {
    let (settings, baseline) = (study.settings(), &study.analysis.baseline);
    let pairs = contrasts(study, block, metric);
    if pairs.is_empty() {
        return None;
    }
    let is_significant = |contrast: &Contrast| contrast.is_significant(settings.alpha);
    if let Some(margin) = settings.equivalence() {
        return Some(equals(study, block, metric, margin, &is_significant));
    }
    let chosen = |wanted: &dyn Fn(&Contrast) -> bool| -> Vec<String> {
        let matching = pairs.iter().filter(|(_, contrast)| wanted(contrast));
        matching.map(|(method, _)| method.name.clone()).collect()
    };
    let better = chosen(&|one| is_significant(one) && one.is_better());
    let worse = chosen(&|one| is_significant(one) && !one.is_better());
    let [up, down] = words_of(settings.direction(metric));
    let open = chosen(&|one| one.p_adjusted.is_some_and(|p| p >= settings.alpha));
    let untested = chosen(&|one| one.p_adjusted.is_none());
    let mut parts = Vec::new();
    if !better.is_empty() {
        parts.push(format!("{} {up} {}", list(&better), baseline));
    }
    if !worse.is_empty() {
        parts.push(format!("{} {down} {}", list(&worse), baseline));
    }
    if !open.is_empty() {
        let verb = if open.len() == 1 { "is" } else { "are" };
        parts.push(format!(
            "{} {verb} not significantly different from {}",
            list(&open),
            baseline
        ));
    }
    if !untested.is_empty() {
        parts.push(format!("{} could not be tested", list(&untested)));
    }
    Some(format!(
        "{}, {}: {}.",
        block.title(),
        name(study, metric),
        parts.join("; ")
    ))
}

/// What is said of a method that is better, and of one that is worse.
fn words_of(direction: Direction) -> [&'static str; 2] {
    match direction {
        Direction::Higher => ["scored higher than", "scored lower than"],
        Direction::Lower => [
            "has less, which is better, than",
            "has more, which is worse, than",
        ],
    }
}

/// Who is shown to be equal to the baseline.
fn equals(
    study: &Study,
    block: &Block,
    metric: Metric,
    margin: f64,
    is_significant: &dyn Fn(&Contrast) -> bool,
) -> String {
    let (equal, open): (Vec<_>, Vec<_>) = contrasts(study, block, metric)
        .into_iter()
        .partition(|(_, contrast)| is_significant(contrast));
    let labels = |found: Vec<(&MethodScores, &Contrast)>| -> Vec<String> {
        let names = found.iter().map(|(method, _)| method.name.clone());
        names.collect()
    };
    let baseline = &study.analysis.baseline;
    let mut parts = Vec::new();
    if !equal.is_empty() {
        let labels = list(&labels(equal));
        parts.push(format!("{labels} scored as {baseline} within ±{margin}"));
    }
    if !open.is_empty() {
        let labels = list(&labels(open));
        parts.push(format!(
            "of {labels} it is not shown that they score as {baseline} within ±{margin}"
        ));
    }
    format!(
        "{}, {}: {}.",
        block.title(),
        name(study, metric),
        parts.join("; ")
    )
}

/// What came of it, for a results section.
pub fn results(study: &Study) -> String {
    let mut sentences = Vec::new();
    for block in &study.analysis.blocks {
        for comparison in &block.comparisons {
            let metric = comparison.metric;
            let baseline = &study.analysis.baseline;
            let found = block.methods.iter().find(|method| method.name == *baseline);
            let Some(described) = found.and_then(|method| described(method, metric)) else {
                continue;
            };
            let pairs = contrasts(study, block, metric);
            if pairs.is_empty() {
                continue;
            }
            let others: Vec<String> = pairs
                .iter()
                .map(|(method, contrast)| outcome(study, method, contrast, metric))
                .collect();
            sentences.push(format!(
                "On {}, the {} of {baseline} was {described}; {}.",
                block.title(),
                name(study, metric),
                others.join("; ")
            ));
        }
    }
    if sentences.is_empty() {
        return "There is nothing to compare yet.".into();
    }
    sentences.join(" ")
}

fn described(method: &MethodScores, metric: Metric) -> Option<String> {
    let scored = method.scored(metric)?;
    let std = scored.summary.std.map(|std| format!(" ± {}", score(std)));
    Some(format!(
        "{}{} ({} of {} runs)",
        score(scored.summary.mean),
        std.unwrap_or_default(),
        method.finished,
        method.planned
    ))
}

fn outcome(study: &Study, method: &MethodScores, contrast: &Contrast, metric: Metric) -> String {
    let settings = study.settings();
    let own =
        described(method, metric).unwrap_or_else(|| "unknown, for want of finished runs".into());
    let mut text = format!("that of {} {own}", method.name);
    let Some(adjusted) = contrast.p_adjusted else {
        let why = contrast
            .note
            .clone()
            .unwrap_or_else(|| "no test is possible".into());
        return format!("{text} ({why})");
    };
    let mut details = Vec::new();
    if let Some(difference) = contrast.mean_difference {
        details.push(format!("difference {}", signed(difference)));
    }
    if let Some(ends) = &contrast.interval {
        details.push(format!(
            "{} {}",
            difference_interval_title(study),
            interval(ends)
        ));
    }
    let shown = p(adjusted);
    let shown = shown
        .strip_prefix('<')
        .map_or(format!("p = {shown}"), |bound| format!("p < {bound}"));
    details.push(shown);
    if let Some(delta) = contrast.cliff_delta {
        details.push(format!("δ = {delta:+.2}").replace('-', "−"));
    }
    let verdict = match (settings.equivalence(), adjusted < settings.alpha) {
        (None, true) => "a significant difference".into(),
        (None, false) => "not significant".into(),
        (Some(margin), true) => format!("equal within ±{margin}"),
        (Some(margin), false) => format!("not shown to be equal within ±{margin}"),
    };
    text.push_str(&format!(" ({}: {verdict})", details.join(", ")));
    text
}

/// The methods of a block with their comparison with the baseline.
fn contrasts<'b>(
    study: &Study,
    block: &'b Block,
    metric: Metric,
) -> Vec<(&'b MethodScores, &'b Contrast)> {
    let contrasts = block
        .comparison(metric)
        .map_or(&[][..], |comparison| &comparison.contrasts);
    let pair = |method: &'b MethodScores| {
        let own = contrasts.iter().find(|contrast| {
            contrast.method == method.name && contrast.baseline == study.analysis.baseline
        });
        own.map(|contrast| (method, contrast))
    };
    block.methods.iter().filter_map(pair).collect()
}

pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
