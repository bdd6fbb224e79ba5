//! All tasks of one context together: what their scores are on a common scale, and how methods rank over them.

use serde::Serialize;

use crate::stats::correction::Correction;
use crate::stats::design::least_adjusted_p;

use super::aggregate::{Aggregate, Scores};
use super::block::Block;
use super::common_curves::CommonCurves;
use super::contrast::difference_p;
use super::indistinguishable::groups;
use super::method_scores::MethodScores;
use super::metric::Metric;
use super::ranking::Ranking;
use super::scale::Scale;
use super::settings::{Incomplete, Settings};
use super::signed_ranks::{self, Means, SignedRank};

/// The comparison of methods over all tasks of a context, by the main metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Across {
    /// The context; empty for scores without any.
    pub context: String,
    /// The main metric.
    pub metric: Metric,
    /// The tasks, by name.
    pub tasks: Vec<String>,
    /// The scale of each task; `None` without bounds.
    pub scales: Vec<Option<Scale>>,
    /// Whether every task has a scale, so that means of different tasks can be compared.
    pub is_normalised: bool,
    /// The methods that are compared: those that have scores on every task, unless the policy refuses them.
    pub methods: Vec<String>,
    /// The others.
    pub left_out: Vec<LeftOut>,
    /// The tasks that are left out because some method has no score on them, if that was asked for.
    pub tasks_left_out: Vec<TaskLeftOut>,
    /// Normalised scores.
    pub aggregate: Aggregate,
    /// One learning curve over all tasks; empty where there is none.
    pub curves: CommonCurves,
    /// Ranks by mean score.
    pub ranking: Ranking,
    /// Each method against the baseline, by signed ranks of the tasks' means; empty with a single task.
    pub signed_ranks: Vec<SignedRank>,
    /// The corrected p value of every pair of methods, by signed ranks over several tasks, by the test of runs on a single
    /// one; symmetric, `None` on the diagonal and where no test is possible.
    pub p_adjusted: Vec<Vec<Option<f64>>>,
    /// Sets of methods that do not differ significantly, by place.
    pub groups: Vec<Vec<usize>>,
    /// Whether there are too few tasks for any two methods to rank significantly differently.
    pub cannot_differ: bool,
    /// What a reader must be told.
    pub notes: Vec<String>,
}

impl Across {
    /// Whether the settings declare the bounds of some task.
    pub fn has_declared_scale(&self) -> bool {
        let scales = self.scales.iter().flatten();
        scales.into_iter().any(|scale| scale.is_declared)
    }
}

/// A method that is not compared over all tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its name.
    pub method: String,
    /// Why.
    pub reason: String,
}

/// A task that is not among those over which methods are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskLeftOut {
    /// Its name.
    pub task: String,
    /// Why.
    pub reason: String,
}

