//! The threshold and the reset: the options that most neuron models share.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ParameterError, Reset};
use crate::formula::Real;

/// When a reset takes effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetTiming {
    /// At once, so that the potential after the reset leaks in the next step (SpikingJelly).
    #[default]
    Immediate,
    /// In the next step (Pop-SAN, snnTorch). A hard reset to `v_reset` then comes before the leak, and gives the same spikes
    /// and gradients as an immediate one. A soft reset comes after the leak, and subtracts the whole threshold:
    /// `v ← leak · v + I − s · v_threshold`.
    NextStep,
}

/// The threshold, and the effect of a spike on the membrane potential.
///
/// A model that has this as a field, marked `#[serde(skip)]`, and returns it from
/// [`NeuronModel::firing`](super::NeuronModel::firing) takes these keys beside its own, with their usual aliases:
/// `v_threshold` (`threshold`, `v_th`, `thresh`, `spike_threshold`), `reset` (`reset_mechanism`; `hard` or `zero`, `soft` or
/// `subtract`, `none`), `v_reset` (null means a soft reset), `reset_timing`, `detach_reset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Firing {
    /// The membrane potential above which the neuron fires.
    pub v_threshold: f64,
    /// How a spike resets the potential.
    pub reset: Reset,
    /// The potential after a hard reset, and the initial potential of a neuron that has one.
    pub v_reset: f64,
    /// When the reset takes effect.
    pub reset_timing: ResetTiming,
    /// Whether the reset is detached, so that no gradient flows through it.
    pub detach_reset: bool,
    /// Whether the model allows a hard reset only.
    pub only_hard: bool,
}

impl Firing {
    /// A threshold with an immediate hard reset to zero, through which the gradient flows.
    pub const fn at(v_threshold: f64) -> Self {
        Self {
            v_threshold,
            reset: Reset::Hard,
            v_reset: 0.0,
            reset_timing: ResetTiming::Immediate,
            detach_reset: false,
            only_hard: false,
        }
    }

    /// The options of a model whose potential would grow without bound without a hard reset. It does not take the keys `reset`
    /// and `reset_timing`.
    pub const fn always_hard(v_threshold: f64, v_reset: f64) -> Self {
        Self {
            v_reset,
            only_hard: true,
            ..Self::at(v_threshold)
        }
    }

    /// The potential before the first step.
    #[inline(always)]
    pub fn rest(&self) -> f64 {
        self.v_reset * self.hard()
    }

    // Numbers instead of branches, because a loop with a branch is not compiled to vector instructions.
    #[inline(always)]
    fn hard(&self) -> f64 {
        matches!(self.reset, Reset::Hard) as u8 as f64
    }

    #[inline(always)]
    fn soft(&self) -> f64 {
        matches!(self.reset, Reset::Soft) as u8 as f64
    }

    /// 1 if a soft reset comes after the leak, else 0.
    #[inline(always)]
    pub fn delayed(&self) -> f64 {
        self.soft() * (matches!(self.reset_timing, ResetTiming::NextStep) as u8 as f64)
    }

    /// The spike as the reset sees it: detached or not.
    #[inline(always)]
    pub fn seen<R: Real>(&self, spike: R) -> R {
        if self.detach_reset {
            spike.detach()
        } else {
            spike
        }
    }

    /// The membrane potential after a spike (0 or 1), in a model that multiplies the potential by `leak` in each step.
    #[inline(always)]
    pub fn apply<R: Real>(&self, v: R, spike: R, leak: f64) -> R {
        // The leak of the next step turns this into the whole threshold.
        let left = leak * self.delayed() + (1.0 - self.delayed());
        let to = self.v_reset * self.hard() - self.v_threshold * self.soft() / left;
        let spike = self.seen(spike);
        v * (R::from(1.0) - spike * self.hard()) + spike * to
    }

    /// The membrane potential after a spike (0 or 1), in a model whose soft reset subtracts `down`.
    #[inline(always)]
    pub fn apply_down<R: Real>(&self, v: R, spike: R, down: R) -> R {
        let spike = self.seen(spike);
        let up = spike * (self.v_reset * self.hard());
        v * (R::from(1.0) - spike * self.hard()) + up - spike * (down * self.soft())
    }

