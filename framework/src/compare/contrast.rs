//! One entry against another: the suite's test, put to the runs that its policy lets in, corrected within its family.

use crate::plan::Plan;
use crate::stats::interval::Level;
use crate::stats::signed_rank::Zeros;
use crate::stats::test_result::TestResult;
use crate::stats::two_sample::{Question, Sizes};
use crate::stats::{describe, design, effect, welch};
use crate::suite::{Compare, Failed, Metric, Suite};

use super::{BOOTSTRAP_SEED, Block, Comparison, Contrast, Row};

/// The test of a suite, put to two rows: its answer, or why there is none.
pub fn verdict(
    compare: &Compare,
    metric: Metric,
    row: &Row,
    other: &Row,
) -> Result<TestResult, String> {
    let (question, a, b) = put(compare, metric, row, other)?;
    question
        .result(&a, &b)
        .map_err(|untestable| untestable.to_string())
}

/// What is asked of which scores, or why they may not be asked.
fn put(
    compare: &Compare,
    metric: Metric,
    row: &Row,
    other: &Row,
) -> Result<(Question, Vec<f64>, Vec<f64>), String> {
    for row in [row, other] {
        if compare.failed == Failed::Refuse && !row.lost.is_empty() {
            let (lost, planned) = (row.lost.len(), row.planned);
            return Err(format!(
                "{lost} of {planned} runs of {} did not finish, and the policy is to refuse",
                row.label
            ));
        }
    }
    let question = Question {
        test: compare.test,
        alpha: compare.alpha,
        ends: None,
        zeros: Zeros::Wilcox,
        margin: compare.margin,
        seed: BOOTSTRAP_SEED,
    };
    let (a, b) = groups(compare, metric, row, other);
    Ok((question, a, b))
}

/// The scores of both, for a paired test those of the seeds that both have.
fn groups(compare: &Compare, metric: Metric, row: &Row, other: &Row) -> (Vec<f64>, Vec<f64>) {
    if !compare.test.is_paired() {
        return (row.values(metric).to_vec(), other.values(metric).to_vec());
    }
    let by_seed = |row: &Row| -> Vec<(u64, f64)> {
        let scored = row.score(metric).into_iter();
        scored
            .flat_map(|scored| {
                scored
                    .seeds
                    .iter()
                    .copied()
                    .zip(scored.values.iter().copied())
            })
            .collect()
    };
    let partners = by_seed(other);
    let pair = |(seed, value): (u64, f64)| {
        let partner = partners.iter().find(|(other, _)| *other == seed)?;
        Some((value, partner.1))
    };
    by_seed(row).into_iter().filter_map(pair).unzip()
}

/// One row against the baseline; its p is not corrected yet.
pub(super) fn contrast(compare: &Compare, metric: Metric, row: &Row, baseline: &Row) -> Contrast {
    let (a, b) = groups(compare, metric, row, baseline);
    let answer = put(compare, metric, row, baseline).and_then(|(question, a, b)| {
        question
            .ask(&a, &b)
            .map_err(|untestable| untestable.to_string())
    });
    let found = answer.as_ref().ok();
    let difference = found.and_then(|_| {
        welch::test(&a, &b, Level::P95)
            .map(|test| test.difference)
            .ok()
            .or_else(|| Some(describe::mean(&a)? - describe::mean(&b)?))
    });
    Contrast {
        metric,
        difference,
        interval: found.and_then(|answer| answer.interval),
        statistic: found.and_then(|answer| answer.result.statistic),
        df: found.and_then(|answer| answer.result.df),
        p: found.map(|answer| answer.result.p),
        p_adjusted: None,
        family_size: 0,
        cliffs_delta: found.and_then(|_| effect::cliffs_delta(&a, &b)),
        smallest_significant_d: None,
        note: match &answer {
            Ok(answer) => answer.result.basis.note().map(str::to_owned),
            Err(reason) => Some(reason.clone()),
        },
    }
}