impl Across {
    /// `blocks` are those of one context, `methods` all methods in their order.
    pub(super) fn of(
        blocks: &[&Block],
        methods: &[String],
        baseline: &str,
        settings: &Settings,
    ) -> Self {
        // The draws of a bootstrap over tasks depend on their order: it must not be that of a file.
        let mut blocks: Vec<&Block> = blocks.to_vec();
        blocks.sort_by(|one, other| one.task.cmp(&other.task));
        let metric = settings.metric();
        let context = blocks
            .first()
            .map_or(String::new(), |block| block.context.clone());
        let tasks_left_out = match settings.incomplete {
            Incomplete::DropMethod => Vec::new(),
            Incomplete::DropTask => incomplete_tasks(&blocks, metric),
        };
        blocks.retain(|block| {
            tasks_left_out
                .iter()
                .all(|left_out| left_out.task != block.task)
        });
        let better = settings.direction(metric);
        let (complete, left_out) = complete(&blocks, methods, metric);
        let scale = |block: &&Block| Scale::of(block, &complete, metric, settings);
        let scales: Vec<Option<Scale>> = blocks.iter().map(scale).collect();
        let is_normalised = scales.iter().all(Option::is_some);
        let values = |name: &str, block: &Block| -> Vec<f64> {
            let method = block.methods.iter().find(|method| method.name == name);
            method.map_or(Vec::new(), |method| method.values(metric).to_vec())
        };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let means = |name: &str| -> Vec<f64> {
            let of_task = |(block, scale): (&&Block, &Option<Scale>)| {
                let mean = mean(&values(name, block));
                scale
                    .filter(|_| is_normalised)
                    .map_or(better.orient(mean), |scale| scale.bounds.normalise(mean))
            };
            blocks.iter().zip(&scales).map(of_task).collect()
        };
        let all: Vec<Means> = complete
            .iter()
            .map(|name| Means {
                name: name.clone(),
                means: means(name),
            })
            .collect();
        let by_task: Vec<Vec<f64>> = (0..blocks.len())
            .map(|task| all.iter().map(|method| method.means[task]).collect())
            .collect();
        let ranking = Ranking::of(&complete, baseline, &by_task, settings);
        let signed_ranks = if blocks.len() > 1 {
            SignedRank::all(&all, baseline, is_normalised, settings)
        } else {
            Vec::new()
        };
        let p_adjusted = match blocks.as_slice() {
            [block] => pairs(&complete, settings.correction, |one, other| {
                let find = |place: usize| {
                    let name = &complete[place];
                    block.methods.iter().find(|method| method.name == *name)
                };
                difference_p(metric, find(one)?, find(other)?, settings).ok()
            }),
            _ => pairs(&complete, settings.correction, |one, other| {
                signed_ranks::p(&all[one].means, &all[other].means, settings)
            }),
        };
        let of_tasks = tasks_left_out
            .iter()
            .map(|left_out| format!("task {} is left out: {}", left_out.task, left_out.reason));
        let other_notes = notes(
            &blocks,
            &complete,
            &left_out,
            is_normalised,
            &ranking,
            settings,
        );
        let notes = of_tasks.chain(other_notes).collect();
        Self {
            context,
            metric,
            tasks: blocks.iter().map(|block| block.task.clone()).collect(),
            aggregate: aggregate(&blocks, &scales, &complete, values, baseline, settings),
            scales,
            curves: CommonCurves::default(),
            is_normalised,
            groups: groups(&p_adjusted, settings.alpha),
            cannot_differ: out_of_reach(complete.len(), blocks.len(), settings).is_some(),
            methods: complete,
            left_out,
            tasks_left_out,
            ranking,
            signed_ranks,
            p_adjusted,
            notes,
        }
    }
}

/// The tasks on which some method of the others has no score that may be compared, and why.
fn incomplete_tasks(blocks: &[&Block], metric: Metric) -> Vec<TaskLeftOut> {
    let mut names: Vec<&String> = Vec::new();
    for method in blocks.iter().flat_map(|block| &block.methods) {
        if !names.contains(&&method.name) {
            names.push(&method.name);
        }
    }
    let left_out = |block: &&Block| {
        let reason = |name: &&String| {
            let found = block.methods.iter().find(|method| method.name == **name);
            match found.filter(|method| method.scored(metric).is_some()) {
                None => Some(format!("no score of {name}")),
                Some(method) => method.refused(metric),
            }
        };
        let reasons: Vec<String> = names.iter().filter_map(reason).collect();
        (!reasons.is_empty()).then(|| TaskLeftOut {
            task: block.task.clone(),
            reason: reasons.join("; "),
        })
    };
    blocks.iter().filter_map(left_out).collect()
}

/// The methods that have scores on every task and may be compared by them, and the others.
fn complete(blocks: &[&Block], methods: &[String], metric: Metric) -> (Vec<String>, Vec<LeftOut>) {
    let (mut complete, mut left_out) = (Vec::new(), Vec::new());
    for name in methods {
        let find = |block: &&Block| -> Option<MethodScores> {
            let found = block.methods.iter().find(|method| method.name == *name);
            found.cloned()
        };
        let found: Vec<Option<MethodScores>> = blocks.iter().map(find).collect();
        if found.iter().all(Option::is_none) {
            continue;
        }
        let reasons: Vec<String> = blocks
            .iter()
            .zip(&found)
            .filter_map(|(block, method)| {
                let has_score = |method: &&MethodScores| method.scored(metric).is_some();
                match method.as_ref().filter(has_score) {
                    None => Some(format!("no score on {}", block.task)),
                    Some(method) => {
                        let refused = method.refused(metric);
                        refused.map(|reason| format!("on {}, {reason}", block.task))
                    }
                }
            })
            .collect();
        if reasons.is_empty() {
            complete.push(name.clone());
        } else {
            left_out.push(LeftOut {
                method: name.clone(),
                reason: reasons.join("; "),
            });
        }
    }
    (complete, left_out)
}

