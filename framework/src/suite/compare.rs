//! The comparison that a suite asks for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::scores::Failed;
use crate::stats::aggregate::Bounds;
use crate::stats::correction::Correction;
use crate::stats::family::Family;
use crate::stats::two_groups::Test;
use crate::suite::matrix::Factor;

impl Compare {
    /// The margin within which entries are to be shown equal, where that is asked: then a small p says that they are.
    pub fn equivalence(&self) -> Option<f64> {
        self.margin.filter(|_| self.test == Test::Tost)
    }

    /// The test that tells entries apart: the chosen one, or Welch's where that one shows them equal.
    pub fn telling_apart(&self) -> Test {
        match self.test {
            Test::Tost => Test::Welch,
            test => test,
        }
    }
}

/// What the report compares, and how.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compare {
    /// The axis whose entries are compared.
    pub factor: Factor,
    /// The label every other entry is compared with.
    pub baseline: String,
    /// What is tested; the first one is the main one.
    pub metrics: Vec<Metric>,
    /// The test.
    pub test: Test,
    /// What equivalence means to [`Test::Tost`], in the unit of the metric.
    pub margin: Option<f64>,
    /// The correction for several comparisons.
    pub correction: Correction,
    /// Which comparisons of one metric are a family.
    pub family: Family,
    /// The accepted probability of a false alarm in a family.
    pub alpha: f64,
    /// What runs that did not finish count as.
    pub failed: Failed,
    /// What scores are normalised by, by the label of the environment; need not name all of them.
    pub bounds: BTreeMap<String, Bounds>,
}

/// One number for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Mean return of the last evaluation.
    Final,
    /// Mean return of the best evaluation.
    Best,
    /// Area under the curve of mean returns over steps, divided by the range of steps.
    Auc,
}
