//! What every surrogate may be given beside its own parameters: one height for all, and a width that changes over
//! training.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::facts::{Facts, USUAL_U_AT_REST};
use super::{AnySurrogate, ParameterError, Real, Surrogate};

/// What is made equal, so that a comparison is one of shapes and not of scales.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nothing: the surrogate as its formula has it.
    #[default]
    None,
    /// The area is 1: gradients are on average those of a smoothed step.
    Area,
    /// The largest value is 1.
    Peak,
}

/// The way from one width to another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Curve {
    /// By equal amounts.
    #[default]
    Linear,
    /// By equal factors.
    Exponential,
}

/// A width that changes over training: the surrogate is `g(u / width)`, so that its peak stays; with `normalise: area`
/// its area stays instead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anneal {
    /// The width at the first step, as a multiple of the surrogate's own.
    pub from: f64,
    /// The width at the end.
    pub to: f64,
    /// The part of training after which the end is reached.
    #[serde(default = "all_of_it")]
    pub until: f64,
    /// The way there.
    #[serde(default)]
    pub curve: Curve,
}

fn all_of_it() -> f64 {
    1.0
}

impl Anneal {
    /// The width after that part of training, from 0 to 1. It depends on nothing else, so that a resumed run sees what an
    /// undisturbed one would.
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
        let rule = "must be above 0 and at most 1 (a part of training)";
        ParameterError::unless(within, "until", self.until, rule)
    }
}

/// The options of every surrogate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scaling {
    /// What is made equal.
    pub normalise: Unit,
    /// How the width changes over training, if it does.
    pub anneal: Option<Anneal>,
}

impl Scaling {
    pub(super) const KEYS: [&'static str; 2] = ["normalise", "anneal"];

    /// Takes the options out of a surrogate's parameters.
    pub(super) fn split(mut parameters: Map<String, Value>) -> (Value, Value) {
        let mut options = Map::new();
        for key in Self::KEYS {
            options.extend(parameters.remove(key).map(|value| (key.to_owned(), value)));
        }
        (Value::Object(options), Value::Object(parameters))
    }

    /// Applies the options; a surrogate without any stays as it is.
    pub(super) fn apply<S: Surrogate + 'static>(
        self,
        surrogate: S,
    ) -> Result<Arc<dyn AnySurrogate>, ParameterError> {
        if let Some(anneal) = &self.anneal {
            anneal.check().map_err(|fault| fault.below("anneal"))?;
        }
        if self == Self::default() {
            return Ok(Arc::new(surrogate));
        }
        let height = match self.normalise {
            Unit::None => 1.0,
            wanted => {
                let facts = Facts::of(&surrogate, USUAL_U_AT_REST);
                let (name, size) = match wanted {
                    Unit::Area => ("area", facts.area),
                    _ => ("peak", Some(facts.peak)),
                };
                let size = size.filter(|&size| size > 1e-9).ok_or_else(|| {
                    let rule = "is not possible: the surrogate has no finite positive one";
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

/// A surrogate with options.
#[derive(Debug)]
struct Scaled<S> {
    surrogate: Arc<S>,
    scaling: Scaling,
    /// At the surrogate's own width.
    own_height: f64,
    height: f64,
    width: f64,
}

impl<S> Scaled<S> {
    fn new(surrogate: Arc<S>, scaling: Scaling, own_height: f64, progress: f64) -> Self {
        let width = scaling.anneal.map_or(1.0, |anneal| anneal.width(progress));
        let height = match scaling.normalise {
            Unit::Area => own_height / width,
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
