//! What the numbers mean, in words: test, family, alpha, what happened to failed runs, what so few runs can show.

use crate::analysis::{Block, Contrast, Failed, Metric, USUAL_LAST};
use crate::run::record::NO_SURROGATE_LABEL;
use crate::stats::interval_method::IntervalMethod;

use super::across_prose::{curves, over_tasks};
use super::names::{correction_title, difference_interval_title, lower_is_better, name};
use super::numbers::{p, score};
use super::provenance::provenance;
use super::study::{Study, Times};
use super::summary::count;
use super::{answers, cost_tables};

/// Paragraphs that hold for the whole report, then those of single tables, then what became of failed runs.
pub fn notes(study: &Study, times: Times) -> Vec<String> {
    let mut notes = method_notes(study, times);
    notes.extend(failures(study));
    if study.training.is_some() {
        notes.push(provenance(&study.provenance));
    }
    notes
}

/// What the numbers of the tables are, and what so few runs can show.
pub fn method_notes(study: &Study, times: Times) -> Vec<String> {
    let mut notes: Vec<String> = answers::note(study, times).into_iter().collect();
    notes.push(scores(study));
    notes.extend(test(study));
    for block in &study.analysis.blocks {
        let about = |note: String| format!("{}: {note}.", block.title());
        let said = power(study, block)
            .into_iter()
            .chain(block.unlearned.clone().filter(|_| is_compared(block)))
            .chain(cost_tables::silent(block))
            .chain(block.notes.iter().filter(|_| is_compared(block)).cloned())
            .chain(tests_of_all(block));
        notes.extend(said.map(about));
        notes.extend(exceptions(study, block));
    }
    notes.extend(unlike_normal(study));
    notes.extend(curves(study));
    notes.extend(cost_tables::note(study, times));
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
        let last = match study.under_way.is_empty() {
            true => format!(", after {} steps", training.steps),
            false => " that all runs of the task have reached".to_owned(),
        };
        text.push_str(&format!(
            "Final return: mean of the {} episodes of the last evaluation{last}. ",
            training.evaluation_episodes
        ));
    } else if study.table.has_steps {
        text.push_str("Final: the last score of a run. ");
    }
    if study.table.has_steps {
        let curves = study.table.runs.iter().filter_map(|run| run.curve.as_ref());
        let fewest = curves.map(Vec::len).min().unwrap_or(USUAL_LAST);
        let only = match fewest < USUAL_LAST {
            true => format!(", of which some runs have only {fewest}"),
            false => String::new(),
        };
        text.push_str(&format!(
            "Last 10: the mean of the last ten evaluations{only}. Best: the best evaluation, and best of mean: the evaluation at which \
             the mean over runs is best; both are too good by having been chosen. AUC: the score averaged over the steps. "
        ));
    }
    text.push_str(&format!(
        "±: standard deviation over runs (n − 1). IQM: interquartile mean over runs of the {}, with an interval by the {} (50 000 \
         resamples, fixed seed).",
        main_metric(study),
        settings.interval.unwrap_or(IntervalMethod::Expanded).title()
    ));
    let blocks = &study.analysis.blocks;
    let mut random = blocks.iter().filter_map(|block| block.random_policy);
    if let Some(random) = random.next().filter(|_| settings.metric().is_score()) {
        text.push_str(&format!(
            " Random policy: the mean return of {} of uniformly random actions, ± their standard deviation; played for this report, and \
             in no comparison.",
            count(random.episodes, "episode")
        ));
    }
    let sizes = blocks.iter().flat_map(|block| &block.methods);
    let sizes = sizes.map(|method| method.values(settings.metric()).len());
    if sizes.clone().any(|runs| runs > 0 && runs < 4) {
        text.push_str(" With fewer than four runs nothing can be trimmed: the IQM is the mean.");
    }
    text
}

/// What it means for a test of means that groups look unlike normal samples.
fn unlike_normal(study: &Study) -> Option<String> {
    let settings = study.settings();
    let main = settings.metric();
    let methods = study
        .analysis
        .blocks
        .iter()
        .flat_map(|block| &block.methods);
    let mut scored = methods.filter_map(|method| method.scored(main));
    scored.find(|scored| scored.shape.is_some())?;
    let is_of_means = settings.difference_test().is_of_means();
    is_of_means.then(|| {
        "Some groups look like two clusters, or skewed, as when a share of runs fails. With few such runs a test of means finds \
         differences of means that are not there (results/calibration has the rates); the test brunner-munzel asks instead whether a \
         run of one beats a run of the other more often than not, and keeps its level more nearly."
            .into()
    })
}

fn main_metric(study: &Study) -> String {
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
    let metrics: Vec<String> = settings
        .metrics
        .iter()
        .map(|&metric| name(study, metric))
        .collect();
    let what = match settings.equivalence() {
        Some(margin) => format!(
            "{} within ±{margin} (a small p says equal; the interval that decides is the {})",
            settings.test.title(),
            difference_interval_title(study)
        ),
        None => format!("{}, {}", settings.test.title(), settings.test.convention()),
    };
    Some(format!(
        "Test: {what}, of each {} against {}, on {}. Family: {}, of one metric, counting those that could not be tested; \
         correction within it: {}. * marks p below alpha = {}. Interval of the difference: {}, {}, each by itself; the JSON has \
         simultaneous ones. Δ mean: difference of the means. g: Hedges' g. δ: Cliff's delta, the chance that a run beats one of the baseline, less the reverse.{}",
        study.noun,
        if settings.all_pairs {
            "every other"
        } else {
            &study.analysis.baseline
        },
        metrics.join(", "),
        settings.family.title(),
        correction_title(settings.correction),
        settings.alpha,
        difference_interval_title(study),
        settings
            .interval
            .map_or(settings.test.interval_title(), IntervalMethod::title),
        signs(study)
    ))
}

/// Differences keep the unit of the scores, while g and δ count what is better: where that is less, their signs are opposite.
fn signs(study: &Study) -> String {
    let lower = lower_is_better(study);
    match lower.is_empty() {
        true => String::new(),
        false => format!(
            " Lower is better by {}: g and δ are positive where a {} is better, and Δ mean is negative there.",
            lower.join(", "),
            study.noun
        ),
    }
}

/// The smallest difference that the tests of a table can find; `None` for tests of which that is not known.
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
        let note = method.warning(main)?;
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
        let have = if lost == 1 { "run has" } else { "runs have" };
        return (lost > 0)
            .then(|| format!("† {lost} {have} no usable score. Such a run {policy}."));
    }
    if study.unfinished.is_empty() {
        let all = match study.under_way.is_empty() {
            true => "Runs: all planned runs finished.",
            false => "Runs: all planned runs finished or are under way.",
        };
        return Some(all.into());
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