fn aggregate(
    blocks: &[&Block],
    scales: &[Option<Scale>],
    methods: &[String],
    values: impl Fn(&str, &Block) -> Vec<f64>,
    baseline: &str,
    settings: &Settings,
) -> Aggregate {
    let used: Vec<(&Block, Scale)> = blocks
        .iter()
        .zip(scales)
        .filter_map(|(block, scale)| Some((*block, (*scale)?)))
        .collect();
    let better = settings.direction(settings.metric());
    let mut notes = Vec::new();
    if used.is_empty() {
        notes.push("no task has bounds to put its scores on a common scale".to_owned());
    } else if used.len() < blocks.len() {
        let without = blocks.len() - used.len();
        notes.push(format!("{without} tasks without bounds are left out"));
    }
    let of_method = |name: &String| {
        let raw: Vec<Vec<f64>> = used.iter().map(|(block, _)| values(name, block)).collect();
        let scaled = raw.iter().zip(&used).map(|(scores, (_, scale))| {
            let normalise = |&score: &f64| scale.bounds.normalise(score);
            scores.iter().map(normalise).collect()
        });
        let orient = |scores: &Vec<f64>| scores.iter().map(|&score| better.orient(score)).collect();
        Scores {
            name: name.clone(),
            normalised: scaled.collect(),
            oriented: raw.iter().map(orient).collect(),
            raw,
        }
    };
    let tasks = used.iter().map(|(block, _)| block.task.clone()).collect();
    let methods = methods.iter().filter(|_| !used.is_empty());
    Aggregate::of(
        tasks,
        methods.map(of_method).collect(),
        baseline,
        notes,
        settings,
    )
}

fn notes(
    blocks: &[&Block],
    methods: &[String],
    left_out: &[LeftOut],
    is_normalised: bool,
    ranking: &Ranking,
    settings: &Settings,
) -> Vec<String> {
    let mut notes: Vec<String> = left_out
        .iter()
        .map(|one| format!("{} is left out: {}", one.method, one.reason))
        .collect();
    let (k, n) = (methods.len(), blocks.len());
    if n < 2 {
        return notes;
    }
    if !is_normalised {
        notes.push(format!(
            "means of different tasks are compared in the tasks' own units, because not all have bounds; there is no Bayesian \
             test, whose margin of {} is a difference on the common scale",
            settings.rope
        ));
    }
    if ranking.friedman.is_none() {
        notes.push(format!(
            "Friedman's test needs three methods and two tasks, not {k} and {n}"
        ));
    }
    if let Some(least) = out_of_reach(k, n, settings) {
        notes.push(format!(
            "signed ranks over {n} tasks cannot give an adjusted p below {}, so no two methods can rank significantly \
             differently, whatever they score",
            shortest(least)
        ));
    }
    notes
}

/// The smallest adjusted p value of all pairs of `k` methods over `n` tasks, if it is not below alpha.
fn out_of_reach(k: usize, n: usize, settings: &Settings) -> Option<f64> {
    let pairs = k * k.saturating_sub(1) / 2;
    let least = least_adjusted_p(settings.correction, signed_ranks::least_p(n), pairs);
    (k > 1 && n > 1 && least >= settings.alpha).then_some(least)
}

/// At most four decimals.
fn shortest(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The corrected p values of all pairs of methods, as a symmetric matrix.
fn pairs(
    methods: &[String],
    correction: Correction,
    p: impl Fn(usize, usize) -> Option<f64>,
) -> Vec<Vec<Option<f64>>> {
    let count = methods.len();
    let places: Vec<(usize, usize)> = (0..count)
        .flat_map(|a| (a + 1..count).map(move |b| (a, b)))
        .collect();
    let raw: Vec<Option<f64>> = places.iter().map(|&(a, b)| p(a, b)).collect();
    let mut matrix = vec![vec![None; count]; count];
    for (&(a, b), adjusted) in places.iter().zip(correction.adjust(&raw)) {
        matrix[a][b] = adjusted;
        matrix[b][a] = adjusted;
    }
    matrix
}
