//! Which number stands for a run.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::{Serialize, Serializer};

use crate::network::energy::{CONSTANTS, Constants};

use super::direction::Direction;

/// How what was measured of a run becomes its one number. A run without steps has one score, which is its `final`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Metric {
    /// The score at the last step of the run, which ends where the others of its task do.
    #[default]
    Final,
    /// The mean of this many evaluations up to that step.
    Last(usize),
    /// The best score of the run, which is better than it should be because it was chosen.
    Best,
    /// The score at the step at which the mean over the runs of the method is best, which was chosen as well.
    BestOfMean,
    /// The score averaged over the steps.
    Auc,
    /// The number of steps until the score of the task's threshold, or of this one.
    StepsTo(Option<f64>),
    /// The dispersion of the changes from one evaluation to the next.
    Stability,
    /// Steps of training for each second of it.
    Throughput,
    /// The mean number of spikes of a neuron in a time step, at the last evaluation.
    FiringRate,
    /// The synaptic operations of one inference, at the last evaluation.
    SynapticOperations,
    /// The nanojoules of one inference at the last evaluation, as far as operations tell.
    Energy(&'static Constants),
}

/// How many evaluations `last` averages if it is not said: the number of the papers of this field.
pub const USUAL_LAST: usize = 10;

macro_rules! of_scores {
    () => {
        "final, last (with a number of evaluations), best, best_of_mean, auc, steps_to (with a threshold), stability"
    };
}

impl Metric {
    /// The scores of a curve that every table of a task has.
    pub const SCORES: [Self; 3] = [Self::Final, Self::Best, Self::Auc];

    /// The name without the parameter.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Last(_) => "last",
            Self::Best => "best",
            Self::BestOfMean => "best_of_mean",
            Self::Auc => "auc",
            Self::StepsTo(_) => "steps_to",
            Self::Stability => "stability",
            Self::Throughput => "throughput",
            Self::FiringRate => "firing_rate",
            Self::SynapticOperations => "synaptic_operations",
            Self::Energy(_) => "energy",
        }
    }

    /// Every name, for messages.
    pub const KINDS: &'static str = concat!(
        of_scores!(),
        ", throughput, firing_rate, synaptic_operations, energy (with horowitz_2014 or proxy_target_2025)"
    );

    /// The names of those that scores are enough for.
    const OF_SCORES: &'static str = of_scores!();

    /// Whether more or less of it is better, where `scores` is that of the scores themselves.
    pub fn direction(self, scores: Direction) -> Direction {
        match self {
            Self::Final | Self::Last(_) | Self::Best | Self::BestOfMean | Self::Auc => scores,
            Self::Throughput => Direction::Higher,
            Self::StepsTo(_)
            | Self::Stability
            | Self::FiringRate
            | Self::SynapticOperations
            | Self::Energy(_) => Direction::Lower,
        }
    }

    /// Whether it is a score in the unit of the task, so that the bounds of a task are bounds of it.
    pub fn is_score(self) -> bool {
        matches!(
            self,
            Self::Final | Self::Last(_) | Self::Best | Self::BestOfMean | Self::Auc
        )
    }

    /// Whether scores are enough to know it: the others were measured while a network was trained.
    pub fn is_of_scores(self) -> bool {
        match self {
            Self::Final
            | Self::Last(_)
            | Self::Best
            | Self::BestOfMean
            | Self::Auc
            | Self::StepsTo(_)
            | Self::Stability => true,
            Self::Throughput | Self::FiringRate | Self::SynapticOperations | Self::Energy(_) => {
                false
            }
        }
    }

    /// Whether it needs curves.
    pub fn needs_steps(self) -> bool {
        match self {
            Self::Final | Self::FiringRate | Self::SynapticOperations | Self::Energy(_) => false,
            Self::Last(_)
            | Self::Best
            | Self::BestOfMean
            | Self::Auc
            | Self::StepsTo(_)
            | Self::Stability
            | Self::Throughput => true,
        }
    }

    /// Whether it needs a run from its first evaluation on. How it ended, or how well it ever did, is known without that.
    pub fn needs_beginning(self) -> bool {
        matches!(
            self,
            Self::BestOfMean | Self::Auc | Self::StepsTo(_) | Self::Stability
        )
    }

    /// Whether it was chosen by looking at the scores.
    pub fn is_chosen(self) -> bool {
        matches!(self, Self::Best | Self::BestOfMean)
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind();
        match self {
            Self::Last(count) => formatter.pad(&format!("{kind}:{count}")),
            Self::StepsTo(Some(threshold)) => formatter.pad(&format!("{kind}:{threshold}")),
            Self::Energy(constants) => formatter.pad(&format!("{kind}:{}", constants.key)),
            _ => formatter.pad(kind),
        }
    }
}

