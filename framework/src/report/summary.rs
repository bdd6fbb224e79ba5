//! The comparison in sentences: what was done, in the words of a methods section, and what came of it.

use crate::across::Across;
use crate::compare::{Block, Comparison, Contrast, OFF_AXIS, Row};
use crate::stats::family::Family;
use crate::suite::Metric;

use super::numbers::{interval, interval_title, p, score, signed};
use super::prose::{correction_name, fate, scale, test_name};
use super::tables::{name, title};

/// Who is better than the baseline by the main metric, in a sentence for each task.
pub fn sentence(comparison: &Comparison) -> String {
    let compare = &comparison.compare;
    let Some(&metric) = compare.metrics.first() else {
        return String::new();
    };
    let sentences: Vec<String> = comparison
        .blocks
        .iter()
        .filter_map(|block| verdict(comparison, block, metric))
        .collect();
    if sentences.is_empty() {
        return "Nothing can be compared yet.".into();
    }
    sentences.join(" ")
}

fn verdict(comparison: &Comparison, block: &Block, metric: Metric) -> Option<String> {
    let compare = &comparison.compare;
    let pairs = contrasts(block, metric);
    if pairs.is_empty() {
        return None;
    }
    let is_significant =
        |contrast: &Contrast| contrast.p_adjusted.is_some_and(|p| p < compare.alpha);
    if let Some(margin) = compare.equivalence() {
        return Some(equals(comparison, block, metric, margin, &is_significant));
    }
    let rises = |contrast: &Contrast| {
        contrast
            .difference
            .is_some_and(|difference| difference > 0.0)
    };
    let chosen = |wanted: &dyn Fn(&Contrast) -> bool| -> Vec<String> {
        let matching = pairs.iter().filter(|(_, contrast)| wanted(contrast));
        matching.map(|(row, _)| row.label.clone()).collect()
    };
    let better = chosen(&|one| is_significant(one) && rises(one));
    let worse = chosen(&|one| is_significant(one) && !rises(one));
    let open = chosen(&|one| one.p_adjusted.is_some_and(|p| p >= compare.alpha));
    let untested = chosen(&|one| one.p_adjusted.is_none());
    let mut parts = Vec::new();
    if !better.is_empty() {
        parts.push(format!(
            "{} scored higher than {}",
            list(&better),
            compare.baseline
        ));
    }
    if !worse.is_empty() {
        parts.push(format!(
            "{} scored lower than {}",
            list(&worse),
            compare.baseline
        ));
    }
    if !open.is_empty() {
        let verb = if open.len() == 1 { "is" } else { "are" };
        parts.push(format!(
            "{} {verb} not told apart from {}",
            list(&open),
            compare.baseline
        ));
    }
    if !untested.is_empty() {
        parts.push(format!("{} could not be tested", list(&untested)));
    }
    Some(format!(
        "{}, {}: {}.",
        title(block),
        name(metric),
        parts.join("; ")
    ))
}

/// Who is shown to be equal to the baseline.
fn equals(
    comparison: &Comparison,
    block: &Block,
    metric: Metric,
    margin: f64,
    is_significant: &dyn Fn(&Contrast) -> bool,
) -> String {
    let (equal, open): (Vec<_>, Vec<_>) = contrasts(block, metric)
        .into_iter()
        .partition(|(_, contrast)| is_significant(contrast));
    let labels = |found: Vec<(&Row, &Contrast)>| -> Vec<String> {
        found.iter().map(|(row, _)| row.label.clone()).collect()
    };
    let baseline = &comparison.compare.baseline;
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
    format!("{}, {}: {}.", title(block), name(metric), parts.join("; "))
}

/// What was done, for a methods section.
pub fn methods(comparison: &Comparison, across: &[Across]) -> String {
    let compare = &comparison.compare;
    let mut labels: Vec<String> = Vec::new();
    let mut tasks: Vec<String> = Vec::new();
    let mut planned: Vec<usize> = Vec::new();
    for block in &comparison.blocks {
        if !tasks.contains(&block.environment) {
            tasks.push(block.environment.clone());
        }
        for row in &block.rows {
            if row.label != OFF_AXIS && !labels.contains(&row.label) {
                labels.push(row.label.clone());
            }
            planned.push(row.planned);
        }
    }
    let (fewest, most) = (
        planned.iter().min().copied().unwrap_or(0),
        planned.iter().max().copied().unwrap_or(0),
    );
    let seeds = if fewest == most {
        most.to_string()
    } else {
        format!("{fewest} to {most}")
    };
    let metrics: Vec<String> = compare
        .metrics
        .iter()
        .map(|&metric| definition(metric, comparison))
        .collect();
    let mut text = format!(
        "We compared {} ({}) on {} by training {seeds} independent runs of each combination, with different seeds, for {} \
         environment steps. Policies were evaluated without exploration, {} episodes at a time, in environments of their \
         own. Every run enters the statistics as one number per metric: {}. ",
        count(labels.len(), &compare.factor.to_string()),
        list(&labels),
        list(&tasks),
        comparison.steps,
        comparison.evaluation_episodes,
        metrics.join("; ")
    );
    text.push_str(&format!(
        "Each {} was compared with {} by {}; p values were corrected by {} within each {}. Effect sizes are Cliff's delta. Interquartile means have 95 % percentile bootstrap \
         intervals from 50 000 resamples of runs, stretched for few runs (Hesterberg 2015). ",
        compare.factor,
        compare.baseline,
        match compare.equivalence() {
            Some(margin) => format!(
                "{} within ±{margin} (alpha = {})",
                test_name(compare.test),
                compare.alpha
            ),
            None => format!(
                "{} test (two-sided, alpha = {})",
                test_name(compare.test),
                compare.alpha
            ),
        },
        correction_name(compare.correction),
        match compare.family {
            Family::PerEnvironment => "metric and environment",
            Family::All => "metric",
            Family::AgainstBaseline => "metric and table",
        },
    ));
    if let Some(several) = across.iter().find(|one| one.tasks.len() > 1) {
        text.push_str(&format!(
            "Across tasks, scores were normalised ({}); aggregates are interquartile means with stratified bootstrap \
             intervals, and mean scores were compared by Wilcoxon's signed-rank test over tasks. ",
            scale(several)
        ));
    }
    text.push_str(&match comparison.unfinished.len() {
        0 => "All planned runs finished.".to_owned(),
        1 => format!(
            "One planned run did not finish; such runs {}.",
            fate(compare.failed)
        ),
        several => format!(
            "{several} planned runs did not finish; they {}.",
            fate(compare.failed)
        ),
    });
    text
}

