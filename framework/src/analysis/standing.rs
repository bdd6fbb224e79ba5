//! Which method of a table is the best, and which others may be as good.

use serde::Serialize;

use super::contrast::difference_p;
use super::method_scores::MethodScores;
use super::metric::Metric;
use super::settings::Settings;

/// How a method stands among those of its table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Significantly worse than the best, or there is nothing to say.
    #[default]
    Plain,
    /// The best mean.
    Best,
    /// Not significantly different from the best.
    Tied,
    /// It could not be tested against the best.
    Untested,
}

/// How each method of a table stands by the mean of a metric.
///
/// The best one is tested against every other, corrected for that many comparisons. The best was chosen by looking, so that
/// "significantly different from the best" is said somewhat too easily. Where all means are equal nobody stands out.
pub fn standings(methods: &[MethodScores], metric: Metric, settings: &Settings) -> Vec<Standing> {
    let mut standings = vec![Standing::Plain; methods.len()];
    let mean = |method: &MethodScores| method.scored(metric).map(|scored| scored.summary.mean);
    let means: Vec<f64> = methods.iter().filter_map(mean).collect();
    let best = settings.direction(metric).best(means.iter().copied());
    let Some(best) = best.filter(|best| means.len() > 1 && means.iter().any(|mean| mean != best))
    else {
        return standings;
    };
    let Some(leader) = methods.iter().position(|method| mean(method) == Some(best)) else {
        return standings;
    };
    standings[leader] = Standing::Best;
    let others: Vec<usize> = (0..methods.len())
        .filter(|&place| place != leader && mean(&methods[place]).is_some())
        .collect();
    let p: Vec<Option<f64>> = others
        .iter()
        .map(|&place| difference_p(metric, &methods[place], &methods[leader], settings).ok())
        .collect();
    for (&place, p) in others.iter().zip(settings.correction.adjust(&p)) {
        standings[place] = match p {
            _ if mean(&methods[place]) == Some(best) => Standing::Best,
            None => Standing::Untested,
            Some(p) if p >= settings.alpha => Standing::Tied,
            Some(_) => Standing::Plain,
        };
    }
    standings
}
