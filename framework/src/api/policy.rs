//! What a learner has to show: its policy network's weights, and what it knows of the observations.

use serde::{Deserialize, Serialize};

use super::{ParameterError, Weights};

/// How an observation becomes the input of the networks. Published results with different ones do not compare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// Less the running mean, by the running standard deviation, clipped (Pop-SAN, MDC-SAN, ILC-SAN).
    #[default]
    Zscore,
    /// The hyperbolic tangent (Proxy Target, CaRe-BN).
    Tanh,
    /// As it is.
    None,
}

/// What is known of the observations of one replica: the file `normaliser.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statistics {
    /// What is done to an observation. Only for `zscore` the rest matters.
    pub normalise: Transform,
    /// Normalised values are kept within `[-clip, clip]`.
    pub clip: f64,
    /// Observations that the mean and the variance are of.
    pub count: f64,
    /// Of each observed value.
    pub mean: Vec<f32>,
    /// Population variance of each observed value.
    pub variance: Vec<f32>,
}

impl Statistics {
    /// Of nothing seen yet: mean 0, variance 1.
    pub fn new(normalise: Transform, clip: f64, features: usize) -> Self {
        Self {
            normalise,
            clip,
            count: 0.0,
            mean: vec![0.0; features],
            variance: vec![1.0; features],
        }
    }

    /// Refuses what cannot be of an observation of that many values.
    pub fn check(&self, features: usize) -> Result<(), ParameterError> {
        ParameterError::unless_positive("clip", self.clip)?;
        for (field, values) in [("mean", &self.mean), ("variance", &self.variance)] {
            let (found, rule) = (values.len(), format!("values, not the {features} observed"));
            ParameterError::unless(found == features, field, format!("has {found}"), rule)?;
        }
        let negative = self.variance.iter().position(|&value| value < 0.0);
        match negative {
            Some(index) => Err(ParameterError::new(
                format!("variance[{index}]"),
                self.variance[index],
                "must not be negative",
            )),
            None => Ok(()),
        }
    }
}

/// What a learner would act by if learning ended now.
#[derive(Debug)]
pub struct Policy<'l> {
    /// Of the policy network, all replicas.
    pub weights: &'l Weights,
    /// Of the observations of each replica.
    pub statistics: Vec<Statistics>,
}
