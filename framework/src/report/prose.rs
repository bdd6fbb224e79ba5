//! What the numbers mean, in words: test, family, alpha, what happened to failed runs, what so few runs can show.

use crate::analysis::{Across, Block, Contrast, Failed, Metric, Settings};
use crate::run::record::{Made, NO_SURROGATE_LABEL, is_mixture};
use crate::stats::correction::Correction;
use crate::stats::ends::Ends;
use crate::stats::two_groups::Test;

use super::numbers::{NONE, p, score};
use super::study::Study;
use super::tables::{contrast_interval_title, name};

/// Paragraphs that hold for the whole report, then those of single tables, then what became of failed runs.
pub fn notes(study: &Study) -> Vec<String> {
    let mut notes = method_notes(study);
    notes.extend(failures(study));
    if study.training.is_some() {
        notes.push(provenance(&study.provenance));
    }
    notes
}

/// What the numbers of the tables are, and what so few runs can show.
pub fn method_notes(study: &Study) -> Vec<String> {
    let mut notes = vec![scores(study)];
    notes.extend(test(study));
    for block in &study.analysis.blocks {
        let about = |note: String| format!("{}: {note}.", block.title());
        let said = power(study, block)
            .into_iter()
            .chain(block.notes.iter().filter(|_| is_compared(block)).cloned())
            .chain(tests_of_all(block));
        notes.extend(said.map(about));
        notes.extend(exceptions(study, block));
    }
    notes.extend(curves(study));
    for across in &study.analysis.across {
        notes.extend(over_tasks(study, across));
    }
    notes.extend(study.analysis.notes.iter().map(|note| format!("{note}.")));
    notes.extend(scales(study));
    notes
}

/// Whether there is anything to compare: networks without spikes stand alone where surrogates are compared.
fn is_compared(block: &Block) -> bool {
    block
        .methods
        .iter()
        .any(|method| method.name != NO_SURROGATE_LABEL)
}

/// What the table of surrogates holds.
fn scales(study: &Study) -> Option<String> {
    let first = study.surrogates.first()?;
    Some(format!(
        "Surrogates: peak; half-width at half maximum, below the threshold; area; value for a neuron at rest, at u = {}. \
         – stands for infinite. Where peaks or areas differ, scales are compared as well as shapes.",
        score(first.profile.u_at_rest)
    ))
}

fn scores(study: &Study) -> String {
    let settings = study.settings();
    let mut text = "Scores: one number a run. ".to_owned();
    if let Some(training) = study.training {
        text.push_str(&format!(
            "Final return: mean of the {} episodes of the last evaluation, after {} steps. ",
            training.evaluation_episodes, training.steps
        ));
    } else if study.table.has_steps {
        text.push_str("Final: the score at the last step that all runs of the task reached. ");
    }
    if study.table.has_steps {
        text.push_str(
            "Best: the best evaluation, which is biased upwards by choosing it. AUC: the score averaged over the steps. ",
        );
    }
    text.push_str(&format!(
        "±: standard deviation over runs (n − 1). IQM: interquartile mean by the {}, with an interval by the {} (50 000 \
         resamples, fixed seed).",
        main_metric(study),
        settings.interval.unwrap_or(Ends::Stretched).title()
    ));
    let sizes = study
        .analysis
        .blocks
        .iter()
        .flat_map(|block| &block.methods);
    let sizes = sizes.map(|method| method.values(settings.metric()).len());
    if sizes.clone().any(|runs| runs > 0 && runs < 4) {
        text.push_str(" With fewer than four runs nothing can be trimmed: the IQM is the mean.");
    }
    text
}

fn main_metric(study: &Study) -> &'static str {
    name(study, study.settings().metric())
}

fn test(study: &Study) -> Option<String> {
    let settings = study.settings();
    let comparisons = study
        .analysis
        .blocks
        .iter()
        .flat_map(|block| &block.comparisons);
    comparisons
        .flat_map(|comparison| &comparison.contrasts)
        .next()?;
    let metrics: Vec<&str> = settings
        .metrics
        .iter()
        .map(|&metric| name(study, metric))
        .collect();
    let what = match settings.equivalence() {
        Some(margin) => format!(
            "{} within ±{margin} (a small p says equal; the interval that decides has {} %)",
            settings.test.title(),
            score(100.0 * (1.0 - 2.0 * settings.alpha))
        ),
        None => format!("{}, two-sided", settings.test.title()),
    };
    Some(format!(
        "Test: {what}, of each {} against {}, on {}. Family: {}, of one metric, counting those that could not be tested; \
         correction within it: {}. * marks p below alpha = {}. Interval of the difference: {}, {}, each by itself; the JSON has \
         simultaneous ones. g: Hedges' g. Cliff δ: the chance that a run beats one of the baseline, less the reverse.",
        study.noun,
        if settings.all_pairs {
            "every other"
        } else {
            &study.analysis.baseline
        },
        metrics.join(", "),
        settings.family.title(),
        settings.correction,
        settings.alpha,
        contrast_interval_title(study),
        settings
            .interval
            .map_or(settings.test.interval_title(), Ends::title),
    ))
}

/// What a test that finds something says of a method and the baseline, whose name follows.
pub fn found(settings: &Settings) -> String {
    match settings.equivalence() {
        Some(margin) => format!("equal within ±{margin} to"),
        None => "differs from".into(),
    }
}

