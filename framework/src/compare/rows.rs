//! The rows of a table: every entry of the compared axis with the scores of its runs.

use crate::run::record::Record;
use crate::stats::bootstrap::Bootstrap;
use crate::stats::describe::Summary;
use crate::stats::ends::Ends;
use crate::stats::{aggregate, curve};
use crate::suite::{Compare, Entry, Failed, Metric};

use super::contrast::contrast;
use super::run::{Run, clocked_curve, mean_curve};
use super::{BOOTSTRAP_SEED, OFF_AXIS, Row, Scored};

/// One row for each entry with planned runs, then a last one for the runs without a place on the axis.
pub fn rows(compare: &Compare, axis: &[Entry], runs: &[Run<'_>]) -> Vec<Row> {
    let levels = axis
        .iter()
        .map(|entry| Some(entry.label.as_str()))
        .chain([None]);
    let mut rows: Vec<Row> = levels
        .filter_map(|level| {
            let runs: Vec<Run<'_>> = runs
                .iter()
                .filter(|run| run.level(compare.factor) == level)
                .copied()
                .collect();
            (!runs.is_empty()).then(|| row(level.unwrap_or(OFF_AXIS), &runs))
        })
        .collect();
    if compare.failed == Failed::Worst {
        count_as_worst(&mut rows);
    }
    if let Some(baseline) = rows
        .iter()
        .find(|row| row.label == compare.baseline)
        .cloned()
    {
        for row in &mut rows {
            if row.label != baseline.label && row.label != OFF_AXIS {
                let contrast = |&metric: &Metric| contrast(compare, metric, row, &baseline);
                row.contrasts = compare.metrics.iter().map(contrast).collect();
            }
        }
    }
    rows
}

/// Runs that did not finish count as the worst score of any run in the table.
fn count_as_worst(rows: &mut [Row]) {
    for score in [Row::last_mut, Row::best_mut, Row::auc_mut] {
        let all = rows
            .iter_mut()
            .filter_map(|row| score(row).as_ref().map(|scored| scored.summary.min));
        let Some(worst) = all.reduce(f64::min) else {
            continue;
        };
        for row in rows.iter_mut() {
            let lost = row.lost.clone();
            let scored = score(row);
            let (mut values, mut seeds) = match scored.take() {
                Some(scored) => (scored.values, scored.seeds),
                None => (Vec::new(), Vec::new()),
            };
            values.extend(lost.iter().map(|_| worst));
            seeds.extend(lost);
            *scored = Scored::of(values, seeds);
        }
    }
}

fn row(label: &str, runs: &[Run<'_>]) -> Row {
    let finished: Vec<&Record> = runs.iter().filter_map(Run::finished).collect();
    let curves: Vec<Vec<(u64, f64)>> = finished
        .iter()
        .map(|record| mean_curve(&record.evaluations))
        .collect();
    let clocked = finished.iter().map(|record| clocked_curve(record));
    let clocked: Option<Vec<_>> = clocked.collect();
    let seeds: Vec<u64> = runs
        .iter()
        .filter(|run| run.finished().is_some())
        .map(|run| run.cell.seed)
        .collect();
    let scored = |score: fn(&[(u64, f64)]) -> Option<f64>| {
        let scores = curves
            .iter()
            .zip(&seeds)
            .filter_map(|(curve, &seed)| Some((score(curve)?, seed)));
        let (values, seeds) = scores.unzip();
        Scored::of(values, seeds)
    };
    Row {
        label: label.to_owned(),
        planned: runs.len(),
        finished: finished.len(),
        last: scored(|curve| curve.last().map(|point| point.1)),
        best: scored(|curve| curve.iter().map(|point| point.1).reduce(f64::max)),
        auc: scored(|curve| curve::time_average(curve).ok().flatten()),
        lost: runs
            .iter()
            .filter(|run| run.finished().is_none())
            .map(|run| run.cell.seed)
            .collect(),
        curves,
        clocked: clocked.unwrap_or_default(),
        contrasts: Vec::new(),
    }
}

impl Row {
    /// One of the metrics.
    pub fn score(&self, metric: Metric) -> Option<&Scored> {
        match metric {
            Metric::Final => self.last.as_ref(),
            Metric::Best => self.best.as_ref(),
            Metric::Auc => self.auc.as_ref(),
        }
    }

    pub(super) fn values(&self, metric: Metric) -> &[f64] {
        self.score(metric).map_or(&[], |score| &score.values)
    }

    fn last_mut(&mut self) -> &mut Option<Scored> {
        &mut self.last
    }

    fn best_mut(&mut self) -> &mut Option<Scored> {
        &mut self.best
    }

    fn auc_mut(&mut self) -> &mut Option<Scored> {
        &mut self.auc
    }
}

impl Scored {
    fn of(values: Vec<f64>, seeds: Vec<u64>) -> Option<Self> {
        let summary = Summary::of(&values)?;
        let bootstrap = Bootstrap::seeded(BOOTSTRAP_SEED);
        let iqm_interval = aggregate::iqm_interval(&[&values], &bootstrap, Ends::Stretched);
        Some(Self {
            values,
            seeds,
            summary,
            iqm_interval,
        })
    }
}
