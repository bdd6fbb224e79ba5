//! Which comparisons share one alpha: corrects p values within each family, and notes what a family of that size can show.

use std::collections::BTreeMap;

use crate::stats::design::{least_adjusted_p, smallest_significant_d};
use crate::stats::two_sample::Sizes;

use super::block::Block;
use super::contrast::{Contrast, interval_at};
use super::metric::Metric;
use super::settings::Settings;

/// The place of one comparison.
#[derive(Debug, Clone, Copy)]
struct Place {
    block: usize,
    contrast: usize,
}

/// Corrects the p values of each metric within each family. A comparison that could not be tested counts as a member: it
/// was planned, and its p value could have been anything.
pub fn adjust(blocks: &mut [Block], questions: &[Metric], settings: &Settings) {
    for (place, &metric) in settings.metrics.iter().enumerate() {
        let of: Of<'_> = &|block| &mut block.comparisons[place].contrasts;
        adjust_metric(blocks, metric, of, settings);
    }
    let of_questions = settings.of_questions();
    for (place, &metric) in questions.iter().enumerate() {
        let of: Of<'_> = &|block| &mut block.answers[place];
        adjust_metric(blocks, metric, of, &of_questions);
    }
}

/// The comparisons of one metric in a block.
type Of<'o> = &'o dyn for<'b> Fn(&'b mut Block) -> &'b mut Vec<Contrast>;

fn adjust_metric(blocks: &mut [Block], metric: Metric, of: Of<'_>, settings: &Settings) {
    let mut families: BTreeMap<_, Vec<Place>> = BTreeMap::new();
    for (block, found) in blocks.iter_mut().enumerate() {
        let (task, context) = (found.task.clone(), found.context.clone());
        for (contrast, one) in of(found).iter().enumerate() {
            let baseline = (context.clone(), one.baseline.clone());
            let key = settings.family.key(task.clone(), baseline);
            let place = Place { block, contrast };
            families.entry(key).or_default().push(place);
        }
    }
    for family in families.values() {
        adjust_one(blocks, metric, of, family, settings);
    }
}

fn adjust_one(
    blocks: &mut [Block],
    metric: Metric,
    of: Of<'_>,
    family: &[Place],
    settings: &Settings,
) {
    let size = family.len();
    let raw: Vec<Option<f64>> = family
        .iter()
        .map(|place| of(&mut blocks[place.block])[place.contrast].p)
        .collect();
    let strictest = settings.correction.strictest_alpha(settings.alpha, size);
    for (place, p) in family.iter().zip(settings.correction.adjust(&raw)) {
        let block = &mut blocks[place.block];
        let contrast = of(block)[place.contrast].clone();
        let simultaneous = contrast.interval.and_then(|_| {
            let named = |name: &str| block.methods.iter().find(|method| method.name == name);
            let (a, b) = named(&contrast.method).zip(named(&contrast.baseline))?;
            interval_at(metric, a, b, settings.alpha / size as f64, settings)
        });
        let contrast = &mut of(block)[place.contrast];
        let (n1, n2) = contrast.runs;
        let sizes = Sizes::planned(settings.test, n1, n2);
        contrast.p_adjusted = p;
        contrast.family_size = size;
        contrast.simultaneous_interval = simultaneous;
        if matches!(metric, Metric::StepsTo(_)) {
            continue;
        }
        contrast.smallest_significant_d = smallest_significant_d(settings.test, sizes, strictest);
        let least = least_adjusted_p(settings.correction, settings.test.least_p(sizes), size);
        if contrast.p.is_some() && least >= settings.alpha {
            contrast.add_note(format!(
                "{n1} and {n2} runs in a family of {size} cannot give an adjusted p below {least:.4}, so alpha = {} is out of \
                 reach",
                settings.alpha
            ));
        }
    }
}
