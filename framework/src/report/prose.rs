//! What the numbers mean, in words: test, family, alpha, n, what happened to failed runs, what so few runs can show.

use crate::across::Across;
use crate::compare::{
    Block, Comparison, Made, OFF_AXIS, Row, family_size, is_mixture, strictest_alpha,
};
use crate::stats::correction::Correction;
use crate::suite::{Compare, Failed, Test};

use super::numbers::score;
use super::tables::{name, title};

/// Paragraphs that hold for the whole report, then those of single tables.
pub fn notes(comparison: &Comparison) -> Vec<String> {
    let mut notes = method_notes(comparison);
    notes.push(failures(comparison));
    notes.push(provenance(&comparison.provenance));
    notes
}

/// What the numbers of the tables are, and what so few runs can show.
pub fn method_notes(comparison: &Comparison) -> Vec<String> {
    let mut notes = vec![scores(comparison)];
    notes.extend(test(comparison));
    for block in &comparison.blocks {
        notes.extend(power(comparison, block));
        notes.extend(nothing_to_compare_with(comparison, block));
        notes.extend(exceptions(block));
    }
    notes.extend(scales(comparison));
    notes
}

/// What the table of surrogates holds.
fn scales(comparison: &Comparison) -> Option<String> {
    let first = comparison.surrogates.first()?;
    Some(format!(
        "Surrogates: peak; half-width at half maximum, below the threshold; area; value for a neuron at rest, at u = {}. \
         – stands for infinite. Where peaks or areas differ, scales are compared as well as shapes.",
        score(first.facts.u_at_rest)
    ))
}

fn scores(comparison: &Comparison) -> String {
    format!(
        "Scores: one number a run. Final return: mean of the {} episodes of the last evaluation, after {} steps. \
         Best: mean of the best evaluation, which is biased upwards by choosing it. AUC: mean return averaged over \
         the steps. ±: standard deviation over runs (n − 1). IQM: interquartile mean of the final returns, with a \
         percentile bootstrap interval (50 000 resamples, fixed seed), stretched for few runs.",
        comparison.evaluation_episodes, comparison.steps
    )
}

fn test(comparison: &Comparison) -> Option<String> {
    let compare = &comparison.compare;
    comparison
        .blocks
        .iter()
        .map(family_size)
        .find(|&size| size > 0)?;
    let metrics: Vec<&str> = compare.metrics.iter().map(|&metric| name(metric)).collect();
    let what = match compare.equivalence() {
        Some(margin) => format!(
            "{} within ±{margin} (a small p says equal; the interval that decides has {} %)",
            test_name(compare.test),
            score(100.0 * (1.0 - 2.0 * compare.alpha))
        ),
        None => format!("{}, {}", test_name(compare.test), compare.test.convention()),
    };
    Some(format!(
        "Test: {what}, of each {} against {}, on {}. Family: {}, of one metric; correction within it: {}. * marks p below alpha = {}. Cliff δ: the chance that a run beats one of \
         the baseline, less the reverse.",
        compare.factor,
        compare.baseline,
        metrics.join(", "),
        compare.family.title(),
        compare.correction,
        compare.alpha
    ))
}

/// What a test that finds something says of an entry and the baseline, whose name follows.
pub fn found(compare: &Compare) -> String {
    match compare.equivalence() {
        Some(margin) => format!("equal within ±{margin} to"),
        None => "differs from".into(),
    }
}

/// What becomes of runs that did not finish.
pub fn fate(failed: Failed) -> &'static str {
    match failed {
        Failed::Refuse | Failed::Exclude => "are in no number",
        Failed::Worst => "count as the worst score of any run in their table",
    }
}

/// What a correction is called in a sentence.
pub fn correction_name(correction: Correction) -> &'static str {
    match correction {
        Correction::None => "no method",
        Correction::Bonferroni => "Bonferroni's method",
        Correction::Holm => "Holm's method",
        Correction::Hochberg => "Hochberg's method",
        Correction::Hommel => "Hommel's method",
        Correction::Bh => "the method of Benjamini and Hochberg",
        Correction::By => "the method of Benjamini and Yekutieli",
    }
}

/// What a test is called.
pub fn test_name(test: Test) -> &'static str {
    test.title()
}

fn power(comparison: &Comparison, block: &Block) -> Option<String> {
    let compare = &comparison.compare;
    if compare.equivalence().is_some() {
        return None;
    }
    let size = family_size(block);
    let contrasts = block.rows.iter().flat_map(|row| row.contrasts.first());
    let reach: Vec<Option<f64>> = contrasts
        .map(|contrast| contrast.smallest_significant_d)
        .collect();
    let first = *reach.first()?;
    let baseline = block
        .rows
        .iter()
        .find(|row| row.label == compare.baseline)?
        .finished;
    let alpha = strictest_alpha(compare.correction, compare.alpha, block);
    let family = if size == 1 {
        "1 comparison".into()
    } else {
        format!("{size} comparisons")
    };
    let level = score(alpha);
    let must = format!("at the level {level} that the smallest p must meet");
    let what = match first {
        Some(d) if reach.iter().all(|reach| reach.is_some()) => {
            let largest = reach.iter().flatten().copied().fold(d, f64::max);
            format!(
                "{must}, this many runs can reach alpha, if the means differ by at least {} pooled standard deviations",
                score(largest)
            )
        }
        _ if matches!(compare.test, Test::Welch | Test::Student) => {
            format!(
                "{must}, with fewer than two finished runs a side no difference can reach alpha"
            )
        }
        // What the other tests find does not depend on the difference of the means alone.
        _ => format!("the smallest p must meet the level {level}"),
    };
    Some(format!(
        "{}: {family}, {baseline} finished runs of {}; {what}.",
        title(block),
        compare.baseline
    ))
}