impl FromStr for Metric {
    type Err = String;

    /// `auc`, `last:10`, `steps_to:450`, `energy:horowitz_2014`.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::written(text, Self::KINDS)
    }
}

impl Metric {
    /// The metric of this name, if scores are enough to know it.
    ///
    /// # Errors
    ///
    /// What is wrong with the name, with those that there are.
    pub fn of_scores(text: &str) -> Result<Self, String> {
        let metric = Self::written(text, Self::OF_SCORES)?;
        match metric.is_of_scores() {
            true => Ok(metric),
            false => Err(format!(
                "metric {} was measured in training, which a file of scores does not hold, expected one of {}",
                metric.kind(),
                Self::OF_SCORES
            )),
        }
    }

    fn written(text: &str, expected: &str) -> Result<Self, String> {
        let text = text.trim();
        match text.split_once([':', '=']) {
            None => Self::named(text, None, expected),
            Some((kind, parameter)) => Self::named(kind.trim(), Some(parameter.trim()), expected),
        }
    }

    fn named(kind: &str, parameter: Option<&str>, expected: &str) -> Result<Self, String> {
        let metric = match kind {
            "final" => Self::Final,
            "last" => Self::Last(parameter.map_or(Ok(USUAL_LAST), count)?),
            "best" => Self::Best,
            "best_of_mean" => Self::BestOfMean,
            "auc" => Self::Auc,
            "steps_to" => Self::StepsTo(parameter.map(threshold).transpose()?),
            "stability" => Self::Stability,
            "throughput" => Self::Throughput,
            "firing_rate" => Self::FiringRate,
            "synaptic_operations" => Self::SynapticOperations,
            "energy" => Self::Energy(parameter.map_or(Ok(&CONSTANTS[0]), constants)?),
            _ => {
                return Err(format!(
                    "unknown metric {kind:?}, expected one of {expected}"
                ));
            }
        };
        let takes_none = !matches!(metric, Self::Last(_) | Self::StepsTo(_) | Self::Energy(_));
        match parameter.filter(|_| takes_none) {
            Some(parameter) => Err(format!("metric {kind} takes no value, found {parameter:?}")),
            None => Ok(metric),
        }
    }
}

fn count(text: &str) -> Result<usize, String> {
    let count = text.parse::<usize>().ok().filter(|count| *count > 0);
    count.ok_or_else(|| {
        format!("metric last needs a number of evaluations that is at least 1, found {text:?}")
    })
}

fn threshold(text: &str) -> Result<f64, String> {
    let threshold = text.parse::<f64>().ok().filter(|score| score.is_finite());
    threshold.ok_or_else(|| format!("metric steps_to needs a score, found {text:?}"))
}

fn constants(text: &str) -> Result<&'static Constants, String> {
    let known = CONSTANTS.iter().find(|constants| constants.key == text);
    known.ok_or_else(|| {
        let keys: Vec<&str> = CONSTANTS.iter().map(|constants| constants.key).collect();
        format!(
            "metric energy has no constants {text:?}, expected one of {}",
            keys.join(", ")
        )
    })
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Metric {
    /// A name, or a map of a name to its parameter: `{last: 10}`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrMap)
    }
}

struct NameOrMap;