fn definition(metric: Metric, comparison: &Comparison) -> String {
    match metric {
        Metric::Final => format!(
            "the final return, the mean over the {} episodes of the last evaluation",
            comparison.evaluation_episodes
        ),
        Metric::Best => {
            "the best return, the mean of its best evaluation (biased upwards by that choice)"
                .into()
        }
        Metric::Auc => {
            "the area under the curve (AUC), the mean return averaged over the steps of training"
                .into()
        }
    }
}

/// What came of it, for a results section.
pub fn results(comparison: &Comparison) -> String {
    let mut sentences = Vec::new();
    for block in &comparison.blocks {
        for &metric in &comparison.compare.metrics {
            let pairs = contrasts(block, metric);
            let baseline = block
                .rows
                .iter()
                .find(|row| row.label == comparison.compare.baseline);
            let Some(baseline) = baseline.and_then(|row| described(row, metric)) else {
                continue;
            };
            if pairs.is_empty() {
                continue;
            }
            let others: Vec<String> = pairs
                .iter()
                .map(|(row, contrast)| outcome(comparison, row, contrast, metric))
                .collect();
            sentences.push(format!(
                "On {}, the {} of {} was {baseline}; {}.",
                title(block),
                name(metric),
                comparison.compare.baseline,
                others.join("; ")
            ));
        }
    }
    if sentences.is_empty() {
        return "There is nothing to compare yet.".into();
    }
    sentences.join(" ")
}

fn described(row: &Row, metric: Metric) -> Option<String> {
    let scored = row.score(metric)?;
    let std = scored.summary.std.map(|std| format!(" ± {}", score(std)));
    Some(format!(
        "{}{} ({} of {} runs)",
        score(scored.summary.mean),
        std.unwrap_or_default(),
        row.finished,
        row.planned
    ))
}

fn outcome(comparison: &Comparison, row: &Row, contrast: &Contrast, metric: Metric) -> String {
    let compare = &comparison.compare;
    let own = described(row, metric).unwrap_or_else(|| "unknown, for want of finished runs".into());
    let mut text = format!("that of {} {own}", row.label);
    let Some(adjusted) = contrast.p_adjusted else {
        let why = contrast
            .note
            .clone()
            .unwrap_or_else(|| "no test is possible".into());
        return format!("{text} ({why})");
    };
    let mut details = Vec::new();
    if let Some(difference) = contrast.difference {
        details.push(format!("difference {}", signed(difference)));
    }
    if let Some(ends) = &contrast.interval {
        let title = interval_title(compare.test, compare.alpha);
        details.push(format!("{title} {}", interval(ends)));
    }
    let shown = p(adjusted);
    let shown = shown
        .strip_prefix('<')
        .map_or(format!("p = {shown}"), |bound| format!("p < {bound}"));
    details.push(shown);
    if let Some(delta) = contrast.cliffs_delta {
        details.push(format!("δ = {delta:+.2}").replace('-', "−"));
    }
    let verdict = match (compare.equivalence(), adjusted < compare.alpha) {
        (None, true) => "a significant difference".into(),
        (None, false) => "not significant".into(),
        (Some(margin), true) => format!("equal within ±{margin}"),
        (Some(margin), false) => format!("not shown to be equal within ±{margin}"),
    };
    text.push_str(&format!(" ({}: {verdict})", details.join(", ")));
    text
}

fn contrasts(block: &Block, metric: Metric) -> Vec<(&Row, &Contrast)> {
    let mut pairs = Vec::new();
    for row in &block.rows {
        let contrast = row
            .contrasts
            .iter()
            .find(|contrast| contrast.metric == metric);
        pairs.extend(contrast.map(|contrast| (row, contrast)));
    }
    pairs
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// `a, b and c`.
fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
