//! Which comparisons share one alpha: corrects p values within each family, and notes what a family of that size can show.

use std::collections::BTreeMap;

use crate::stats::design::{least_adjusted_p, smallest_significant_d};
use crate::stats::two_sample::Sizes;

use super::block::Block;
use super::contrast::Groups;
use super::settings::Settings;

/// The place of one comparison.
#[derive(Debug, Clone, Copy)]
struct Place {
    block: usize,
    contrast: usize,
}

/// Corrects the p values of each metric within each family. A comparison that could not be tested counts as a member: it
/// was planned, and its p value could have been anything.
pub fn adjust(blocks: &mut [Block], settings: &Settings) {
    for metric in 0..settings.metrics.len() {
        for family in families(blocks, metric, settings) {
            adjust_one(blocks, metric, &family, settings);
        }
    }
}

fn families(blocks: &[Block], metric: usize, settings: &Settings) -> Vec<Vec<Place>> {
    let mut families: BTreeMap<_, Vec<Place>> = BTreeMap::new();
    for (block, found) in blocks.iter().enumerate() {
        let contrasts = found.comparisons[metric].contrasts.iter().enumerate();
        for (contrast, one) in contrasts {
            let baseline = (&found.context, &one.baseline);
            let key = settings.family.key(&found.task, baseline);
            let place = Place { block, contrast };
            families.entry(key).or_default().push(place);
        }
    }
    families.into_values().collect()
}

fn adjust_one(blocks: &mut [Block], metric: usize, family: &[Place], settings: &Settings) {
    let size = family.len();
    let raw: Vec<Option<f64>> = family
        .iter()
        .map(|place| blocks[place.block].comparisons[metric].contrasts[place.contrast].p)
        .collect();
    let strictest = settings.correction.strictest_alpha(settings.alpha, size);
    for (place, p) in family.iter().zip(settings.correction.adjust(&raw)) {
        let block = &mut blocks[place.block];
        let contrast = &block.comparisons[metric].contrasts[place.contrast];
        let groups = {
            let named = |name: &str| block.methods.iter().find(|method| method.name == name);
            let both = named(&contrast.method).zip(named(&contrast.baseline));
            let metric = settings.metrics[metric];
            both.and_then(|(a, b)| Groups::of(settings.test, metric, a, b).ok())
        };
        let mut question = settings.question(settings.test);
        question.alpha = settings.alpha / size as f64;
        let simultaneous = groups
            .filter(|_| contrast.interval.is_some())
            .and_then(|groups| question.ask(&groups.a, &groups.b).ok()?.interval);
        let contrast = &mut block.comparisons[metric].contrasts[place.contrast];
        let (n1, n2) = contrast.runs;
        let sizes = Sizes::planned(settings.test, n1, n2);
        contrast.p_adjusted = p;
        contrast.family_size = size;
        contrast.simultaneous_interval = simultaneous;
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