/// What becomes of runs that failed.
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

/// What the family of a table can show with so many runs; nothing for tests of which that is not known.
fn power(study: &Study, block: &Block) -> Option<String> {
    let settings = study.settings();
    if settings.equivalence().is_some() {
        return None;
    }
    let contrasts = &block.comparisons.first()?.contrasts;
    let size = contrasts.iter().map(|one| one.family_size).max()?;
    let reach: Vec<f64> = contrasts
        .iter()
        .map(|contrast| contrast.smallest_significant_d)
        .collect::<Option<_>>()?;
    let largest = reach.into_iter().reduce(f64::max)?;
    let family = if size == 1 {
        "1 comparison".into()
    } else {
        format!("{size} comparisons")
    };
    Some(format!(
        "{family}; at the level {} that the smallest p must meet, {} finds a difference if the means of the runs differ by at \
         least {} pooled standard deviations",
        score(settings.correction.strictest_alpha(settings.alpha, size)),
        settings.test.title(),
        score(largest)
    ))
}

/// The tests of all methods of a task.
fn tests_of_all(block: &Block) -> Vec<String> {
    let mut notes = Vec::new();
    let Some(comparison) = block.comparisons.first() else {
        return notes;
    };
    let omnibus = &comparison.omnibus;
    if block.methods.len() > 2 {
        let found = omnibus.p.map(|value| format!("p {}", p(value)));
        let said: Vec<String> = found.into_iter().chain(omnibus.note.clone()).collect();
        let title = omnibus.test.title();
        notes.push(format!(
            "all methods at once by {title}: {}",
            said.join("; ")
        ));
    }
    if let Some(dunnett) = &comparison.dunnett {
        let of = |(method, _, value): &(String, f64, f64)| format!("{method} p {}", p(*value));
        let found: Vec<String> = dunnett.methods.iter().map(of).collect();
        let said = dunnett.note.clone().unwrap_or_else(|| found.join(", "));
        notes.push(format!(
            "Dunnett's test against {}, corrected for all of them: {said}",
            dunnett.control
        ));
    }
    notes
}

/// What holds for single methods and comparisons.
fn exceptions(study: &Study, block: &Block) -> Vec<String> {
    let main = study.settings().metric();
    let of_methods = block.methods.iter().filter_map(|method| {
        let note = method.note(main)?;
        Some(format!("{}, {}: {note}.", block.title(), method.name))
    });
    let of_contrast = |contrast: &Contrast, metric: Metric| {
        let note = contrast.note.as_ref()?;
        let metric = name(study, metric);
        Some(format!(
            "{}, {} against {}, {metric}: {note}.",
            block.title(),
            contrast.method,
            contrast.baseline
        ))
    };
    let of_contrasts = block.comparisons.iter().flat_map(|comparison| {
        let contrasts = comparison.contrasts.iter();
        contrasts.filter_map(move |contrast| of_contrast(contrast, comparison.metric))
    });
    of_methods.chain(of_contrasts).collect()
}

fn curves(study: &Study) -> Vec<String> {
    let learning = || {
        let blocks = study.analysis.blocks.iter();
        blocks.filter_map(|block| Some((block, block.learning.as_ref()?)))
    };
    if learning().next().is_none() {
        return Vec::new();
    }
    let mut notes = vec![
        "Curves: reached, runs that reached the goal; steps, by which half of them had (Kaplan–Meier, runs that did not are \
         censored); IQR of Δ, interquartile range of the changes between evaluations, and drawdown, the largest fall from the \
         best so far, medians over runs; IQR of runs, averaged over the steps. Failed runs have no curve."
            .to_owned(),
    ];
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
fn over_tasks(study: &Study, across: &Across) -> Vec<String> {
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
        if across.is_normalised {
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

/// What became of the runs that failed; a suite names each of them.
fn failures(study: &Study) -> Option<String> {
    let failed = study.settings().failed;
    let policy = match failed {
        Failed::Refuse => {
            "is in no number above, and nothing that it belongs to is tested, ranked or aggregated, because that may be flattered"
        }
        Failed::Exclude => "is in no number above, which may flatter what it belongs to",
        Failed::Worst => {
            "counts as the worst score of any run in its table, and as never reaching a goal"
        }
    };
    if study.training.is_none() {
        let methods = study
            .analysis
            .blocks
            .iter()
            .flat_map(|block| &block.methods);
        let lost: usize = methods.map(|method| method.lost.len()).sum();
        return (lost > 0)
            .then(|| format!("† {lost} runs have no usable score. Such a run {policy}."));
    }
    if study.unfinished.is_empty() {
        return Some("Runs: all planned runs finished.".into());
    }
    let list: Vec<String> = study
        .unfinished
        .iter()
        .map(|run| match (run.status, &run.reason) {
            (None, _) => format!("{} (not run)", run.id),
            (Some(status), None) => format!("{} ({})", run.id, status.name()),
            (Some(status), Some(reason)) => format!("{} ({}: {reason})", run.id, status.name()),
        })
        .collect();
    Some(format!(
        "† Runs: {} of the planned runs did not finish. Such a run {policy}: {}.",
        list.len(),
        list.join("; ")
    ))
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

/// The versions, the device and the platform that made the records.
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
    use crate::run::record::Provenance;

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