impl<'de> Visitor<'de> for NameOrMap {
    type Value = Metric;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a metric, one of {}", Metric::KINDS)
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Metric, E> {
        name.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metric, A::Error> {
        let Some((kind, parameter)) = map.next_entry::<String, Parameter>()? else {
            return Err(A::Error::custom("a metric without a name"));
        };
        if map.next_key::<String>()?.is_some() {
            let message =
                format!("two metrics in one entry: begin the second one with a dash below {kind}");
            return Err(A::Error::custom(message));
        }
        Metric::named(&kind, Some(&parameter.0), Metric::KINDS).map_err(A::Error::custom)
    }
}

/// A number or a word, as it is written.
struct Parameter(String);

impl<'de> Deserialize<'de> for Parameter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;
        impl Visitor<'_> for Scalar {
            type Value = Parameter;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number or a word")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Parameter, E> {
                Ok(Parameter(text.to_owned()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Parameter, E> {
                Ok(Parameter(number.to_string()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Parameter, E> {
                Ok(Parameter(number.to_string()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Parameter, E> {
                Ok(Parameter(number.to_string()))
            }
        }
        deserializer.deserialize_any(Scalar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Metric> {
        vec![
            Metric::Final,
            Metric::Last(10),
            Metric::Best,
            Metric::BestOfMean,
            Metric::Auc,
            Metric::StepsTo(None),
            Metric::StepsTo(Some(-12.5)),
            Metric::Stability,
            Metric::Throughput,
            Metric::FiringRate,
            Metric::SynapticOperations,
            Metric::Energy(&CONSTANTS[0]),
            Metric::Energy(&CONSTANTS[1]),
        ]
    }

    #[test]
    fn a_metric_is_read_back_from_its_name_and_from_a_map_with_its_parameter() {
        for metric in all() {
            assert_eq!(metric.to_string().parse(), Ok(metric));
            let written = serde_json::to_string(&metric).unwrap();
            assert_eq!(serde_json::from_str::<Metric>(&written).unwrap(), metric);
        }
        let of = |yaml: &str| serde_yaml::from_str::<Metric>(yaml).unwrap();
        assert_eq!(of("last: 5"), Metric::Last(5));
        assert_eq!(of("last"), Metric::Last(10));
        assert_eq!(of("steps_to: -200.5"), Metric::StepsTo(Some(-200.5)));
        assert_eq!(
            of("energy: proxy_target_2025"),
            Metric::Energy(&CONSTANTS[1])
        );
        assert_eq!(of("energy"), Metric::Energy(&CONSTANTS[0]));
    }

    #[test]
    fn a_metric_that_does_not_exist_is_refused_with_those_that_do() {
        let error = |text: &str| text.parse::<Metric>().unwrap_err();
        insta::assert_snapshot!([
            error("finall"),
            error("auc:3"),
            error("last:0"),
            error("last:ten"),
            error("steps_to:high"),
            error("energy:lava"),
        ].join("\n"), @r#"
        unknown metric "finall", expected one of final, last (with a number of evaluations), best, best_of_mean, auc, steps_to (with a threshold), stability, throughput, firing_rate, synaptic_operations, energy (with horowitz_2014 or proxy_target_2025)
        metric auc takes no value, found "3"
        metric last needs a number of evaluations that is at least 1, found "0"
        metric last needs a number of evaluations that is at least 1, found "ten"
        metric steps_to needs a score, found "high"
        metric energy has no constants "lava", expected one of horowitz_2014, proxy_target_2025
        "#);
    }

    #[test]
    fn of_a_file_of_scores_no_metric_is_offered_that_it_cannot_have() {
        assert_eq!(Metric::of_scores("last:5"), Ok(Metric::Last(5)));
        for name in ["finall", "throughput", "energy"] {
            let error = Metric::of_scores(name).unwrap_err();
            let (_, offered) = error.split_once("expected one of ").unwrap();
            assert_eq!(offered, Metric::OF_SCORES);
        }
        let are_known = all().into_iter().filter(|metric| metric.is_of_scores());
        assert!(
            are_known.eq(all()
                .into_iter()
                .filter(|metric| Metric::OF_SCORES.contains(metric.kind())))
        );
    }

    #[test]
    fn only_scores_take_the_direction_of_the_scores() {
        let lower = |scores: Direction| -> Vec<Metric> {
            let is_lower = |metric: &Metric| metric.direction(scores) == Direction::Lower;
            all().into_iter().filter(is_lower).collect()
        };
        assert_eq!(
            lower(Direction::Higher),
            all()[5..]
                .iter()
                .copied()
                .filter(|metric| *metric != Metric::Throughput)
                .collect::<Vec<_>>()
        );
        assert_eq!(lower(Direction::Lower).len(), all().len() - 1);
    }
}
