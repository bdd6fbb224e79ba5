//! A learned policy: the weights of its network, and the statistics that normalise its observations.

use serde::{Deserialize, Serialize};

use super::{ParameterError, Weights};

/// How observations are transformed before they enter the networks. Published results with different transforms cannot be
/// compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// Subtract the running mean, divide by the running standard deviation, and clip (Pop-SAN, MDC-SAN, ILC-SAN).
    #[default]
    Zscore,
    /// Take the hyperbolic tangent (Proxy Target, CaRe-BN).
    Tanh,
    /// Leave the observations as they are.
    None,
}

/// The statistics of one replica's observations: the file `normaliser.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statistics {
    /// How observations are transformed. The other fields matter only for `zscore`.
    pub normalise: Transform,
    /// The bound of normalised values, which are clipped to `[-clip, clip]`.
    pub clip: f64,
    /// The number of observations that mean and variance are computed from.
    pub count: f64,
    /// The mean of each observed value.
    pub mean: Vec<f32>,
    /// The population variance of each observed value.
    pub variance: Vec<f32>,
}

impl Statistics {
    /// The statistics before the first observation: mean 0, variance 1.
    pub fn new(normalise: Transform, clip: f64, features: usize) -> Self {
        Self {
            normalise,
            clip,
            count: 0.0,
            mean: vec![0.0; features],
            variance: vec![1.0; features],
        }
    }

    /// Refuses statistics that are not of observations with this many values, and invalid ones.
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

/// The policy by which a learner would act if learning ended now.
#[derive(Debug)]
pub struct Policy<'l> {
    /// The weights of the policy network, of all replicas.
    pub weights: &'l Weights,
    /// The statistics of each replica's observations.
    pub statistics: Vec<Statistics>,
}
