//! The options that every surrogate takes beside its own parameters: a common scale, and a width that changes over training.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::profile::{DEFAULT_U_AT_REST, SurrogateProfile};
use super::{AnySurrogate, ParameterError, Surrogate};
use crate::formula::Real;

/// What is normalised to 1, so that a comparison is one of shapes and not of scales.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalisation {
    /// Nothing: the surrogate is as its formula says.
    #[default]
    None,
    /// The area, so that gradients are on average those of a smoothed step.
    Area,
    /// The largest value.
    Peak,
}

/// How the width changes from one value to another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Curve {
    /// By equal amounts in equal times.
    #[default]
    Linear,
    /// By equal factors in equal times.
    Exponential,
}

/// A width that changes over training. The surrogate is `g(u / width)`, so that its peak is constant; with `normalise: area`
/// its area is constant instead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anneal {
    /// The width at the first step, as a multiple of the surrogate's own.
    pub from: f64,
    /// The final width, as a multiple of the surrogate's own.
    pub to: f64,
    /// The fraction of training after which the final width is reached.
    #[serde(default = "whole_training")]
    pub until: f64,
    /// How the width changes.
    #[serde(default)]
    pub curve: Curve,
}

fn whole_training() -> f64 {
    1.0
}

impl Anneal {
    /// The width after the fraction `progress` of training. It depends on nothing else, so that a resumed run sees the same
    /// widths as an uninterrupted one.
    pub fn width(&self, progress: f64) -> f64 {
        let way = (progress / self.until).clamp(0.0, 1.0);
        match self.curve {
            Curve::Linear => self.from + (self.to - self.from) * way,
            Curve::Exponential => self.from * (self.to / self.from).powf(way),
        }
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("from", self.from)?;
        ParameterError::unless_positive("to", self.to)?;
        let within = self.until > 0.0 && self.until <= 1.0;
        let rule = "must be above 0 and at most 1 (a fraction of training)";
        ParameterError::unless(within, "until", self.until, rule)
    }
}

/// The options that every surrogate takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scaling {
    /// What is normalised to 1.
    pub normalise: Normalisation,
    /// How the width changes over training, if it does.
    pub anneal: Option<Anneal>,
}

impl Scaling {
    pub(super) const KEYS: [&'static str; 2] = ["normalise", "anneal"];

    /// Splits a surrogate's parameters into these options and the surrogate's own.
    pub(super) fn split(mut parameters: Map<String, Value>) -> (Value, Value) {
        let mut options = Map::new();
        for key in Self::KEYS {
            options.extend(parameters.remove(key).map(|value| (key.to_owned(), value)));
        }
        (Value::Object(options), Value::Object(parameters))
    }

    /// Applies the options. Without any, the surrogate is returned as it is.
    pub(super) fn apply<S: Surrogate + 'static>(
        self,
        surrogate: S,
    ) -> Result<Arc<dyn AnySurrogate>, ParameterError> {
        if let Some(anneal) = &self.anneal {
            anneal.check().map_err(|error| error.below("anneal"))?;
        }
        if self == Self::default() {
            return Ok(Arc::new(surrogate));
        }
        let height = match self.normalise {
            Normalisation::None => 1.0,
            wanted => {
                let profile = SurrogateProfile::of(&surrogate, DEFAULT_U_AT_REST);
                let (name, size) = match wanted {
                    Normalisation::Area => ("area", profile.area),
                    _ => ("peak", Some(profile.peak)),
                };
                let size = size.filter(|&size| size > 1e-9).ok_or_else(|| {
                    let rule =
                        format!("is not possible: the surrogate has no finite positive {name}");
                    ParameterError::new("normalise", name, rule)
                })?;
                1.0 / size
            }
        };
        Ok(Arc::new(Scaled::new(
            Arc::new(surrogate),
            self,
            height,
            0.0,
        )))
    }
}

/// A surrogate with these options applied.
#[derive(Debug)]
struct Scaled<S> {
    surrogate: Arc<S>,
    scaling: Scaling,
    /// The height at the surrogate's own width.
    own_height: f64,
    height: f64,
    width: f64,
}

impl<S> Scaled<S> {
    fn new(surrogate: Arc<S>, scaling: Scaling, own_height: f64, progress: f64) -> Self {
        let width = scaling.anneal.map_or(1.0, |anneal| anneal.width(progress));
        let height = match scaling.normalise {
            Normalisation::Area => own_height / width,
            _ => own_height,
        };
        Self {
            surrogate,
            scaling,
            own_height,
            height,
            width,
        }
    }
}

impl<S: Surrogate + 'static> Surrogate for Scaled<S> {
    #[inline(always)]
    fn derivative<R: Real>(&self, u: R) -> R {
        self.surrogate.derivative(u / self.width) * self.height
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        let own = self.surrogate.primitive(u / self.width)?;
        Some(own * self.width * self.height)
    }

    fn at_progress(&self, progress: f64) -> Option<Arc<dyn AnySurrogate>> {
        self.scaling.anneal?;
        let surrogate = self.surrogate.clone();
        let then = Self::new(surrogate, self.scaling, self.own_height, progress);
        Some(Arc::new(then))
    }
}
