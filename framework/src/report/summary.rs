//! A report in sentences: what was done, in the words of a methods section, and what came of it.

use crate::analysis::{Across, Block, Contrast, Direction, MethodScores, Metric};
use crate::run::record::NO_SURROGATE_LABEL;
use crate::stats::family::Family;
use crate::stats::interval_method::IntervalMethod;

use super::across_prose::scale;
use super::names::{correction_name, difference_interval_title, fate, name};
use super::numbers::{interval, p, score, signed};
use super::partial;
use super::study::Study;

/// Who is better than the baseline by the main metric, in a sentence for each task.
pub fn sentence(study: &Study) -> String {
    let metric = study.settings().metric();
    let sentences: Vec<String> = study
        .analysis
        .blocks
        .iter()
        .filter_map(|block| verdict(study, block, metric))
        .collect();
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

/// What was done, for a methods section; of a file of scores, only what was computed.
pub fn methods(study: &Study) -> String {
    let settings = study.settings();
    let mut text = partial::note(study).map_or(String::new(), |note| note + " ");
    text.push_str(&training(study));
    text.push_str(&format!(
        "Each {} was compared with {} by {}; p values were corrected by {} within each {}. Effect sizes are Cliff's delta and \
         Hedges' g. Interquartile means have {} intervals ({}; 50 000 resamples of runs). ",
        study.noun,
        if settings.all_pairs {
            "every other"
        } else {
            &study.analysis.baseline
        },
        match settings.equivalence() {
            Some(margin) => format!(
                "{} within ±{margin} (alpha = {})",
                settings.test.title(),
                settings.alpha
            ),
            None => format!(
                "{} test (two-sided, alpha = {})",
                settings.test.title(),
                settings.alpha
            ),
        },
        correction_name(settings.correction),
        match settings.family {
            Family::PerEnvironment => "metric and environment",
            Family::All => "metric",
            Family::AgainstBaseline => "metric and table",
        },
        settings.level_title(),
        settings.interval.unwrap_or(IntervalMethod::Expanded).title()
    ));
    let several = |across: &&Across| across.tasks.len() > 1 && !across.aggregate.tasks.is_empty();
    if let Some(several) = study.analysis.across.iter().find(several) {
        text.push_str(&format!(
            "Across tasks, scores were normalised ({}); aggregates are interquartile means with stratified bootstrap \
             intervals, and mean scores were compared by Wilcoxon's signed-rank test over tasks. ",
            scale(several)
        ));
    }
    text.push_str(&runs(study));
    text
}

/// How the runs were trained and evaluated.
fn training(study: &Study) -> String {
    let Some(training) = study.training else {
        return String::new();
    };
    let mut methods: Vec<String> = Vec::new();
    let mut tasks: Vec<String> = Vec::new();
    let mut planned: Vec<usize> = Vec::new();
    for block in &study.analysis.blocks {
        if !tasks.contains(&block.task) {
            tasks.push(block.task.clone());
        }
        for method in &block.methods {
            if method.name != NO_SURROGATE_LABEL && !methods.contains(&method.name) {
                methods.push(method.name.clone());
            }
            planned.push(method.planned);
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
    let metrics = study.settings().metrics.iter();
    let metrics: Vec<String> = metrics
        .map(|&metric| definition(metric, training.evaluation_episodes))
        .collect();
    format!(
        "We compared {} ({}) on {} by training {seeds} independent runs of each combination, with different seeds, for {} \
         environment steps. Policies were evaluated without exploration, {} episodes at a time, in environments of their \
         own. Every run enters the statistics as one number per metric: {}. ",
        count(methods.len(), &study.noun),
        list(&methods),
        list(&tasks),
        training.steps,
        training.evaluation_episodes,
        metrics.join("; ")
    )
}

/// What became of failed runs.
fn runs(study: &Study) -> String {
    let failed = study.settings().failed;
    let lost: usize = if study.training.is_some() {
        study.unfinished.len()
    } else {
        let methods = study
            .analysis
            .blocks
            .iter()
            .flat_map(|block| &block.methods);
        methods.map(|method| method.lost.len()).sum()
    };
    match lost {
        0 if !study.under_way.is_empty() => {
            "All planned runs finished or are under way.".to_owned()
        }
        0 => "All planned runs finished.".to_owned(),
        1 => format!(
            "One planned run did not finish; such runs {}.",
            fate(failed)
        ),
        several => format!(
            "{several} planned runs did not finish; they {}.",
            fate(failed)
        ),
    }
}

fn definition(metric: Metric, episodes: u64) -> String {
    match metric {
        Metric::Final => format!(
            "the final return, the mean over the {episodes} episodes of the last evaluation"
        ),
        Metric::Last(count) => format!(
            "the mean return of the last {count} evaluations of {episodes} episodes each"
        ),
        Metric::Best => {
            "the best return, the mean of its best evaluation (biased upwards by that choice)"
                .into()
        }
        Metric::BestOfMean => "the return at the step at which the mean over the runs of its method is best (biased upwards \
                               by that choice)"
            .into(),
        Metric::Auc => {
            "the area under the curve (AUC), the mean return averaged over the steps of training"
                .into()
        }
        Metric::StepsTo(threshold) => format!(
            "the number of environment steps until an evaluation reached {} (runs that did not are censored at their last \
             step; log-rank test and restricted means)",
            threshold.map_or_else(|| "the threshold of the task".into(), score)
        ),
        Metric::Stability => "the dispersion within a run, the interquartile range of the changes from one evaluation to the \
                              next"
            .into(),
        Metric::Throughput => "the throughput, steps for each second of training without evaluations".into(),
        Metric::FiringRate => "the firing rate, spikes of a hidden neuron in a time step, at the last evaluation".into(),
        Metric::SynapticOperations => {
            "the synaptic operations of one inference at the last evaluation".into()
        }
        Metric::Energy(constants) => format!(
            "the energy of one inference at the last evaluation, estimated from its operations with {} pJ a multiply-accumulate \
             and {} pJ a synaptic operation ({})",
            constants.multiply_accumulate, constants.synaptic_operation, constants.source
        ),
    }
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