/// Corrects the p values of each metric within each family, and says what a family of that size can show.
pub(super) fn adjust(compare: &Compare, blocks: &mut [Block]) {
    for place in 0..compare.metrics.len() {
        let mut left: Vec<(usize, usize)> = Vec::new();
        for (block, found) in blocks.iter().enumerate() {
            let compared = found
                .rows
                .iter()
                .enumerate()
                .filter(|(_, row)| !row.contrasts.is_empty());
            left.extend(compared.map(|(row, _)| (block, row)));
        }
        while let Some(&(first, _)) = left.first() {
            let joined = |&(block, _): &(usize, usize)| {
                let key = |block: usize| (&blocks[block].environment, &blocks[block].context);
                let ((one, one_context), (other, other_context)) = (key(first), key(block));
                compare.family.joins(
                    (one.as_str(), one_context.join("\n").as_str()),
                    (other.as_str(), other_context.join("\n").as_str()),
                )
            };
            let (family, others): (Vec<_>, Vec<_>) = left.iter().copied().partition(joined);
            let raw: Vec<Option<f64>> = family
                .iter()
                .map(|&(block, row)| blocks[block].rows[row].contrasts[place].p)
                .collect();
            let alpha = compare
                .correction
                .strictest_alpha(compare.alpha, family.len());
            for (&(block, row), p_adjusted) in family.iter().zip(compare.correction.adjust(&raw)) {
                let rows = &blocks[block].rows;
                let baseline = rows.iter().find(|other| other.label == compare.baseline);
                let metric = compare.metrics[place];
                let (a, b) = baseline.map_or_else(Default::default, |baseline| {
                    groups(compare, metric, &rows[row], baseline)
                });
                let (n1, n2) = (a.len(), b.len());
                let sizes = Sizes::planned(compare.test, n1, n2);
                let least = design::least_adjusted_p(
                    compare.correction,
                    compare.test.least_p(sizes),
                    family.len(),
                );
                let contrast = &mut blocks[block].rows[row].contrasts[place];
                contrast.p_adjusted = p_adjusted;
                contrast.family_size = family.len();
                contrast.smallest_significant_d =
                    design::smallest_significant_d(compare.test, sizes, alpha);
                if contrast.p.is_some() && least >= compare.alpha {
                    let short = format!(
                        "an adjusted p below {least:.4} is out of reach for {n1} and {n2} runs"
                    );
                    contrast.note = Some(
                        contrast
                            .note
                            .take()
                            .map_or(short.clone(), |note| format!("{note}; {short}")),
                    );
                }
            }
            left = others;
        }
    }
}

/// A table in which no comparison can be significant, whatever its runs will score.
#[derive(Debug, Clone, PartialEq)]
pub struct OutOfReach {
    /// The task.
    pub environment: String,
    /// The labels on the other axes.
    pub context: Vec<String>,
    /// Planned runs of an entry, and of the baseline.
    pub runs: (usize, usize),
    /// How many comparisons share alpha.
    pub family_size: usize,
    /// The smallest adjusted p that there can be.
    pub least_p: f64,
}

/// The tables of a plan in which no adjusted p can be below alpha, so that its runs would be wasted on them.
pub fn out_of_reach(suite: &Suite, plan: &Plan) -> Vec<OutOfReach> {
    let compare = &suite.compare;
    let planned = Comparison::of(suite, plan, &vec![None; plan.cells.len()]);
    let of_block = |block: &Block| {
        let baseline = block
            .rows
            .iter()
            .find(|row| row.label == compare.baseline)?;
        let compared = block.rows.iter().filter(|row| !row.contrasts.is_empty());
        let reach = compared.map(|row| {
            let runs = (row.planned, baseline.planned);
            let family_size = row.contrasts[0].family_size;
            let least_p = design::least_adjusted_p(
                compare.correction,
                compare
                    .test
                    .least_p(Sizes::planned(compare.test, runs.0, runs.1)),
                family_size,
            );
            OutOfReach {
                environment: block.environment.clone(),
                context: block.context.clone(),
                runs,
                family_size,
                least_p,
            }
        });
        let best = reach.min_by(|one, other| one.least_p.total_cmp(&other.least_p))?;
        (best.least_p >= compare.alpha).then_some(best)
    };
    planned.blocks.iter().filter_map(of_block).collect()
}
