//! What was done, in the words of a methods section.

use crate::analysis::{Across, Metric};
use crate::run::record::NO_SURROGATE_LABEL;
use crate::stats::family::Family;
use crate::stats::interval_method::IntervalMethod;
use crate::suite::Entry;

use super::across_prose::scale;
use super::names::{correction_name, fate, lower_is_better};
use super::numbers::score;
use super::partial;
use super::study::Study;
use super::summary::{count, list};

/// What was done, for a methods section; of a file of scores, only what was computed.
pub fn methods(study: &Study) -> String {
    let settings = study.settings();
    let mut text = partial::note(study).map_or(String::new(), |note| note + " ");
    text.push_str(&training(study));
    text.push_str(&format!(
        "Each {} was compared with {} by {}; p values were corrected by {} within each {}. Effect sizes are Cliff's delta and \
         Hedges' g{}. Interquartile means have {} intervals ({}; 50 000 resamples of runs). ",
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
        match lower_is_better(study).is_empty() {
            true => String::new(),
            false => format!(", which are positive where a {} is better", study.noun),
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
        "We compared {} ({}){} on {} by training {seeds} independent runs of each combination, with different seeds, for {} \
         environment steps. Policies were evaluated without exploration, {} episodes at a time, in environments of their \
         own. Every run enters the statistics as one number per metric: {}. ",
        count(methods.len(), &study.noun),
        list(&methods),
        others(study),
        list(&tasks),
        training.steps,
        training.evaluation_episodes,
        metrics.join("; ")
    )
}

/// The axes that are not compared: in which networks, trained by which agents.
fn others(study: &Study) -> String {
    let Some(matrix) = &study.matrix else {
        return String::new();
    };
    let labels = |entries: &[Entry]| -> Vec<String> {
        let named = entries
            .iter()
            .map(|entry| match entry.label == entry.component.name {
                true => entry.label.clone(),
                false => format!("{} ({})", entry.label, entry.component.name),
            });
        named.collect()
    };
    let mut text = String::new();
    if study.noun != "surrogate" && !matrix.surrogate.is_empty() {
        text.push_str(&format!(
            " with the surrogates {}",
            list(&labels(&matrix.surrogate))
        ));
    }
    if study.noun != "actor" {
        text.push_str(&format!(
            " in the network{} {}",
            if matrix.actor.len() == 1 { "" } else { "s" },
            list(&labels(&matrix.actor))
        ));
    }
    if study.noun != "agent" {
        text.push_str(&format!(", trained by {},", list(&labels(&matrix.agent))));
    }
    text
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