/// The baseline may be excluded from some of the tables.
fn nothing_to_compare_with(comparison: &Comparison, block: &Block) -> Option<String> {
    let baseline = &comparison.compare.baseline;
    let on_the_axis = |row: &&Row| row.label != OFF_AXIS;
    let mut rows = block.rows.iter().filter(on_the_axis).peekable();
    rows.peek()?;
    (!rows.any(|row| row.label == *baseline)).then(|| {
        format!(
            "{}: no comparison, because {baseline} is excluded here.",
            title(block)
        )
    })
}

fn exceptions(block: &Block) -> Vec<String> {
    let mut notes = Vec::new();
    for row in &block.rows {
        for contrast in &row.contrasts {
            if let Some(note) = &contrast.note {
                notes.push(format!(
                    "{}, {}, {}: {note}.",
                    title(block),
                    row.label,
                    name(contrast.metric)
                ));
            }
        }
    }
    notes
}

fn failures(comparison: &Comparison) -> String {
    if comparison.unfinished.is_empty() {
        return "Runs: all planned runs finished.".into();
    }
    let list: Vec<String> = comparison
        .unfinished
        .iter()
        .map(|run| match (run.status, &run.reason) {
            (None, _) => format!("{} (not run)", run.id),
            (Some(status), None) => format!("{} ({})", run.id, status.name()),
            (Some(status), Some(reason)) => format!("{} ({}: {reason})", run.id, status.name()),
        })
        .collect();
    let fate = match comparison.compare.failed {
        Failed::Refuse => {
            "Such a run is in no number above, and what it belongs to is not tested, because it may be flattered"
        }
        Failed::Exclude => "Such a run is in no number above, which may flatter what it belongs to",
        Failed::Worst => "Such a run counts as the worst score of any run in its table",
    };
    format!(
        "† Runs: {} of the planned runs did not finish. {fate}: {}.",
        list.len(),
        list.join("; ")
    )
}

/// What 0 and 1 stand for on the common scale of several tasks.
pub fn scale(across: &Across) -> String {
    let whole = |end: f64| end.to_string().replace('-', "−");
    let (mut declared, mut others) = (Vec::new(), Vec::new());
    for (place, task) in across.tasks.iter().enumerate() {
        let ends = across.bounds[place];
        if across.declared[place] {
            declared.push(format!(
                "{task} {} to {}",
                whole(ends.low),
                whole(ends.high)
            ));
        } else {
            others.push(task.as_str());
        }
    }
    if declared.is_empty() {
        return "0: worst run of any entry on that task, 1: best".into();
    }
    let mut text = format!("0 and 1 as the suite declares: {}", declared.join(", "));
    if !others.is_empty() {
        text.push_str(&format!(
            "; on {}, which it does not name, the worst and the best run of any entry",
            others.join(", ")
        ));
    }
    text
}

/// What made the records.
pub fn provenance(all: &[Made]) -> String {
    let describe = |made: &Made| {
        let one = &made.by;
        let engine = one
            .engine
            .as_ref()
            .map(|engine| format!(", {engine}"))
            .unwrap_or_default();
        format!(
            "spikebench {} ({}), tch {}, LibTorch {}{engine}, {} on {}",
            one.spikebench, one.revision, one.tch, one.libtorch, one.device, one.platform
        )
    };
    match all {
        [] => "Made by: no run yet.".into(),
        [one] => format!("Made by: {}.", describe(one)),
        several => {
            let list: Vec<String> = several
                .iter()
                .map(|made| format!("{}: {}", made.environments.join(", "), describe(made)))
                .collect();
            let mixture = if is_mixture(several) {
                " a mixture of versions"
            } else {
                ""
            };
            format!("Made by{mixture}: {}.", list.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Provenance;

    fn made(revision: &str, engine: Option<&str>, environments: &[&str]) -> Made {
        Made {
            by: Provenance {
                spikebench: "0.1.0".into(),
                revision: revision.into(),
                tch: "0.24.0".into(),
                libtorch: "2.11.0".into(),
                engine: engine.map(str::to_owned),
                device: "cpu".into(),
                threads: 1,
                platform: "linux-x86_64".into(),
            },
            environments: environments.iter().map(|name| name.to_string()).collect(),
        }
    }

    #[test]
    fn environments_of_different_engines_are_no_mixture() {
        let engines = [
            made("aaa", None, &["Pendulum-v1"]),
            made(
                "aaa",
                Some("MuJoCo 3.3.7"),
                &["Hopper-v5", "InvertedPendulum-v5"],
            ),
        ];
        insta::assert_snapshot!(provenance(&engines), @"Made by: Pendulum-v1: spikebench 0.1.0 (aaa), tch 0.24.0, LibTorch 2.11.0, cpu on linux-x86_64; Hopper-v5, InvertedPendulum-v5: spikebench 0.1.0 (aaa), tch 0.24.0, LibTorch 2.11.0, MuJoCo 3.3.7, cpu on linux-x86_64.");
    }

    #[test]
    fn two_revisions_in_one_environment_are_a_mixture() {
        let revisions = [
            made("aaa", None, &["Pendulum-v1"]),
            made("bbb", None, &["Pendulum-v1"]),
        ];
        insta::assert_snapshot!(provenance(&revisions), @"Made by a mixture of versions: Pendulum-v1: spikebench 0.1.0 (aaa), tch 0.24.0, LibTorch 2.11.0, cpu on linux-x86_64; Pendulum-v1: spikebench 0.1.0 (bbb), tch 0.24.0, LibTorch 2.11.0, cpu on linux-x86_64.");
    }
}