    /// Refuses a soft reset after the leak in a model whose leak leaves nothing of the potential.
    pub fn check_leak(&self, leak: f64) -> Result<(), ParameterError> {
        let after_leak = self.delayed() == 1.0;
        let rule = "needs a leak above zero with a soft reset";
        ParameterError::unless(!after_leak || leak > 0.0, "reset_timing", "next_step", rule)
    }

    /// Refuses a soft reset after the leak in a model whose leak is not a factor.
    pub fn check_at_once(&self) -> Result<(), ParameterError> {
        let rule = "needs a linear leak with a soft reset; this model supports only immediate";
        ParameterError::unless(self.delayed() == 0.0, "reset_timing", "next_step", rule)
    }

    /// The keys that the model takes, in the order in which they are listed.
    pub(super) fn keys(&self) -> &'static [&'static str] {
        match self.only_hard {
            true => &["v_threshold", "v_reset", "detach_reset"],
            false => &[
                "v_threshold",
                "reset",
                "v_reset",
                "reset_timing",
                "detach_reset",
            ],
        }
    }

    /// Splits a model's parameters into those of the threshold and the model's own.
    pub(super) fn split(mut parameters: Map<String, Value>) -> (Map<String, Value>, Value) {
        let mut given = Map::new();
        for name in NAMES {
            given.extend(parameters.remove_entry(name));
        }
        (given, Value::Object(parameters))
    }

    /// Overrides the defaults with the given options.
    pub(super) fn take(&mut self, given: Given) -> Result<(), ParameterError> {
        if self.only_hard {
            let rule = "is not an option of this model, whose reset is always hard";
            let word = |reset: &Reset| format!("{reset:?}").to_lowercase();
            let reset = given.reset.as_ref().map(word);
            ParameterError::unless(reset.is_none(), "reset", reset.unwrap_or_default(), rule)?;
            let timing = given.reset_timing.is_none();
            ParameterError::unless(timing, "reset_timing", "it", rule)?;
        }
        let null = given.v_reset == Some(None);
        let hard = given.reset == Some(Reset::Hard) || self.only_hard;
        ParameterError::unless(
            !(null && hard),
            "v_reset",
            "null",
            "contradicts a hard reset",
        )?;
        self.v_threshold = given.v_threshold.unwrap_or(self.v_threshold);
        self.reset = given
            .reset
            .unwrap_or(if null { Reset::Soft } else { self.reset });
        self.v_reset = given.v_reset.flatten().unwrap_or(self.v_reset);
        self.reset_timing = given.reset_timing.unwrap_or(self.reset_timing);
        self.detach_reset = given.detach_reset.unwrap_or(self.detach_reset);
        ParameterError::unless_positive("v_threshold", self.v_threshold)?;
        let rule = format!("must be below v_threshold ({})", self.v_threshold);
        ParameterError::unless(
            self.v_reset < self.v_threshold,
            "v_reset",
            self.v_reset,
            rule,
        )
    }

    /// These options as parameters.
    pub(super) fn written(&self) -> Map<String, Value> {
        let all = [
            ("v_threshold", serde_json::json!(self.v_threshold)),
            ("reset", serde_json::json!(self.reset)),
            ("v_reset", serde_json::json!(self.v_reset)),
            ("reset_timing", serde_json::json!(self.reset_timing)),
            ("detach_reset", serde_json::json!(self.detach_reset)),
        ];
        let taken = all.into_iter().filter(|(key, _)| self.keys().contains(key));
        taken.map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

/// The keys and their aliases.
const NAMES: [&str; 10] = [
    "v_threshold",
    "threshold",
    "v_th",
    "thresh",
    "spike_threshold",
    "reset",
    "reset_mechanism",
    "v_reset",
    "reset_timing",
    "detach_reset",
];

/// The options as a suite gives them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Given {
    #[serde(
        alias = "threshold",
        alias = "v_th",
        alias = "thresh",
        alias = "spike_threshold"
    )]
    v_threshold: Option<f64>,
    #[serde(alias = "reset_mechanism")]
    reset: Option<Reset>,
    /// `Some(None)` for null, which differs from no value.
    #[serde(deserialize_with = "null_or_number")]
    v_reset: Option<Option<f64>>,
    reset_timing: Option<ResetTiming>,
    detach_reset: Option<bool>,
}

fn null_or_number<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<f64>>, D::Error> {
    Option::<f64>::deserialize(deserializer).map(Some)
}
